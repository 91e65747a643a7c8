"""What goes into the mutations that record readings, and what comes out of them."""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from schema.cost import Spread
from schema.described import publish
from schema.effect import ReadingEffect, effects_told
from schema.flat_input import flat
from schema.payload import Payload
from schema.reading import Reading
from schema.rejected_reading import RejectedReading
from twinql.context import Info
from twinql.domain.metering.intervals import Fill
from twinql.domain.metering.overlay import Supposed
from twinql.domain.readings import OnConflict, Outcome, Quality, ReadingSource, ReadingStatus, RejectionCode
from twinql.domain.units import Unit

publish(
    OnConflict,
    "What to do when another value is stored for the same instant.",
    KEEP_FIRST="The stored value stays, unless it is an estimate and the new one is actual.",
    CORRECT="The new value takes its place, and the former one is kept.",
)
publish(
    Outcome,
    "What became of a row.",
    RECORDED="It is stored.",
    DUPLICATE="The same value was stored already; nothing changed.",
    CONFLICT="Another value is stored for the same instant, and it stayed.",
    CORRECTED="It took the place of another value, which is kept.",
    REJECTED="It was refused, and is kept among the rejected readings.",
)


@flat
@strawberry.input(description="A reading to be recorded.")
class ReadingInput:
    """One row."""

    channel_id: strawberry.ID = strawberry.field(description="The channel.")
    observed_at: datetime = strawberry.field(description="The instant, or the end of the interval.")
    value: float | None = strawberry.field(default=None, description="The value; needed unless the quality is BAD.")
    unit: Unit | None = strawberry.field(default=None, description="Its unit; left out, the channel's own.")
    quality: Quality = strawberry.field(default=Quality.GOOD, description="How far it can be trusted.")
    status: ReadingStatus = strawberry.field(default=ReadingStatus.ACTUAL, description="Where it comes from.")


@flat
@strawberry.input(description="Readings to be recorded: 1 to 10,000 of them.")
class RecordReadingsInput:
    """Rows, and how to take them."""

    readings: list[ReadingInput] = strawberry.field(
        description="The rows, of any channels. Of several for one instant of a channel the first one counts."
    )
    on_conflict: OnConflict = strawberry.field(
        default=OnConflict.KEEP_FIRST, description="What to do when another value is stored for the same instant."
    )
    reason: str | None = strawberry.field(default=None, description="Why values are corrected, in your words.")
    source: ReadingSource = strawberry.field(
        default=ReadingSource.API,
        description="API for programs, MANUAL where a person typed the values. What a device records "
        "with its API key bears DEVICE where this is left out.",
    )
    dry_run: bool = strawberry.field(default=False, description="True says what would happen, and changes nothing.")


@strawberry.type(description="What became of one row.")
class RecordedReading:
    """An outcome."""

    index: int = strawberry.field(description="The place of the row in the input, from 0.")
    outcome: Outcome = strawberry.field(description="What became of it.")
    reading_id: strawberry.ID | None = strawberry.field(
        description="The id of the reading that is stored for its channel and instant; null when it was rejected."
    )
    value: float | None = strawberry.field(description="The value as it was taken, in the unit of the channel.")
    stored_value: float | None = strawberry.field(
        description="What was stored before, in the unit of the channel; null unless something was."
    )
    code: RejectionCode | None = strawberry.field(description="Why it was rejected, for programs; else null.")
    message: str | None = strawberry.field(description="Why it was rejected, for people; else null.")


@strawberry.type(description="How many rows had which outcome.")
class RecordingSummary:
    """Counts."""

    recorded: int = strawberry.field(description="Rows that are stored.")
    duplicate: int = strawberry.field(description="Rows whose value was stored already.")
    conflict: int = strawberry.field(description="Rows that another value kept out.")
    corrected: int = strawberry.field(description="Rows that took the place of another value.")
    rejected: int = strawberry.field(description="Rows that were refused.")


@strawberry.type(description="What became of the rows.")
class RecordReadingsPayload(Payload):
    """Outcomes row by row, and their counts."""

    summary: RecordingSummary | None = strawberry.field(
        default=None, description="How many rows had which outcome; null when the input as a whole was refused."
    )
    told: strawberry.Private[Callable[[], Awaitable[list[RecordedReading]]] | None] = None
    supposed: strawberry.Private[Supposed] = dataclasses.field(default_factory=dict)

    @strawberry.field(description="What became of each row, in the order of the input.")
    async def outcomes(self) -> list[RecordedReading]:
        """Tell it where it is asked for: of thousands of rows it takes longer than to write them."""
        return await self.told() if self.told else []

    @strawberry.field(
        description="What the rows of a dry run would add to the consumption and the cost of the billing months in "
        "which they fall, by meter and month; empty where they were recorded, or bill no meter. Worked out for 20 "
        "meters and 24 billing months at most, and only where it is asked for."
    )
    async def effects(self, info: Info, fill: Spread = Fill.NONE) -> list[ReadingEffect]:
        """Work them out beside what is stored."""
        return await effects_told(info, self.supposed, fill) if self.supposed else []


@strawberry.input(description="A reading that shall say something else.")
class CorrectReadingInput:
    """A correction by a person."""

    reading_id: strawberry.ID = strawberry.field(description="The reading.")
    value: float = strawberry.field(description="What it should say.")
    unit: Unit | None = strawberry.field(
        default=None, description="The unit of the value; left out, the channel's own."
    )
    reason: str = strawberry.field(description="Why, in your words; kept with the former value.")


@strawberry.type(description="The corrected reading.")
class CorrectReadingPayload(Payload):
    """The reading after the correction."""

    reading: Reading | None = strawberry.field(default=None, description="The reading as it is now.")


@strawberry.input(description="A rejected reading, mended.")
class ResubmitRejectedReadingInput:
    """The row as it should have been."""

    id: strawberry.ID = strawberry.field(description="The rejected reading.")
    reading: ReadingInput = strawberry.field(description="The reading as it should have been.")


@strawberry.type(description="What became of a mended reading.")
class ResubmitRejectedReadingPayload(Payload):
    """Its outcome."""

    outcome: RecordedReading | None = strawberry.field(default=None, description="What became of it.")
    rejected_reading: RejectedReading | None = strawberry.field(
        default=None, description="The rejected reading, resolved unless the mended one was rejected too."
    )


@strawberry.input(description="A rejected reading that nobody will mend.")
class DismissRejectedReadingInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The rejected reading.")


@strawberry.type(description="The dismissed reading.")
class DismissRejectedReadingPayload(Payload):
    """It is resolved without being recorded."""

    rejected_reading: RejectedReading | None = strawberry.field(default=None, description="The rejected reading.")
