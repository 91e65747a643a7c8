"""`twinql import --from-table` takes the rows of an older meter table over."""

import asyncio

import asyncpg
import pytest

from tests.import_reports import counts_in
from twinql.cli import main

OLD = """
create schema legacy;
create table legacy."Readings" (id serial primary key, meter_id integer, reading numeric(12, 3), "timestamp" {type});
insert into legacy."Readings" (meter_id, reading, "timestamp") values
    (7, 1000.5, '2026-01-01 00:00:00'), (7, 1001.25, '2026-01-01 01:00:00'), (7, 1003, '2026-01-01 02:00:00'),
    (8, 20, '2026-01-01 00:00:00'), (8, 20.5, '2026-01-01 01:00:00'), (8, null, '2026-01-01 02:00:00'),
    (8, 21, '2026-01-01 03:00:00'), (8, 22, '2026-01-01 03:00:00')
"""
NAME = 'legacy."Readings"'


@pytest.fixture
def take_over(database_url, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def take_over(*options, name=NAME):
        code = await asyncio.to_thread(main, ["import", "--from-table", name, *options])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return take_over


async def fetch(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def test_old_rows_are_taken_over_once_as_registers(database_url, take_over):
    await fetch(database_url, "select")
    connection = await asyncpg.connect(database_url)
    await connection.execute(OLD.format(type="timestamp"))
    await connection.close()
    code, _, err = await take_over("--create")
    assert (code, "--time-zone" in err) == (1, True)
    code, out, _ = await take_over("--create", "--time-zone", "Europe/Lisbon")
    assert code == 0
    assert "taken to be in kWh" in out
    assert "CUMULATIVE every PT1H" in out
    assert counts_in(out) == {"RECORDED": 6, "CONFLICT": 1, "REJECTED": 1}
    rows = await fetch(
        database_url,
        "select meter, reading, date_part('hour', timestamp) as hour from meter_readings order by meter, hour",
    )
    assert [tuple(row) for row in rows] == [
        *(("7", 1000.5, 0), ("7", 1001.25, 1), ("7", 1003.0, 2)),
        *(("8", 20.0, 0), ("8", 20.5, 1), ("8", 21.0, 3)),
    ]
    assert (await fetch(database_url, "select origin from rejected_readings"))[0]["origin"] == 'legacy."Readings":6'
    _, out, _ = await take_over("--time-zone", "Europe/Lisbon")
    assert counts_in(out) == {"DUPLICATE": 6, "CONFLICT": 1, "REJECTED": 1}


async def test_times_with_an_offset_need_no_zone_and_kinds_can_be_said(database_url, take_over):
    connection = await asyncpg.connect(database_url)
    await connection.execute(OLD.format(type="timestamptz"))
    await connection.close()
    code, out, _ = await take_over("--create", "--kind", "interval", "--unit", "Wh")
    assert code == 0
    assert "INTERVAL every PT1H" in out
    assert {row["unit"] for row in await fetch(database_url, "select unit::text from channels")} == {"WATT_HOUR"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [("legacy.nothing", "no table"), ("a.b.c.d.e", "no table"), ('"', "no table"), ("public.readings", "TwinQL's own")],
)
async def test_a_table_that_cannot_be_taken_over_is_said(take_over, name, hint):
    code, _, err = await take_over(name=name)
    assert code == 1
    assert hint in err
    assert err.count("\n") == 1
