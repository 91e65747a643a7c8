"""Writes readings as CSV that an import takes back unchanged."""

import csv
import io
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime

from twinql.domain.global_id import encode
from twinql.domain.identity import Actor
from twinql.domain.instants import format_instant
from twinql.domain.readings import StoredQuality, quality_of, status_of
from twinql.domain.unit_names import unit_named
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError
from twinql.storage.database import Database
from twinql.storage.export import ExportedChannel, ExportedReading, exported_readings

HEADER = (
    *("site", "meter", "machine", "channel", "observed_at", "value", "unit", "quality", "status"),
    *("quantity", "kind", "channel_id"),
)
"""Times name the end of an interval, in UTC; values have every digit that they need."""

_TRUST = {stored: f"{quality_of(stored).value},{status_of(stored).value}" for stored in StoredQuality}


async def csv_of(
    database: Database,
    actor: Actor,
    channels: Sequence[ExportedChannel],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AsyncGenerator[str]:
    """Yield the readings of channels in pieces of CSV, the header first, oldest first within each channel."""
    yield _line(HEADER)
    for channel in channels:
        # Closed with this generator: a reader that goes away must leave no transaction open.
        async with aclosing(exported_readings(database, actor, channel, since=since, until=until)) as batches:
            async for readings in batches:
                yield "".join(_lines(channel, readings))


def _lines(channel: ExportedChannel, readings: Iterable[ExportedReading]) -> Iterable[str]:
    # Everything but the time, value and trust is the same in every line of a channel, and quoted once.
    before = _line((channel.site, channel.meter, channel.machine, channel.key)).removesuffix("\r\n")
    unit = _written(channel.unit)
    after = _line((channel.quantity.value, channel.kind.value, encode("Channel", channel.id)))
    for reading in readings:
        value = "" if reading.value is None else repr(reading.value)
        yield f"{before},{format_instant(reading.observed_at)},{value},{unit},{_TRUST[reading.quality]},{after}"


def _written(unit: Unit) -> str:
    """Return the symbol of a unit where an import understands it, else its name."""
    try:
        return unit.symbol if unit_named(unit.symbol) is unit else unit.name
    except InvalidInputError:
        return unit.name


def _line(cells: Sequence[str | None]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
