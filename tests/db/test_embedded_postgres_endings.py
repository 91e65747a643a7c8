"""However TwinQL ends, no Postgres stays behind and no committed row is lost."""

import asyncio
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import psutil
import pytest

from twinql.errors import ConflictError, UnavailableError
from twinql.storage.embedded import EmbeddedPostgres, account, running, server

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60

# Stands for `twinql serve`: it starts Postgres, says so, and stays until it is told or killed. On SIGINT it leaves its
# with block, as the server does; for SIGTERM it has no handler at all.
TWINQL = """
import json, os, signal, sys
from pathlib import Path
from twinql.storage.embedded import EmbeddedPostgres
try:
    with EmbeddedPostgres.start(Path(sys.argv[1])) as server:
        forked = 0
        if "fork" in sys.argv and not (forked := os.fork()):
            signal.pause()
        supervisor = int(open(f"/proc/{server.pid}/stat").read().split()[3]) if sys.platform == "linux" else 0
        told = {"url": server.url, "pid": server.pid, "supervisor": supervisor, "forked": forked}
        print(json.dumps(told), flush=True)
        while True:
            signal.pause()
except KeyboardInterrupt:
    pass
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@contextmanager
def twinql(folder, *arguments, prefix=()):
    """A process of its own, in a process group of its own like a job of a shell, and what it announced."""
    command = [*prefix, sys.executable, "-B", "-c", TWINQL, str(folder), *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as process:
        try:
            announced = process.stdout.readline()
            assert announced, process.stderr.read()
            yield process, json.loads(announced)
        finally:
            process.kill()


async def execute(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def record(url, value):
    asyncio.run(execute(url, "create table if not exists kept (value integer)"))
    asyncio.run(execute(url, f"insert into kept values ({value})"))


def recorded(url):
    return asyncio.run(execute(url, "select array_agg(value order by value) from kept"))


def is_alive(pid):
    """Whether a process runs; one that only waits to be reaped by the machine's first process does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def has_ended(pid):
    """Wait for the end of a process that is not a child of this one: a pidfd tells, where there are any."""
    if not hasattr(os, "pidfd_open"):
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            psutil.Process(pid).wait(PATIENCE_S)
        return not is_alive(pid)
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], PATIENCE_S)[0])
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_no_postgres_outlives_twinql(tmp_path, name):
    with twinql(tmp_path) as (process, told):
        record(told["url"], 1)
        # Ctrl-C in a terminal reaches the whole process group.
        os.killpg(process.pid, getattr(signal, name))
        assert has_ended(told["pid"])
    assert "received fast shutdown request" in (tmp_path / "postgres.log").read_text()
    assert running(tmp_path) is None
    with EmbeddedPostgres.start(tmp_path) as again:
        assert recorded(again.url) == [1]


def test_twinql_starts_again_at_once_after_it_was_killed(tmp_path):
    for value in range(3):
        with twinql(tmp_path) as (process, told):
            record(told["url"], value)
            process.kill()
            process.wait(PATIENCE_S)
    with EmbeddedPostgres.start(tmp_path) as again:
        assert recorded(again.url) == [0, 1, 2]


def test_a_connection_file_of_a_killed_twinql_is_known_to_be_stale(tmp_path):
    with twinql(tmp_path) as (process, told):
        assert running(tmp_path) == told["url"]
        process.kill()
        process.wait(PATIENCE_S)
        assert (tmp_path / "connection.json").exists()
        assert running(tmp_path) is None
        assert has_ended(told["pid"])


def test_a_forked_child_of_a_killed_twinql_does_not_keep_postgres_alive(tmp_path):
    with twinql(tmp_path, "fork") as (process, told):
        process.kill()
        process.wait(PATIENCE_S)
        assert has_ended(told["pid"])
        assert is_alive(told["forked"])
        try:
            EmbeddedPostgres.start(tmp_path).stop()
        finally:
            os.kill(told["forked"], signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="the supervisor is found in /proc")
def test_a_postgres_whose_supervisor_was_killed_too_is_ended_by_the_next_start(tmp_path):
    with twinql(tmp_path) as (process, told):
        record(told["url"], 1)
        os.kill(told["supervisor"], signal.SIGKILL)
        process.kill()
        process.wait(PATIENCE_S)
        assert is_alive(told["pid"])
    with EmbeddedPostgres.start(tmp_path) as again:
        assert not is_alive(told["pid"])
        assert recorded(again.url) == [1]


