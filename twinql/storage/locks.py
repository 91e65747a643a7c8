"""What one process of a database does at a time: for each such duty an advisory lock, all of them listed here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, IntEnum
from typing import Final

from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

TURN_S: Final = 2.0
"""How often one that stands by asks whether it is its turn. [s]"""


JUDGING: Final = 7205020
"""Of an organisation: held while one of its commands is judged, and while it is stopped."""


class Duty(IntEnum):
    """What one session does for as long as it lasts, while others stand by; the value is the key of its lock."""

    WATCHING = 7205011
    ADVISING = 7205013
    ANNOUNCING = 7205015


class Round(Enum):
    """What one process at a time does, while others pass it by; the value holds both halves of the key."""

    ISSUING_FORECASTS = (7201, 4021)
    SCORING_FORECASTS = (7201, 4022)
    RULES_OF_PEOPLE = (7205, 153)
    LOADS = (7205, 154)


async def take_turn(connection: Connection, duty: Duty) -> bool:
    """Try to become the one session that has a duty; it stays so until its connection ends."""
    return bool(await connection.fetchval(load("locks")["take_turn"], duty))


async def stand_by(connection: Connection, duty: Duty) -> None:
    """Wait until it is the turn of this session, which keeps it until its connection ends.

    Args:
        connection: A direct or session connection: the turn belongs to the session.
        duty: What is to be done.
    """
    while not await take_turn(connection, duty):  # noqa: ASYNC110 - only the database knows whose turn it is
        await asyncio.sleep(TURN_S)


@asynccontextmanager
async def one_at_a_time(database: Database, what: Round) -> AsyncIterator[bool]:
    """Say whether nobody else is at it; if so, nobody is until the end of the block."""
    async with database.session() as session:
        yield bool(await session.fetchval(load("locks")["one_at_a_time"], *what.value))
