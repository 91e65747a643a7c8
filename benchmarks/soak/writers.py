"""Writers that commit out of order: by SQL, by the graph, by import, some quick, some long under way."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
import httpx

from benchmarks.against.contenders import token_of
from benchmarks.feed.world import ORGANISATION
from benchmarks.soak.machinery import Server
from twinql.domain.instants import format_instant

START = datetime(2026, 6, 1, tzinfo=UTC)
_PAUSE_S = 0.2
_ROLLED_BACK = 0.1
_INSERT = """
insert into readings (observed_at, value, channel_number, organisation_number)
select $1::timestamptz + n * interval '1 second', n, number, $4 from unnest($2::int4[], $3::int4[]) as r (n, number)
"""
_RECORD = """
mutation ($readings: [ReadingInput!]!) {
    recordReadings(input: { readings: $readings }) { summary { recorded } userErrors { message } }
}
"""
_AWAY = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
    httpx.HTTPError,
)


@dataclass(frozen=True, slots=True)
class Commit:
    """What a writer knows of a transaction that was committed.

    Attributes:
        serials: The readings it wrote.
        begun: A moment at which COMMIT was not sent yet.
        ended: A moment at which it had been confirmed.
    """

    serials: Sequence[int]
    begun: float
    ended: float


@dataclass(slots=True)
class Plant:
    """The channels that are written to, and what was written: a reading's value is its serial number, used once.

    Attributes:
        numbers: The channels' numbers.
        ids: Their ids in the graph, by number.
        organisation: The organisation's number.
        commits: What is known to be committed; more may be, where the confirmation was lost.
    """

    numbers: Sequence[int]
    ids: dict[int, str]
    organisation: int
    commits: list[Commit] = field(default_factory=list)
    serial: Any = field(default_factory=lambda: count(1))

    def some(self, size: int) -> tuple[list[int], list[int]]:
        """Return serials that nobody else has, and a channel for each."""
        return [next(self.serial) for _ in range(size)], random.choices(self.numbers, k=size)


async def write_sql(plant: Plant, url: str, *, long: bool, stop: asyncio.Event) -> None:
    """Write with plain SQL: one statement at a time, or several in transactions that stay open for a while."""
    while not stop.is_set():
        try:
            connection = await asyncpg.connect(url, timeout=10, command_timeout=60)
            try:
                while not stop.is_set():
                    await _transaction(plant, connection, long=long)
                    await asyncio.sleep(random.uniform(0, 2 * _PAUSE_S))
            finally:
                connection.terminate()
        except _AWAY:
            await asyncio.sleep(_PAUSE_S)


async def _transaction(plant: Plant, connection: Any, *, long: bool) -> None:
    written: list[int] = []
    transaction = connection.transaction()
    await transaction.start()
    for _ in range(random.randint(2, 4) if long else 1):
        serials, numbers = plant.some(random.randint(1, 30))
        await connection.execute(_INSERT, START, serials, numbers, plant.organisation)
        written += serials
        await asyncio.sleep(random.uniform(0, 0.6) if long else 0)
    if long and random.random() < _ROLLED_BACK:
        return await transaction.rollback()
    begun = monotonic()
    await transaction.commit()
    plant.commits.append(Commit(written, begun, monotonic()))
    return None


async def write_floods(plant: Plant, url: str, *, every_s: float, stop: asyncio.Event) -> None:
    """Write more at once than may wait for a follower."""
    while not await stopped_within(stop, every_s):
        try:
            connection = await asyncpg.connect(url, timeout=10, command_timeout=60)
            try:
                for _ in range(5):
                    serials, numbers = plant.some(8_000)
                    begun = monotonic()
                    await connection.execute(_INSERT, START, serials, numbers, plant.organisation)
                    plant.commits.append(Commit(serials, begun, monotonic()))
            finally:
                connection.terminate()
        except _AWAY:
            await asyncio.sleep(_PAUSE_S)


async def write_graph(plant: Plant, server: Server, *, stop: asyncio.Event) -> None:
    """Record by the mutation."""
    headers = {"Authorization": f"Bearer {token_of(ORGANISATION)}"}
    async with httpx.AsyncClient(timeout=60, headers=headers) as client:
        while not stop.is_set():
            serials, numbers = plant.some(random.randint(1, 30))
            readings = [
                {"channelId": plant.ids[number], "observedAt": _at(serial), "value": serial}
                for serial, number in zip(serials, numbers, strict=True)
            ]
            asked = {"query": _RECORD, "variables": {"readings": readings}}
            begun = monotonic()
            try:
                told = (await client.post(f"http://127.0.0.1:{server.port}/graphql", json=asked)).json()
                if (told.get("data") or {}).get("recordReadings", {}).get("summary", {}).get("recorded") == len(
                    serials
                ):
                    plant.commits.append(Commit(serials, begun, monotonic()))
            except (*_AWAY, ValueError):
                pass
            await asyncio.sleep(random.uniform(0, 2 * _PAUSE_S))


async def write_imports(plant: Plant, server: Server, folder: Path, *, every_s: float, stop: asyncio.Event) -> None:
    """Import files."""
    file = folder / "readings.csv"
    names = {number: f"c{place + 1}" for place, number in enumerate(plant.numbers)}
    while not await stopped_within(stop, every_s):
        serials, numbers = plant.some(2_000)
        rows = (f"{_at(each)},{names[number]},{each}" for each, number in zip(serials, numbers, strict=True))
        file.write_text("\n".join(("time,channel,value", *rows, "")), encoding="utf-8")
        begun = monotonic()
        if not await server.imports(file, "--site", "Dashboard"):
            plant.commits.append(Commit(serials, begun, monotonic()))


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for so long at most, and say whether the end has come."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


def _at(serial: int) -> str:
    return format_instant(START + timedelta(seconds=serial))
