"""Writing, in a database of its own: `recordReadings` beside one insert from JSON, `twinql import` beside COPY.

Both of a pair write into the same tables, under the same triggers and policies, whose months are there already, and
begin when the server has taken in what was written before: what it does with readings is the work of both.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import numpy as np

from benchmarks.against.client import post
from benchmarks.against.contenders import ROOT, TWINQL, Place, claims_of, settings, started, token_of, twinql
from benchmarks.against.data import ISSUER
from twinql.domain.global_id import encode
from twinql.domain.instants import format_instant
from twinql.storage.acting import BECOME
from twinql.storage.migrations import migrate

ORGANISATION, DATABASE = "Writes", "writes"
ROWS, CHANNELS = 1000, 10
IMPORTED_METERS, HOURS = 4, 87_600
RECORD_AT_LEAST, IMPORT_AT_LEAST = 0.5, 0.4
RESTS_S = 0.2
"""How long the server has before each, to watch and to pass on what was written. [s]"""
_START = datetime(2025, 1, 1, tzinfo=UTC)
_IMPORTED_FROM = datetime(2016, 1, 1, tzinfo=UTC)
_WORLD = """
with o as (insert into organisations (name) values ($1) returning id, number),
member as (
    insert into memberships (organisation_id, issuer, subject, role) select id, $2, lower($1), 'OPERATOR' from o
),
s as (insert into sites (organisation_id, name, time_zone) select id, $1, 'UTC' from o returning id)
insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
select o.id, o.number, s.id, 'c' || i, 'c', 'POWER', 'KILOWATT', 'INSTANTANEOUS'
from o, s, generate_series(1, $3::int4) as i
"""
_INSERT = """
insert into readings (channel_number, observed_at, value, organisation_number, source)
select r.channel_number, r.observed_at, r.value, r.organisation_number, 'API'
from json_to_recordset($1::text::json)
    as r (channel_number int4, observed_at timestamptz, value float8, organisation_number int4)
