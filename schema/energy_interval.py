"""What channels counted, interval by interval, each with the readings and events it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.connection import PageInfo
from schema.declared import several
from schema.described import publish
from schema.reading import Reading, reading_beside
from schema.scalars import plain
from twinql.context import Info
from twinql.domain.metering.intervals import Flag, Intervals
from twinql.domain.readings import Quality, from_us, to_us
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError
from twinql.storage.counting import AsDeclared
from twinql.storage.energy_intervals import IntervalsWish, intervals_page
from twinql.storage.read import Order, PageRequest
from twinql.storage.read.pages import BAD_CURSOR, read_cursor, write_cursor

if TYPE_CHECKING:
    from schema.register_event import RegisterEvent


class IntervalMark(Enum):
    """What is to be known of an interval beside its amount."""

    ESTIMATED = "ESTIMATED"
    ROLLOVER = "ROLLOVER"
    EVENT = "EVENT"
    UNKNOWN = "UNKNOWN"
    LONG = "LONG"


publish(
    IntervalMark,
    "What is to be known of an interval beside its amount.",
    ESTIMATED="One of its readings is UNCERTAIN, ESTIMATED or SUBSTITUTED.",
    ROLLOVER="The register reached its declared maximum and began again.",
    EVENT="It begins or ends at a register event, whose values make it known.",
    UNKNOWN="The register fell, and nothing says what it counted; or an event contradicts what was read beside it.",
    LONG="It lasts more than one and a half resolutions, or there is none: nobody knows when in it the energy flowed.",
)
_REASONS = {
    IntervalMark.UNKNOWN: "It fell, and nothing says what it counted; recordRegisterEvent makes it known.",
    IntervalMark.EVENT: "It was counted up to what the register showed last, or from what it showed first.",
    IntervalMark.ROLLOVER: "It was near its maximum, and began again from zero.",
    IntervalMark.LONG: "Readings are missing in it, or none are due: when in it the energy flowed is not known.",
    IntervalMark.ESTIMATED: "It rests on an estimate.",
}
"""Why an amount is what it is, for people; the weightiest first."""
_CONTRADICTED = "The register event contradicts what was read beside it; retract the event, or correct the reading."
_BY_END = Order(("until",), ("int8",))


@dataclass(frozen=True, slots=True)
class Source:
    """Where intervals come from.

    Attributes:
        channel_id: The channel.
        number: Its number.
        reported: Whether each is told by the one reading at its end.
        as_of: As known at which time; None for now.
    """

    channel_id: UUID
    number: int
    reported: bool
    as_of: datetime | None


@strawberry.type(description="What a channel counted from one reading, or register event, to the next.")
class EnergyInterval:
    """An amount with its evidence."""

    from_: datetime = strawberry.field(name="from", description="Where it begins.")
    until: datetime = strawberry.field(description="Where it ends: it belongs to the period in which that lies.")
    amount: Decimal | None = strawberry.field(
        description="What flowed, exactly, in `unit`, with the channel's multiplier; null where it is unknown."
    )
    unit: Unit = strawberry.field(
        description="KILOWATT_HOUR for energy, CUBIC_METRE for volumes, else that of the channel."
    )
    quality: Quality = strawberry.field(description="UNCERTAIN where it is estimated or unknown, else GOOD.")
    marks: list[IntervalMark] = strawberry.field(
        description="What else is to be known of it; empty where all is plain."
    )
    reason: str | None = strawberry.field(description="The same in a sentence for people; null where all is plain.")
    event_ids: strawberry.Private[list[UUID]]
    source: strawberry.Private[Source]

    @strawberry.field(
        description="The reading with which it begins; null where it begins at an event, and of an INTERVAL channel, "
        "which tells it by the reading at its end."
    )
    async def start_reading(self, info: Info) -> Reading | None:
        """Load it, for all intervals at once."""
        return None if self.source.reported else await self._reading(info, self.from_)

    @strawberry.field(description="The reading with which it ends; null where it ends at an event.")
    async def end_reading(self, info: Info) -> Reading | None:
        """Load it, for all intervals at once."""
        return await self._reading(info, self.until)

    async def _reading(self, info: Info, at: datetime) -> Reading | None:
        found = await reading_beside(info, self.source.number, at, self.source.as_of)
        return None if found is None or found.quality is Quality.BAD else found

    @strawberry.field(description="The register events at which it begins or ends.")
    async def events(self, info: Info) -> list[Annotated["RegisterEvent", strawberry.lazy("schema.register_event")]]:
        """Load them."""
        return await several(info, "schema.register_event:RegisterEvent", self.event_ids)

    @classmethod
    def all_of(cls, found: Intervals, counter: AsDeclared, source: Source) -> list[Self]:
        """Show intervals, in a unit."""
        at = {to_us(each.at): each.id for each in found.events}
        columns = (found.starts.tolist(), found.ends.tolist(), found.amounts.tolist(), found.flags.tolist())
        shown = [cls._of(each, counter, source) for each in zip(*columns, strict=True)]
        for each in shown:
            each.event_ids = [at[end] for end in (to_us(each.from_), to_us(each.until)) if end in at]
        return shown

    @classmethod
    def _of(cls, columns: tuple[int, ...], counter: AsDeclared, source: Source) -> Self:
        start, end, amount, flags = columns
        marks = [mark for mark in _REASONS if flags & Flag[mark.name]]
        unknown = IntervalMark.UNKNOWN in marks
        doubtful = unknown or IntervalMark.ESTIMATED in marks
        return cls(
            from_=from_us(start),
            until=from_us(end),
            amount=None if unknown else plain(Decimal(amount).scaleb(-counter.decimals)),
            unit=counter.base,
            quality=Quality.UNCERTAIN if doubtful else Quality.GOOD,
            marks=marks,
            reason=_reason(marks),
            event_ids=[],
            source=source,
        )


def _reason(marks: Sequence[IntervalMark]) -> str | None:
    if {IntervalMark.UNKNOWN, IntervalMark.EVENT} <= set(marks):
        return _CONTRADICTED
    return _REASONS[marks[0]] if marks else None


@strawberry.type(description="A page of what a channel counted, in the order of time.")
class EnergyIntervals:
    """Intervals of one channel."""

    nodes: list[EnergyInterval] = strawberry.field(description="The intervals of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page stands among those of the period.")


async def intervals_for(
    info: Info, counter: AsDeclared, source: Source, period: tuple[datetime, datetime], page: PageRequest
) -> EnergyIntervals:
    """Read a page of what a channel counted, for all channels that ask alike at once."""
    first = period[0] if page.cursor is None else max(period[0], _read_cursor(page.cursor))
    wish = IntervalsWish(min(first, period[1]), period[1], page.size, counter.resolution_s, source.as_of)
    loader = info.context.batch(
        ("intervals", wish), lambda connection, keys: intervals_page(connection, wish, list(keys))
    )
    found, more = await loader.load(counter)
    await info.context.turn()
    nodes = EnergyInterval.all_of(found, counter, source)
    ends = [write_cursor([str(found.ends[place])]) if nodes else None for place in (0, -1)]
    return EnergyIntervals(
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=more,
            has_previous_page=page.cursor is not None,
            start_cursor=ends[0],
            end_cursor=ends[1],
        ),
    )


def _read_cursor(cursor: str) -> datetime:
    [end] = read_cursor(cursor, _BY_END)
    try:
        return from_us(int(end))
    except ValueError as error:
        raise InvalidInputError(BAD_CURSOR, path=("after",)) from error
