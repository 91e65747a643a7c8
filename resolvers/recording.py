"""Mutations that record readings and put them right."""

import asyncio
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar
from uuid import UUID

import numpy as np
import strawberry

from schema.declared import key_of, one
from schema.payload import mutation
from schema.reading import reading_at
from schema.recording import (
    CorrectReadingInput,
    CorrectReadingPayload,
    DismissRejectedReadingInput,
    DismissRejectedReadingPayload,
    ReadingInput,
    RecordedReading,
    RecordingSummary,
    RecordReadingsInput,
    RecordReadingsPayload,
    ResubmitRejectedReadingInput,
    ResubmitRejectedReadingPayload,
)
from schema.rejected_reading import RejectedReading
from twinql.context import Info
from twinql.domain import global_id
from twinql.domain.channels import ChannelFacts
from twinql.domain.columns import column, each_once
from twinql.domain.identity import Device
from twinql.domain.incoming import IncomingColumns, to_batch
from twinql.domain.instants import format_instant
from twinql.domain.membership import Role
from twinql.domain.metering.overlay import Supposed, supposed_rows
from twinql.domain.readings import (
    OnConflict,
    Outcome,
    Quality,
    ReadingBatch,
    ReadingSource,
    ReadingStatus,
    Rejection,
    from_us,
    stored_quality,
    to_us,
)
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage.channels import facts_by_id
from twinql.storage.record import AsSent, Recorded, Recording, record_readings
from twinql.storage.rejected_readings import reopen_rejected, resolve_rejected

MOST_ROWS = 10_000
FEW_ROWS = 2_000

T = TypeVar("T")


@strawberry.type
class RecordingMutation:
    """Root fields that record."""

    @mutation(
        needs=Role.OPERATOR,
        device=True,
        description="Record readings, with an outcome for every row. Repeating it is harmless.",
    )
    async def record_readings(
        self, info: Info, input: Annotated[RecordReadingsInput, strawberry.argument(description="The readings.")]
    ) -> RecordReadingsPayload:
        """Record them in one transaction."""
        count = len(input.readings)
        if not count:
            raise InvalidInputError("There is nothing to record; send 1 to 10,000 readings.", path=("readings",))
        if count > MOST_ROWS:
            message = f"At most {MOST_ROWS:,} readings are taken at once, and {count:,} were sent; split them."
            raise InvalidInputError(message, path=("readings",))
        if input.source not in {ReadingSource.API, ReadingSource.MANUAL}:
            raise InvalidInputError("The source of a mutation is API or MANUAL.", path=("source",))
        done = await _record(info, input.readings, input)
        counts = {outcome.name.lower(): done.recorded.count(outcome) for outcome in Outcome}
        return RecordReadingsPayload(
            summary=RecordingSummary(**counts),
            told=lambda: _aside(input.readings, done.outcomes),
            supposed=_supposed(done) if input.dry_run else {},
        )

    @mutation(needs=Role.OPERATOR, description="Put a reading right. What it said before is kept, with the reason.")
    async def correct_reading(
        self, info: Info, input: Annotated[CorrectReadingInput, strawberry.argument(description="The correction.")]
    ) -> CorrectReadingPayload:
        """Replace its value, marked EDITED."""
        if not input.reason.strip():
            raise InvalidInputError("A reason is needed; it is kept with the former value.", path=("reason",))
        wanted = global_id.decode_as(str(input.reading_id), "Reading")
        if wanted.instant_us is None or await reading_at(info, wanted.key, wanted.instant_us) is None:
            raise NotFoundError("There is no such reading for you.", path=("readingId",))
        row = ReadingInput(
            channel_id=strawberry.ID(global_id.encode("Channel", wanted.key)),
            observed_at=from_us(wanted.instant_us),
            value=input.value,
            unit=input.unit,
            quality=Quality.GOOD,
            status=ReadingStatus.EDITED,
        )
        how = RecordReadingsInput(
            readings=[row], on_conflict=OnConflict.CORRECT, reason=input.reason, source=ReadingSource.MANUAL
        )
        (outcome,) = (await _record(info, [row], how, keep=False)).outcomes()
        if outcome.outcome is Outcome.REJECTED:
            raise InvalidInputError(str(outcome.message), path=("value",))
        return CorrectReadingPayload(reading=await reading_at(info, wanted.key, wanted.instant_us))

    @mutation(needs=Role.OPERATOR, description="Record a rejected reading as it should have been, and resolve it.")
    async def resubmit_rejected_reading(
        self,
        info: Info,
        input: Annotated[ResubmitRejectedReadingInput, strawberry.argument(description="The mended reading.")],
    ) -> ResubmitRejectedReadingPayload:
        """Record it; what is rejected again stays unresolved."""
        context, key = info.context, key_of(input.id, "RejectedReading")
        # Claimed before anything is recorded, so that of several callers one mends it.
        if not await resolve_rejected(context.database, context.actor, key):
            raise NotFoundError("No such rejected reading waits to be mended.", path=("id",))
        how = RecordReadingsInput(readings=[input.reading], source=ReadingSource.MANUAL)
        (outcome,) = (await _record(info, [input.reading], how, keep=False)).outcomes()
        if outcome.outcome is Outcome.REJECTED:
            await reopen_rejected(context.database, context.actor, key)
        return ResubmitRejectedReadingPayload(outcome=outcome, rejected_reading=await one(info, RejectedReading, key))

    @mutation(needs=Role.OPERATOR, description="Resolve a rejected reading without recording it.")
    async def dismiss_rejected_reading(
        self,
        info: Info,
        input: Annotated[DismissRejectedReadingInput, strawberry.argument(description="Which one.")],
    ) -> DismissRejectedReadingPayload:
        """Mark it as resolved."""
        key = key_of(input.id, "RejectedReading")
        if not await resolve_rejected(info.context.database, info.context.actor, key):
            raise NotFoundError("No such rejected reading waits to be mended.", path=("id",))
        return DismissRejectedReadingPayload(rejected_reading=await one(info, RejectedReading, key))


