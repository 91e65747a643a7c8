"""What readings said before they were changed."""

from collections.abc import Sequence
from datetime import datetime

from twinql.domain.readings import FormerReading, ReadingSource, StoredQuality
from twinql.storage.database import Connection
from twinql.storage.statements import load


async def corrections_of(connection: Connection, readings: Sequence[tuple[int, datetime]]) -> list[list[FormerReading]]:
    """Return the former values of readings, each named by channel number and time, oldest first."""
    numbers, instants = [number for number, _ in readings], [instant for _, instant in readings]
    former: list[list[FormerReading]] = [[] for _ in readings]
    for row in await connection.fetch(load("corrections")["of_readings"], numbers, instants):
        former[row["place"] - 1].append(
            FormerReading(
                value=row["value"],
                quality=StoredQuality(row["quality"]),
                source=ReadingSource(row["source"]),
                recorded_at=row["recorded_at"],
                corrected_at=row["corrected_at"],
                corrected_by=row["corrected_by"],
                reason=row["reason"],
            )
        )
    return former