@pytest.mark.skipif(sys.platform != "linux", reason="the supervisor is found in /proc")
def test_stopping_ends_postgres_even_without_its_supervisor(tmp_path):
    with twinql(tmp_path) as (process, told):
        os.kill(told["supervisor"], signal.SIGKILL)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
        assert not is_alive(told["pid"])


def test_a_postgres_that_was_killed_is_started_again_and_keeps_its_rows(tmp_path):
    with EmbeddedPostgres.start(tmp_path) as first:
        record(first.url, 1)
        os.kill(first.pid, signal.SIGKILL)
        assert has_ended(first.pid)
    with EmbeddedPostgres.start(tmp_path) as again:
        assert recorded(again.url) == [1]


def test_a_process_id_that_now_belongs_to_another_program_is_no_obstacle(tmp_path):
    EmbeddedPostgres.start(tmp_path).stop()
    # What a container leaves behind that was killed: in the next one the number is somebody else's.
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}/postgres\n1\n1\n\n\n1 1\nready\n")
    with EmbeddedPostgres.start(tmp_path) as again:
        record(again.url, 1)
        assert recorded(again.url) == [1]


def test_a_killed_postgres_that_nobody_reaped_is_no_obstacle(tmp_path):
    with EmbeddedPostgres.start(tmp_path) as first:
        record(first.url, 1)
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as ended:
        ended.stdout.read()
        # Not waited for yet, so its number is still taken, as in a container whose first process reaps nobody.
        pid_file = tmp_path / "postgres" / "postmaster.pid"
        pid_file.write_text(f"{ended.pid}\n{tmp_path}/postgres\n1\n1\n\n\n1 1\nready\n")
        with EmbeddedPostgres.start(tmp_path) as again:
            assert recorded(again.url) == [1]


def test_a_first_start_that_was_cut_short_leaves_nothing_in_the_way(tmp_path):
    half_made = tmp_path / "postgres.new-abc"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres.start(tmp_path) as first:
        record(first.url, 1)
    assert not half_made.exists()


def test_a_postgres_that_cannot_start_says_why(tmp_path):
    EmbeddedPostgres.start(tmp_path).stop()
    (tmp_path / "postgres" / "pg_hba.conf").write_text("nonsense\n")
    with pytest.raises(UnavailableError, match=r"^Postgres did not start: could not load .*pg_hba.conf"):
        EmbeddedPostgres.start(tmp_path)
    (tmp_path / "postgres" / "pg_hba.conf").unlink()


@pytest.fixture
def open_folder():
    """A folder that everybody may enter; pytest's own are closed to others."""
    with TemporaryDirectory(prefix="twinql-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@as_root
def test_root_runs_postgres_on_the_same_files_in_every_way_that_works_here(open_folder, monkeypatch):
    version = account.program("postgres"), "--version"
    ways = [way for way in account._accounts_for_root() if way.run(*version).returncode == 0]
    assert ways
    for number, way in enumerate([*ways, *reversed(ways)]):
        monkeypatch.setattr(server, "find_account", lambda way=way: way)
        with EmbeddedPostgres.start(open_folder / "data") as postgres:
            record(postgres.url, number)
            assert recorded(postgres.url) == list(range(number + 1))
            assert psutil.Process(postgres.pid).uids().real == way.uid


@as_root
def test_a_capability_opens_a_folder_that_only_root_may_enter(tmp_path, monkeypatch):
    ways = [way for way in account._accounts_for_root() if "--ambient-caps=+dac_override" in way.prefix]
    if not ways or ways[0].run(account.program("postgres"), "--version").returncode:
        pytest.skip("setpriv cannot give capabilities here")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(server, "find_account", lambda: ways[0])
    with EmbeddedPostgres.start(closed / "data") as postgres:
        record(postgres.url, 1)


@as_root
def test_an_ordinary_user_runs_postgres_under_its_own_name_and_others_keep_off(open_folder):
    # The capability only lets this user read the interpreter, which may lie below /root.
    prefix = (
        *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
    )
    if not shutil.which("setpriv") or subprocess.run([*prefix, sys.executable, "-c", ""], check=False).returncode:
        pytest.skip("setpriv cannot give capabilities here")
    os.chown(open_folder, 65534, 65534)
    with twinql(open_folder / "data", prefix=prefix) as (process, told):
        record(told["url"], 1)
        assert psutil.Process(told["pid"]).uids().real == 65534
        assert running(open_folder / "data") == told["url"]
        process.kill()
        assert has_ended(told["pid"])
    os.chown(open_folder / "data" / "postgres", 12345, 12345)
    with pytest.raises(ConflictError, match="belongs to another user"):
        EmbeddedPostgres.start(open_folder / "data")