on conflict (channel_number, observed_at) do nothing
"""
_DOCUMENT = """
mutation($readings: [ReadingInput!]!) {
    recordReadings(input: { readings: $readings }) { summary { recorded } userErrors { message } }
}
"""
_COPIED = ["observed_at", "value", "channel_number", "organisation_number", "source"]


def _of_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def measure(place: Place, *, short: bool) -> None:
    """Measure both in a fresh database, and drop it."""
    owner = await asyncpg.connect(place.url)
    try:
        await owner.execute(f"drop database if exists {DATABASE} with (force)")
        await owner.execute(f"create database {DATABASE}")
        there = replace(
            place, url=_of_database(place.url, DATABASE), server_url=_of_database(place.server_url, DATABASE)
        )
        await migrate(there.url)
        await _record(there, rounds=8 if short else 40)
        await _import(there, rounds=1 if short else 3)
    finally:
        await owner.execute(f"drop database if exists {DATABASE} with (force)")
        await owner.close()


async def _record(place: Place, rounds: int) -> None:
    user = await asyncpg.connect(place.url)
    await user.execute(_WORLD, ORGANISATION, ISSUER, CHANNELS)
    await user.execute("select twinql.prepare_readings($1, $2)", _START, _START + timedelta(days=60))
    channels = await user.fetch("select id, number, organisation_number from channels order by number")
    by_graph, by_insert = [], []
    with started(place, TWINQL, *twinql(identity=True), **settings(place)) as (port, _):
        answers, requests = await asyncio.open_connection("127.0.0.1", port)
        try:
            for turn in range(rounds + 3):
                request = post(_graph_rows(channels, 2 * turn), token=token_of(ORGANISATION))
                await asyncio.sleep(RESTS_S)
                began = perf_counter()
                requests.write(request)
                answer = await _answer(answers)
                by_graph.append(perf_counter() - began)
                told = json.loads(answer)["data"]["recordReadings"]
                assert told["summary"] == {"recorded": ROWS}, told
                rows = _sql_rows(channels, 2 * turn + 1)
                await asyncio.sleep(RESTS_S)
                began = perf_counter()
                async with user.transaction():
                    await user.fetchrow(BECOME, "authenticated", claims_of(ORGANISATION), "", "15000")
                    inserted = await user.execute(_INSERT, rows)
                by_insert.append(perf_counter() - began)
                assert inserted == f"INSERT 0 {ROWS}"
        finally:
            requests.close()
    await user.close()
    mine, its = median(by_graph[3:]), median(by_insert[3:])
    print(
        f"\nrecordReadings of {ROWS:,} rows: {mine * 1000:.1f} ms, {ROWS / mine:,.0f} rows/s; insert from "
        f"json_to_recordset as the same user {its * 1000:.1f} ms, {ROWS / its:,.0f} rows/s: {its / mine:.2f} times "
        f"(asked ≥ {RECORD_AT_LEAST:g})",
        flush=True,
    )


async def _answer(answers: asyncio.StreamReader) -> bytes:
    head = await answers.readuntil(b"\r\n\r\n")
    (length,) = re.findall(rb"(?i)content-length: (\d+)", head)
    return await answers.readexactly(int(length))


def _times(batch: int) -> list[datetime]:
    steps = ROWS // CHANNELS
    return [_START + timedelta(minutes=batch * steps + step) for step in range(steps)]


def _graph_rows(channels: Sequence[Any], batch: int) -> bytes:
    rows = [
        {"channelId": encode("Channel", each["id"]), "observedAt": format_instant(at), "value": at.minute / 7}
        for at in _times(batch)
        for each in channels
    ]
    return json.dumps({"query": _DOCUMENT, "variables": {"readings": rows}}).encode()


def _sql_rows(channels: Sequence[Any], batch: int) -> str:
    return json.dumps(
        [
            {
                "channel_number": each["number"],
                "observed_at": format_instant(at),
                "value": at.minute / 7,
                "organisation_number": each["organisation_number"],
            }
            for at in _times(batch)
            for each in channels
        ]
    )


async def _import(place: Place, rounds: int) -> None:
    owner = await asyncpg.connect(place.url)
    until = _IMPORTED_FROM + timedelta(hours=HOURS)
    await owner.execute("select twinql.prepare_readings($1, $2)", _IMPORTED_FROM, until)
    await owner.close()
    with TemporaryDirectory(prefix="twinql-bench-") as folder:
        file = Path(folder) / "meters.csv"
        _make_file(file)
        by_verb, by_copy = [], []
        for _ in range(rounds):
            by_verb.append(await asyncio.to_thread(_imported, place, file))
            by_copy.append(await _copied(place.url))
    rows, mine, its = IMPORTED_METERS * HOURS, median(by_verb), median(by_copy)
    print(
        f"twinql import of {rows:,} rows of CSV: {mine:.2f} s, {rows / mine:,.0f} rows/s; COPY of the same rows "
        f"{its:.2f} s, {rows / its:,.0f} rows/s: {its / mine:.2f} times (asked ≥ {IMPORT_AT_LEAST:g})",
        flush=True,
    )


def _make_file(path: Path) -> None:
    values = np.random.default_rng(1).gamma(2.0, 0.15, (IMPORTED_METERS, HOURS)).round(3)
    with path.open("w") as file:
        file.write("meter,timestamp,kwh\n")
        for hour in range(HOURS):
            at = f"{_IMPORTED_FROM + timedelta(hours=hour):%Y-%m-%d %H:%M:%S}"
            file.writelines(f"B{meter},{at},{values[meter, hour]}\n" for meter in range(IMPORTED_METERS))


def _imported(place: Place, file: Path) -> float:
    command = [
        sys.executable,
        "-m",
        "twinql",
        "import",
        str(file),
        "--time-zone",
        "UTC",
        "--stamp",
        "start",
        "--create",
    ]
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)} | settings(place)
    began = perf_counter()
    subprocess.run(
        [*command, "--organisation", ORGANISATION], check=True, capture_output=True, env=env, cwd=file.parent
    )
    return perf_counter() - began


async def _copied(url: str) -> float:
    """Take the rows out again, put them back by COPY, and return how many seconds that takes."""
    owner = await asyncpg.connect(url)
    try:
        mine = "where channel_number in (select number from channels where asset_id is not null)"
        rows = await owner.fetch(
            f"select {', '.join(_COPIED)} from readings {mine} order by observed_at, channel_number"
        )
        assert len(rows) == IMPORTED_METERS * HOURS
        await _forget(owner, mine)
        began = perf_counter()
        await owner.copy_records_to_table("readings", records=rows, columns=_COPIED)
        elapsed = perf_counter() - began
        await _forget(owner, mine)
    finally:
        await owner.close()
    return elapsed


async def _forget(owner: Any, mine: str) -> None:
    """Delete rows without a trace, so that the next round meets an empty table."""
    async with owner.transaction():
        await owner.execute("set local session_replication_role = replica")
        await owner.execute(f"delete from readings {mine}")
    await owner.execute("vacuum (analyze) readings")
