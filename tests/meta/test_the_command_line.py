"""The command: one clear sentence and exit code 1, quick help, and no library that a verb does not need."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.issuer import published
from twinql.cli.parser import VERBS

ROOT = Path(__file__).resolve().parents[2]


def _twinql(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "twinql", *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("fly",), ("doctor", "--wings")])
def test_what_does_not_fit_is_one_sentence_on_stderr(arguments: tuple[str, ...]) -> None:
    run = _twinql(*arguments)
    assert run.returncode == 1
    assert run.stdout == ""
    assert len(run.stderr.splitlines()) == 1
    assert "--help" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "--port", "high"), "'high' is no port; give a number from 0 to 65535. `twinql serve --help`"),
        (("serve", "--port", "-1"), "'-1' is no port"),
        (("import", "a.csv", "--resolution", "x"), "no fixed length. `twinql import --help`"),
        (("export", "--from", "2026-01-02T00:00:00Z", "--until", "2026-01-01T00:00:00Z"), "--from must lie before"),
        ((b"import", b"\xff.csv"), "is not written in UTF-8"),
    ],
)
def test_a_wrong_call_is_told_in_its_own_words(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    run = _twinql(*arguments, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert said in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert ".." not in run.stderr


def test_a_setting_that_does_not_fit_is_one_sentence_on_stderr() -> None:
    run = _twinql("doctor", TWINQL_PORT="high")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "twinql: TWINQL_PORT does not fit: set it to a whole number from 1 to 65535.\n"


def test_help_lists_every_verb_and_loads_nothing_heavy() -> None:
    watch = (
        "import sys, twinql.cli\n"
        "try: twinql.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'asyncpg', 'numpy', 'pandas', 'strawberry', 'starlette', 'uvicorn', 'rich', 'supabase'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", watch], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert all(verb in run.stdout for verb in VERBS)
    assert run.stdout.endswith("heavy: []\n")


def test_the_doctor_looks_for_whoever_vouches_for_callers(tmp_path: Path) -> None:
    def told(**env: str) -> str:
        return _twinql("doctor", "--data", str(tmp_path / "new"), **env).stdout

    assert "ok    The server would be open to this machine alone" in told()
    assert "HELP  On 0.0.0.0, callers need tokens, and nothing is set that verifies them" in told(TWINQL_HOST="0.0.0.0")
    with published() as issuer:
        assert f"ok    The keys of {issuer.name} can be fetched." in told(SUPABASE_URL=issuer.url)
        oidc = {"OIDC_ISSUER": issuer.name + "/", "OIDC_AUDIENCE": "twinql"}
        assert f"HELP  The keys of {issuer.name}/ cannot be fetched" in told(**oidc)


def test_the_doctor_looks_where_it_is_told_and_at_no_folder_that_is_not_used(tmp_path: Path) -> None:
    told = _twinql("doctor", "--data", str(tmp_path), "--host", "127.0.0.1", "--port", "0").stdout
    assert "ok    127.0.0.1:0 is free." in told
    assert "MiB of room" in told
    told = _twinql("doctor", "--data", str(tmp_path), DATABASE_URL="postgresql://me@127.0.0.1:1/nothing").stdout
    assert "MiB" not in told
    assert told.count("The database is out of reach") == 1


def test_the_doctor_names_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = _twinql("doctor", "--data", str(tmp_path / "new"), TWINQL_PORT=str(port))
    assert run.returncode == 1
    assert f"HELP  127.0.0.1:{port} is in use" in run.stdout


@pytest.mark.parametrize("arguments", [("simulate", "--faults"), ("export", "--machine", "mill")])
def test_a_folder_without_a_database_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = _twinql(*arguments, "--data", str(tmp_path / "none"), cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"twinql: There is no database in .*none: start `twinql serve` once.*--data\.\n", ended.stderr)
    assert not (tmp_path / "none" / "postgres").exists()
