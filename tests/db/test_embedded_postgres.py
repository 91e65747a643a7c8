"""The embedded Postgres, with real processes: it serves, it is joined, and it ends with whoever started it."""

import socket
import stat
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

from twinql.errors import ConflictError, UnavailableError
from twinql.storage.embedded import EmbeddedPostgres, running, server


async def fetch(url, query):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_serves_a_database_of_utf8_in_code_point_order(tmp_path):
    with EmbeddedPostgres.start(tmp_path / "made" / "on the way") as postgres:
        assert await fetch(postgres.url, "select current_database()") == "twinql"
        assert (
            await fetch(postgres.url, "select string_agg(w, '' order by w) from unnest('{b,a,Z,é}'::text[]) w")
            == "Zabé"
        )
        assert await fetch(postgres.url, "show wal_level") == "logical"
        assert await fetch(postgres.url, "show fsync") == "on"
        assert await fetch(postgres.url, "show synchronous_commit") == "on"
        assert await fetch(postgres.url, "show timezone") == "UTC"


async def test_it_is_gone_when_stopped_and_its_rows_are_there_again(tmp_path):
    with EmbeddedPostgres.start(tmp_path) as postgres:
        await fetch(postgres.url, "create table kept as select 42 as answer")
    assert not psutil.pid_exists(postgres.pid)
    assert running(tmp_path) is None
    assert not (tmp_path / "connection.json").exists()
    with EmbeddedPostgres.start(tmp_path) as postgres:
        assert await fetch(postgres.url, "select answer from kept") == 42
        postgres.stop()
        postgres.stop()


async def test_another_verb_joins_the_running_server(tmp_path):
    assert running(tmp_path / "nowhere") is None
    with EmbeddedPostgres.start(tmp_path) as postgres:
        assert running(tmp_path) == postgres.url
        assert await fetch(running(tmp_path), "select 1") == 1


async def test_nobody_gets_in_without_the_password(tmp_path):
    with EmbeddedPostgres.start(tmp_path) as postgres:
        port = urlsplit(postgres.url).port
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host="127.0.0.1", port=port, user="postgres", database="twinql", password="guessed")
        for name in ("connection.json", "password"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "postgres").stat().st_mode) == 0o700


def test_a_second_start_on_the_same_folder_is_refused_in_one_sentence(tmp_path):
    with EmbeddedPostgres.start(tmp_path) as postgres:
        with pytest.raises(
            ConflictError, match=r"^Another TwinQL is running on the data folder .+: stop it first"
        ) as refusal:
            EmbeddedPostgres.start(tmp_path)
        assert str(tmp_path) in str(refusal.value)
        assert running(tmp_path) == postgres.url


def test_a_database_of_another_version_is_left_alone(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(ConflictError, match="was made by Postgres 12"):
        EmbeddedPostgres.start(tmp_path)


def test_a_folder_that_cannot_be_made_is_named_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match=r"^The data folder .+/file/data cannot be used \(Not a directory\)"):
        EmbeddedPostgres.start(tmp_path / "file" / "data")
    assert running(tmp_path / "file" / "data") is None


def test_a_port_that_another_program_took_first_is_passed_over(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = iter([taken.getsockname()[1], server._free_port()])
        monkeypatch.setattr(server, "_free_port", lambda: next(ports))
        with EmbeddedPostgres.start(tmp_path) as postgres:
            assert urlsplit(postgres.url).port != taken.getsockname()[1]