@dataclass(frozen=True, slots=True)
class _Done:
    """The channels that rows named, the rows as they were taken, and what became of them."""

    keys: Sequence[UUID | None]
    channels: Sequence[ChannelFacts]
    batch: ReadingBatch
    recorded: Recorded

    def outcomes(self) -> list[RecordedReading]:
        """Tell it row by row."""
        reasons = {rejection.row: rejection for rejection in self.recorded.rejections}
        instants, values = self.batch.observed_us.tolist(), self.batch.value.tolist()
        return [
            self._outcome(index, instants[index], values[index], reasons.get(index)) for index in range(len(self.keys))
        ]

    def _outcome(self, index: int, observed_us: int, value: float, reason: Rejection | None) -> RecordedReading:
        outcome, key = Outcome(int(self.recorded.outcomes[index])), self.keys[index]
        stored = float(self.recorded.former_value[index])
        named = None
        if reason is None and key is not None:
            named = strawberry.ID(global_id.encode("Reading", key, observed_us))
        return RecordedReading(
            index=index,
            outcome=outcome,
            reading_id=named,
            value=value if math.isfinite(value) else None,
            stored_value=None if math.isnan(stored) else stored,
            code=reason.code if reason else None,
            message=reason.message if reason else None,
        )


async def _record(info: Info, rows: Sequence[ReadingInput], how: RecordReadingsInput, *, keep: bool = True) -> _Done:
    """Record rows, or find out what would become of them."""
    context = info.context
    membership = await context.require(Role.OPERATOR, device=True)
    by_device = isinstance(context.actor, Device) and how.source is ReadingSource.API
    keys, sent = await _aside(rows, lambda: _incoming(rows))
    async with context.reading() as connection:
        known = await facts_by_id(connection, {key for key in keys if key is not None})
    channels, batch, refused = await _aside(rows, lambda: to_batch(sent, known))

    def as_sent(index: int) -> AsSent:
        row = rows[index]
        return AsSent(
            str(row.channel_id), format_instant(row.observed_at), "" if row.value is None else repr(row.value)
        )

    recording = Recording(
        source=ReadingSource.DEVICE if by_device else how.source,
        organisation_id=membership.organisation_id,
        now_us=to_us(context.now),
        on_conflict=how.on_conflict,
        dry_run=how.dry_run,
        reason=how.reason,
        as_sent=as_sent if keep else None,
        refused=refused,
    )
    recorded = await record_readings(context.database, context.actor, channels, batch, recording)
    return _Done(sent.channel, channels, batch, recorded)


def _supposed(done: _Done) -> Supposed:
    taken = np.flatnonzero(np.isin(done.recorded.outcomes, (Outcome.RECORDED, Outcome.CORRECTED)))
    as_taken = replace(done.batch, quality=done.recorded.quality)
    return supposed_rows(as_taken, [each.number for each in done.channels], taken)


async def _aside(rows: Sequence[ReadingInput], work: Callable[[], T]) -> T:
    """Do work on rows, which for many of them leaves the loop to others meanwhile."""
    return work() if len(rows) <= FEW_ROWS else await asyncio.to_thread(work)


def _incoming(rows: Sequence[ReadingInput]) -> tuple[Collection[UUID | None], IncomingColumns]:
    """Return the keys of the channels that are named, and the rows; what names no channel has the key None."""
    names = column(rows, "channel_id")
    keys = {name: _key(name) for name in set(names)}
    qualities = list(zip(column(rows, "quality"), column(rows, "status"), strict=True))
    return keys.values(), IncomingColumns(
        channel=[keys[name] for name in names],
        observed_at=column(rows, "observed_at"),
        value=column(rows, "value"),
        unit=column(rows, "unit"),
        quality=each_once(qualities, lambda pair: stored_quality(*pair)),
    )


def _key(name: strawberry.ID) -> UUID | None:
    try:
        return key_of(name, "Channel")
    except InvalidInputError:
        return None
