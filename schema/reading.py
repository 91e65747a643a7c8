"""What channels read, and what readings said before."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, cast
from uuid import UUID

import asyncpg
import numpy as np
import strawberry

from schema.declared import Asked, build, column, entity_of, first_of, hidden, identity, to_one
from schema.node import Node
from twinql.context import Info
from twinql.domain import global_id
from twinql.domain.bridges import Gas, told_in, worth_of_gas
from twinql.domain.channels import ChannelFacts, ReadingKind
from twinql.domain.events import ReadingEvent
from twinql.domain.readings import (
    FormerReading,
    Quality,
    ReadingSource,
    ReadingStatus,
    from_us,
    quality_of,
    status_of,
    to_us,
)
from twinql.domain.units import Unit
from twinql.storage.corrections import corrections_of
from twinql.storage.gas import gas_of
from twinql.storage.read import Condition, Order, PageRequest, Question, Table, equals
from twinql.storage.read.entity import NEWEST_READING, READINGS, may_be_known, readings_as_of

if TYPE_CHECKING:
    from schema.channel import Channel

# Where the quality of a row says its status, the graph shows the two apart.
_QUALITY = (
    "case r.quality when 'EDITED' then 'GOOD' when 'ESTIMATED' then 'UNCERTAIN' when 'SUBSTITUTED' then 'UNCERTAIN' "
    "else r.quality::text end"
)
_STATUS = "case when r.quality in ('ESTIMATED', 'SUBSTITUTED', 'EDITED') then r.quality::text else 'ACTUAL' end"
_LABEL = (
    "(select state.value ->> 'label' from jsonb_array_elements(c.states) as state "
    "where (state.value ->> 'code')::float8 = r.value limit 1)"
)
_INTERVAL_START = "case when c.kind = 'INTERVAL' then r.observed_at - c.resolution_seconds * interval '1 second' end"


@strawberry.type(description="What a reading said before it was changed.")
class Correction:
    """A former value."""

    former_value: float | None = strawberry.field(description="The value before, in the unit of the channel.")
    former_quality: Quality = strawberry.field(description="How far it could be trusted.")
    former_status: ReadingStatus = strawberry.field(description="Where it came from.")
    former_source: ReadingSource = strawberry.field(description="The way by which it came in.")
    former_recorded_at: datetime = strawberry.field(description="When TwinQL had learned it.")
    corrected_at: datetime = strawberry.field(description="When it was changed.")
    corrected_by: str = strawberry.field(description="Who changed it: the subject of the token, or a database role.")
    reason: str | None = strawberry.field(description="Why, in the words of whoever changed it.")

    @classmethod
    def of(cls, former: FormerReading) -> Self:
        """Show what was stored."""
        return cls(
            former_value=former.value,
            former_quality=quality_of(former.quality),
            former_status=status_of(former.quality),
            former_source=former.source,
            former_recorded_at=former.recorded_at,
            corrected_at=former.corrected_at,
            corrected_by=former.corrected_by,
            reason=former.reason,
        )


def _interval_start(event: ReadingEvent, facts: ChannelFacts) -> datetime | None:
    interval = facts.kind is ReadingKind.INTERVAL and facts.resolution_s is not None
    return event.observed_at - timedelta(seconds=facts.resolution_s or 0) if interval else None


TOLD_READING: Mapping[str, Callable[[ReadingEvent, ChannelFacts], Any]] = {
    "id": lambda event, facts: strawberry.ID(global_id.encode("Reading", facts.id, to_us(event.observed_at))),
    "value": lambda event, _: event.value,
    "unit": lambda _, facts: Unit(facts.unit),
    "label": lambda event, facts: None if event.value is None else facts.states.get(event.value),
    "status": lambda event, _: status_of(event.quality),
    "quality": lambda event, _: quality_of(event.quality),
    "source": lambda event, _: event.source,
    "observed_at": lambda event, _: event.observed_at,
    "interval_start": _interval_start,
    "recorded_at": lambda event, _: event.recorded_at,
}
"""What of a reading the feed tells, by the attribute that shows it."""

_CHANNEL = "r.channel_number"


@strawberry.type(description="What a channel read at an instant, or over the interval that ended then.")
class Reading(Node):
    """A reading."""

    table: ClassVar[Table] = READINGS
    id: strawberry.ID = identity(
        description="Global id: the channel and the instant, and `asOf` where it was asked for with one.",
        instant="observed_at",
    )
    row_id: strawberry.Private[UUID] = hidden("c.id")
    number: strawberry.Private[int] = hidden("r.channel_number")
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "row_id", description="The channel that was read."
    )
    value: float | None = column("r.value", description="The value in `unit`; null only where the quality is BAD.")
    unit: Unit = column("c.unit::text", description="The unit of the value: the channel's.")
    label: str | None = column(_LABEL, description="The label of the state, such as RUNNING; null unless a STATE.")
    status: ReadingStatus = column(_STATUS, description="Where the value comes from.")
    quality: Quality = column(_QUALITY, description="How far the value can be trusted.")
    source: ReadingSource = column("r.source::text", description="The way by which it came in.")
    observed_at: datetime = column("r.observed_at", description="The instant, or the end of the interval.")
    interval_start: datetime | None = column(
        _INTERVAL_START, description="The beginning of the interval; null unless the channel's kind is INTERVAL."
    )
    recorded_at: datetime = column("r.recorded_at", description="When TwinQL learned this value.")
    as_of: strawberry.Private[datetime | None] = None

    @classmethod
    def of(cls, event: ReadingEvent, facts: ChannelFacts) -> Self:
        """Show a reading that the feed tells of."""
        told = {name: tell(event, facts) for name, tell in TOLD_READING.items()}
        return cls(row_id=facts.id, number=facts.number, **told)

    @strawberry.field(
        description="The value in another unit; that of an interval also as mean rate (kWh as kW) or as amount, and "
        "gas as energy. Null where there is no value, or beside an error."
    )
    async def value_in(
        self, info: Info, unit: Annotated[Unit, strawberry.argument(description="The unit wanted.")]
    ) -> float | None:
        """Convert it."""
        gas: Gas | None = None
        if worth_of_gas(self.unit, unit):
            gas = await info.context.batch("gas", gas_of).load(self.number)
        hours = None if self.interval_start is None else (self.observed_at - self.interval_start) / timedelta(hours=1)
        value = np.array([np.nan if self.value is None else self.value])
        told = float(told_in(value, source=self.unit, target=unit, hours=hours, gas=gas)[0])
        return None if math.isnan(told) else told

    @strawberry.field(
        description="What it said before, oldest first; empty where it was never changed. With `asOf`: up to then."
    )
    async def corrections(self, info: Info) -> list[Correction]:
        """Load the former values, for all readings of the operation at once."""
        former = await info.context.batch("corrections", corrections_of).load((self.number, self.observed_at))
        return [Correction.of(each) for each in former if self.as_of is None or each.corrected_at <= self.as_of]


def readings_asked(
    page: PageRequest,
    where: tuple[Condition, ...] = (),
    *,
    order: Order = NEWEST_READING,
    as_of: datetime | None = None,
    parent: str | None = _CHANNEL,
    parent_type: str = "int4",
) -> Asked:
    """Return the question for readings, of each channel or of all, as they are or as they were known at a time."""
    entity = entity_of(Reading)
    if as_of is not None:
        entity = replace(entity, table=readings_as_of(as_of))
        where += (may_be_known(as_of),) if parent == _CHANNEL else ()
    question = Question(entity, order, page, where, parent, parent_type=parent_type)
    return Asked(Reading, question, None if as_of is None else partial(_known, as_of))


def _known(as_of: datetime, row: asyncpg.Record) -> Reading:
    """Make a reading as it was known at a time: another object, to whoever keeps objects by their ids."""
    reading = build(Reading, row)
    reading.id = strawberry.ID(global_id.encode("Reading", reading.row_id, to_us(reading.observed_at), to_us(as_of)))
    reading.as_of = as_of
    return reading


async def reading_beside(info: Info, number: int, at: datetime, as_of: datetime | None) -> Reading | None:
    """Load the reading of a channel at an instant, together with all others of it that are asked for at that moment."""
    where = equals("r.channel_number", number, "int4")
    asked = readings_asked(PageRequest(1), where, as_of=as_of, parent="r.observed_at", parent_type="timestamptz")
    page = await info.context.page(asked.question, at)
    return cast("Reading", asked.object(page.rows[0])) if page.rows else None


def reading_asked(channel: UUID, instant_us: int, as_of_us: int | None = None) -> Asked:
    """Return the question for the reading of a channel at an instant.

    Args:
        channel: Whose reading.
        instant_us: When it was observed. [µs since 1970 UTC]
        as_of_us: As known at which time; None for now. [µs since 1970 UTC]
    """
    where = (*equals("c.id", channel, "uuid"), *equals("r.observed_at", from_us(instant_us), "timestamptz"))
    as_of = None if as_of_us is None else from_us(as_of_us)
    return readings_asked(PageRequest(1), where, as_of=as_of, parent=None)


async def reading_at(info: Info, channel: UUID, instant_us: int) -> Reading | None:
    """Load the reading of a channel at an instant; None where there is none that whoever asks may see."""
    return cast("Reading | None", await first_of(info, reading_asked(channel, instant_us)))
