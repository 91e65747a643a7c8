"""The condition of a machine: its warmth, its network, its errors."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

import strawberry

from schema import machine_words  # noqa: F401 - publishes the enums
from schema.diagnosis_words import DiagnosisReason
from schema.from_readings import FromReadings
from twinql.context import Info
from twinql.domain.diagnosis import condition
from twinql.domain.diagnosis.bands import Congestion, Trend
from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.units import Unit
from twinql.storage.database import Connection
from twinql.storage.machines import Seen, congestions_of, error_rates_of, overheatings_of


def _none(what: str) -> DiagnosisReason | None:
    return DiagnosisReason.of(Reason(ReasonCode.NO_CHANNEL, f"The machine has no channel of {what}; make one."))


@strawberry.type(description="How warm one part of a machine runs, against its high limit.")
class OverheatingChannel(FromReadings):
    """A temperature."""

    unit: Unit = strawberry.field(description="The unit of the temperatures.")
    value: float | None = strawberry.field(description="The newest one, in `unit`; null with a reason.")
    limit: float | None = strawberry.field(
        description="The high limit, else the high-high one, in `unit`: the channel's, or that of an alarm rule."
    )
    margin: float | None = strawberry.field(
        description="How far below the limit the newest one lies, in `unit` as a difference; negative beyond it."
    )
    beyond: timedelta | None = strawberry.field(description="For how long it lay beyond the limit.")
    covered: timedelta | None = strawberry.field(description="The time that readings speak for.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, seen: Seen, found: condition.Overheating | Reason) -> Self:
        """Show a temperature."""
        told = None if isinstance(found, Reason) else found
        return cls(
            span=seen.span,
            unit=seen.sheet.unit,
            value=None if told is None else told.newest,
            limit=None if told is None else told.limit,
            margin=None if told is None else told.margin,
            beyond=None if told is None else timedelta(seconds=told.beyond_s),
            covered=None if told is None else timedelta(seconds=told.covered_s),
            reason=DiagnosisReason.of(found),
        )


@strawberry.type(description="How warm a machine runs.")
class Overheating:
    """Temperatures."""

    too_hot: bool | None = strawberry.field(
        description="Whether one of its newest temperatures lies beyond its limit; null where none has a limit."
    )
    channels: list[OverheatingChannel] = strawberry.field(description="Its temperatures, by key.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: Sequence[tuple[Seen, condition.Overheating | Reason]]) -> Self:
        """Show temperatures."""
        channels = [OverheatingChannel.of(*each) for each in found]
        margins = [each.margin for each in channels if each.margin is not None]
        beyond = min(margins) < 0 if margins else None
        return cls(too_hot=beyond, channels=channels, reason=None if channels else _none("a temperature"))


@strawberry.type(description="How slow one connection of a machine is, against its own past.")
class CongestionChannel(FromReadings):
    """A latency."""

    unit: Unit = strawberry.field(description="The unit of the latencies.")
    level: Congestion | None = strawberry.field(description="How it is called; null with a reason.")
    ratio: float | None = strawberry.field(description="`high` in usual latencies, without unit.")
    high: float | None = strawberry.field(description="The 95th percentile of the latency, in `unit`.")
    usual: float | None = strawberry.field(
        description="The usual latency, in `unit`: the median of eight earlier windows of the same length."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, seen: Seen, found: condition.NetworkCongestion | Reason) -> Self:
        """Show a latency."""
        told = None if isinstance(found, Reason) else found
        return cls(
            span=seen.span,
            unit=seen.sheet.unit,
            level=None if told is None else told.level,
            ratio=None if told is None else told.ratio,
            high=None if told is None else told.high,
            usual=None if told is None else told.usual,
            reason=DiagnosisReason.of(found),
        )


@strawberry.type(description="How congested the network of a machine is.")
class NetworkCongestion:
    """Latencies."""

    channels: list[CongestionChannel] = strawberry.field(description="Its latencies, by key.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: Sequence[tuple[Seen, condition.NetworkCongestion | Reason]]) -> Self:
        """Show latencies."""
        channels = [CongestionChannel.of(*each) for each in found]
        return cls(channels=channels, reason=None if channels else _none("a latency"))


@strawberry.type(description="How often one part of a machine errs.")
class ErrorRateChannel(FromReadings):
    """A rate of errors."""

    unit: Unit = strawberry.field(description="The unit of the rates.")
    value: float | None = strawberry.field(
        description="The mean rate over the time that readings speak for, in `unit`; null with a reason."
    )
    before: float | None = strawberry.field(
        description="The same in the period before that is as long, in `unit`; null where nothing was read then."
    )
    direction: Trend | None = strawberry.field(
        description="Which way it goes within the period: RISING is getting worse. Null for fewer than 10 readings."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, seen: Seen, found: condition.ErrorRate | Reason) -> Self:
        """Show a rate."""
        told = None if isinstance(found, Reason) else found
        return cls(
            span=seen.span,
            unit=seen.sheet.unit,
            value=None if told is None else told.value,
            before=None if told is None else told.before,
            direction=None if told is None else told.direction,
            reason=DiagnosisReason.of(found),
        )


@strawberry.type(description="How often a machine errs, and whether that gets worse.")
class ErrorRate:
    """Rates of errors."""

    channels: list[ErrorRateChannel] = strawberry.field(description="Its rates of errors, by key.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: Sequence[tuple[Seen, condition.ErrorRate | Reason]]) -> Self:
        """Show rates."""
        channels = [ErrorRateChannel.of(*each) for each in found]
        return cls(channels=channels, reason=None if channels else _none("an error rate"))


async def overheating_of(info: Info, machine: UUID, window: timedelta | None) -> Overheating:
    """Say how warm a machine runs, for all machines of the operation at once."""
    now = info.context.now

    async def load(connection: Connection, machines: Sequence[UUID]) -> list[Overheating]:
        return [Overheating.of(each) for each in await overheatings_of(connection, machines, window, now)]

    found: Overheating = await info.context.batch(("overheating", window), load).load(machine)
    return found


async def congestion_of(info: Info, machine: UUID, window: timedelta | None) -> NetworkCongestion:
    """Say how congested the network of a machine is, for all machines of the operation at once."""
    now = info.context.now

    async def load(connection: Connection, machines: Sequence[UUID]) -> list[NetworkCongestion]:
        return [NetworkCongestion.of(each) for each in await congestions_of(connection, machines, window, now)]

    found: NetworkCongestion = await info.context.batch(("congestion", window), load).load(machine)
    return found


async def error_rate_of(info: Info, machine: UUID, first: datetime, last: datetime) -> ErrorRate:
    """Say how often a machine errs, for all machines of the operation at once."""

    async def load(connection: Connection, machines: Sequence[UUID]) -> list[ErrorRate]:
        return [ErrorRate.of(each) for each in await error_rates_of(connection, machines, first, last)]

    found: ErrorRate = await info.context.batch(("error rate", first, last), load).load(machine)
    return found
