"""Reads what the gas of meters is worth."""

from collections.abc import Sequence

from twinql.domain.bridges import Gas
from twinql.storage.database import Connection
from twinql.storage.statements import load


async def gas_of(connection: Connection, channel_numbers: Sequence[int]) -> list[Gas | None]:
    """Return what a cubic metre of each channel's meter is worth; None unless it counts gas."""
    found: list[Gas | None] = [None] * len(channel_numbers)
    for row in await connection.fetch(load("gas")["of_channels"], list(channel_numbers)):
        found[row["place"] - 1] = Gas(row["calorific_value"], row["volume_correction"])
    return found
