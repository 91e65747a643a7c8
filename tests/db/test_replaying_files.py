"""`twinql simulate --replay` plays a file as if it happened now."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import asyncpg
import pytest

ROOT = Path(__file__).parents[2]
MACHINE = ROOT / "../shared/data/demo/machine_temperature.csv"
METERS = """meter,timestamp,kwh
M1,2013-06-01T00:30:00Z,0.5
M1,2013-06-01T01:00:00Z,0.75
M1,2013-06-01T01:30:00Z,1.0
"""


class Play:
    """`twinql` in a process of its own, and what it left in the database."""

    def __init__(self, url, connection):
        self.environment = {"PATH": os.environ["PATH"], "DATABASE_URL": url}
        self.sql = connection.fetch

    async def start(self, *arguments):
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "twinql", *map(str, arguments)),
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    async def run(self, *arguments):
        process = await self.start(*arguments)
        out, error = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, out.decode(), error.decode()

    async def __call__(self, path, *arguments):
        return await self.run("simulate", "--replay", path, *arguments)


@pytest.fixture
async def play(database_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute("insert into organisations (name) values ('Demo')")
    yield Play(database_url, connection)
    await connection.close()


@pytest.fixture
def meters(tmp_path):
    path = tmp_path / "meters.csv"
    path.write_text(METERS)
    return path


async def test_half_hours_pass_in_seconds_and_their_channel_knows(play, meters):
    before = datetime.now(UTC)
    code, out, _ = await play(meters, "--create", "--speed", "1800")
    assert code == 0
    assert "Played 3 of 3: 3 RECORDED." in out
    assert "goes to the new channel `energy` (kWh, INTERVAL every PT1S) of the new meter M1 at the new site" in out
    rows = await play.sql("select observed_at, value, source::text from readings order by observed_at")
    assert [(row["value"], row["source"]) for row in rows] == [(0.5, "REPLAY"), (0.75, "REPLAY"), (1.0, "REPLAY")]
    gaps = {later["observed_at"] - earlier["observed_at"] for earlier, later in pairwise(rows)}
    assert gaps == {timedelta(seconds=1)}
    assert before <= rows[0]["observed_at"] <= rows[-1]["observed_at"] <= datetime.now(UTC)
    channels = await play.sql("select kind::text, resolution_seconds from channels")
    assert [tuple(channel) for channel in channels] == [("INTERVAL", 1)]


async def test_a_signal_pauses_it_and_another_lets_it_go_on(play, meters):
    process = await play.start("simulate", "--replay", meters, "--create", "--speed", "900")
    while b"Ctrl-C" not in await process.stdout.readline():
        pass
    for expected in (b"Paused.", b"Going on."):
        process.send_signal(signal.SIGUSR1)
        assert expected in await asyncio.wait_for(process.stderr.readline(), 10)
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    assert b"Played 3 of 3" in out
    (span,) = await play.sql("select max(observed_at) - min(observed_at) as length from readings")
    assert span["length"] >= timedelta(seconds=4)


async def test_ctrl_c_ends_it_and_says_how_far_it_came(play, meters):
    process = await play.start("simulate", "--replay", meters, "--create")
    while b"Ctrl-C" not in await process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    out, error = await asyncio.wait_for(process.communicate(), 30)
    assert b" of 3: " in out
    assert b"Traceback" not in error


async def test_a_channel_of_half_hours_takes_no_seconds(play, meters):
    assert (await play.run("import", meters, "--create"))[0] == 0
    code, _, error = await play(meters, "--speed", "1800")
    assert code == 1
    assert "PT30M" in error


async def test_a_stretch_is_played_and_the_rest_left_out(play, meters):
    arguments = ("--create", "--kind", "interval", "--resolution", "PT1S", "--speed", "1800")
    code, out, _ = await play(meters, *arguments, "--from", "2013-06-01T01:00:00Z", "--until", "2013-06-01T01:30:00Z")
    assert code == 0
    assert "Played 1 of 1" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "2014-01-01T00:00:00Z"], "No reading lies in this stretch"),
        (["--from", "2013-06-01T00:00:00"], "has no offset"),
        (["--until", "yesterday"], "is no time"),
        (["--speed", "0"], "speed"),
        ([], "--create"),
    ],
)
async def test_what_cannot_be_played_is_told_in_one_sentence(play, meters, arguments, sentence):
    code, _, error = await play(meters, *arguments)
    assert code == 1
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.skipif(not MACHINE.exists(), reason="the shared demo files are not beside this repository")
async def test_the_real_machine_plays_a_day_in_seconds(play):
    stretch = ("--from", "2013-12-03", "--until", "2013-12-04", "--time-zone", "UTC")
    code, out, _ = await play(MACHINE, "--create", "--speed", "43200", *stretch)
    assert code == 0
    assert "288 RECORDED" in out
    rows = await play.sql("select min(observed_at), max(observed_at), count(*) from readings where source = 'REPLAY'")
    assert rows[0]["count"] == 288
    assert abs(rows[0]["max"] - rows[0]["min"] - timedelta(seconds=287 * 300 / 43200)) < timedelta(microseconds=2)
