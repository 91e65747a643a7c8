"""Supabase's own advisors, in their own program, over the tables as migrations make them."""

import json
import os
import subprocess

import asyncpg
import pytest

from tests.tenants import AS_SUPABASE
from twinql.storage.migrations import migrate

CLI = os.environ.get("SUPABASE_CLI")
pytestmark = pytest.mark.skipif(CLI is None, reason="SUPABASE_CLI is not set; .ci/advisors installs it and runs this")


async def execute(url, statement):
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


def advise(url, home):
    """Return the level and name of every finding at WARN or above, with what it is about."""
    run = subprocess.run(
        [str(CLI), "db", "advisors", f"--remote={url}", "--level=warn", "--output-format=json"],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [f"{each['level']} {each['name']}: {each['detail']}" for each in json.loads(run.stdout)["results"]]


async def test_the_advisors_have_nothing_to_say_of_a_migrated_database(empty_database_url, tmp_path):
    await execute(empty_database_url, AS_SUPABASE)
    await migrate(empty_database_url)
    assert advise(empty_database_url, tmp_path) == []


async def test_they_would_say_if_there_were_something(database_url, tmp_path):
    await execute(database_url, "create table public.open_to_all (id integer); grant all on public.open_to_all to anon")
    assert [each.split(":")[0] for each in advise(database_url, tmp_path)] == ["ERROR rls_disabled_in_public"]
