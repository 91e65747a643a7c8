"""A server that is killed during an import loses no committed row, and the next import makes the file whole."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.import_reports import counts_in
from tests.served import ENV, Served, served, twinql

ROWS = 60_000
COUNT = "{ machines(first: 2) { nodes { channels(first: 2) { nodes { id readings { totalCount } } } } } }"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    times = pd.date_range("2024-01-01", periods=ROWS, freq="min", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    frame = pd.DataFrame({"time": times, "temperature_c": [20 + row / 1024 for row in range(ROWS)]})
    frame.to_csv(tmp_path / "mill.csv", index=False)
    return tmp_path / "mill.csv"


def the_import_of(file: Path) -> list[str]:
    return ["import", str(file), "--create", "--data", str(file.parent / "data"), "--progress", "lines"]


def killed_during_an_import(server: Served, file: Path) -> tuple[int, str]:
    """Kill the server as soon as rows are committed, and return how many were said to be, and what the import said."""
    command = [sys.executable, "-m", "twinql", *the_import_of(file)]
    with subprocess.Popen(
        command, cwd=file.parent, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as importing:
        assert importing.stderr
        committed = next(found[1] for line in importing.stderr if (found := re.search(r"([\d,]+) of 60,000", line)))
        server.process.kill()
        server.process.wait(30)
        _, complaint = importing.communicate(timeout=60)
        assert importing.returncode == 1
    return int(committed.replace(",", "")), complaint.splitlines()[-1]


def stored(server: Served) -> tuple[str, int]:
    """Return the id of the one channel there is, and how many readings it has."""
    answer = server.client.post("/graphql", json={"query": COUNT}).json()
    (machine,) = answer["data"]["machines"]["nodes"]
    (channel,) = machine["channels"]["nodes"]
    return channel["id"], channel["readings"]["totalCount"]


def test_an_import_whose_server_is_killed_is_made_whole_by_the_next(tmp_path: Path, file: Path) -> None:
    with served(tmp_path / "data", "--no-demo") as server:
        committed, complaint = killed_during_an_import(server, file)
    assert complaint == "twinql: The database is away for the moment; try again shortly."
    with served(tmp_path / "data", "--no-demo") as server:
        channel, kept = stored(server)
        assert committed <= kept < ROWS
        again = twinql(*the_import_of(file), cwd=tmp_path)
        assert again.returncode == 0, again.stderr
        assert counts_in(again.stdout) == {"DUPLICATE": kept, "RECORDED": ROWS - kept}
        assert stored(server) == (channel, ROWS)
        exported = server.client.get("/export/readings.csv", params={"channel": channel}).text
    rows = pd.read_csv(io.StringIO(exported))
    assert rows[["observed_at", "value"]].to_numpy().tolist() == pd.read_csv(file).to_numpy().tolist()
