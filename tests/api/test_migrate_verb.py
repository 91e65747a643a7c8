"""`twinql migrate` as a person runs it, on a database named by DATABASE_URL or on the embedded one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENV = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONPATH": str(ROOT)}
HOW_MANY = len(list((ROOT / "prisma" / "migrations").glob("*/migration.sql")))


def _twinql(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twinql", *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**ENV, **env}, capture_output=True, text=True, timeout=120, check=False
    )


def test_an_empty_database_is_brought_up_to_date_once(empty_database_url: str, tmp_path: Path) -> None:
    first = _twinql("migrate", cwd=tmp_path, DATABASE_URL=empty_database_url)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.count("Applying ") == HOW_MANY
    second = _twinql("migrate", cwd=tmp_path, DATABASE_URL=empty_database_url)
    assert (second.returncode, second.stdout) == (0, "The database is up to date.\n")
    well = _twinql("doctor", cwd=tmp_path, DATABASE_URL=empty_database_url)
    assert "ok    The database answers, and its tables are up to date." in well.stdout
    assert "hint  The login of DATABASE_URL is held by no row-level security" in well.stdout


def test_the_doctor_tells_what_a_database_lacks(empty_database_url: str, tmp_path: Path) -> None:
    run = _twinql("doctor", cwd=tmp_path, DATABASE_URL=empty_database_url)
    assert run.returncode == 1
    assert f"HELP  The database lacks {HOW_MANY} migrations: run `twinql migrate`." in run.stdout


def test_the_embedded_database_is_started_for_it_and_stopped(tmp_path: Path) -> None:
    run = _twinql("migrate", "--data", "here", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("The database is up to date.\n")
    assert not (tmp_path / "here" / "postgres" / "postmaster.pid").exists()


def test_a_database_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    run = _twinql("migrate", cwd=tmp_path, DATABASE_URL="postgresql://me:secret@127.0.0.1:1/nothing")
    assert (run.returncode, run.stdout) == (1, "")
    assert len(run.stderr.splitlines()) == 1
    assert "secret" not in run.stderr


def test_settling_a_migration_that_does_not_exist_is_one_sentence(database_url: str, tmp_path: Path) -> None:
    run = _twinql("migrate", "--rolled-back", "2020_nothing", cwd=tmp_path, DATABASE_URL=database_url)
    assert run.returncode == 1
    assert "2020_nothing" in run.stderr
