"""What is at risk with a machine, and when it may fail."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

import strawberry

from schema import machine_words  # noqa: F401 - publishes the enums
from schema.diagnosis_words import DiagnosisReason
from schema.from_readings import FromReadings, ReadingStretch
from twinql.context import Info
from twinql.domain.diagnosis import risk
from twinql.domain.diagnosis.bands import RiskCode, RiskLevel
from twinql.domain.diagnosis.failures import FailureModel
from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.durations import LONGEST
from twinql.errors import InvalidInputError
from twinql.storage.database import Connection
from twinql.storage.machine_relations import LOOKED_BACK, Foretold, failures_within
from twinql.storage.machines import Seen, risks_of

_MOST_TOLD = 50
_NO_CHANNEL = Reason(ReasonCode.NO_CHANNEL, "The machine has no channel in use; make one.")
WithinTime = Annotated[
    timedelta, strawberry.argument(description="How far ahead, from a minute to 366 days, such as P7D.")
]


@strawberry.type(description="Something about a channel that makes a risk.")
class RiskHazard:
    """A hazard."""

    code: RiskCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people: a sentence.")
    size: float = strawberry.field(description="How great it is, 0 to 1.")
    value: float = strawberry.field(
        description="The number behind it: a share of time from 0 to 1, a time in seconds, or an alarm's score."
    )

    @classmethod
    def of(cls, hazard: risk.Hazard) -> Self:
        """Show a hazard."""
        return cls(code=hazard.code, message=hazard.message, size=hazard.size, value=hazard.value)


@strawberry.type(description="What a channel adds to the risk of its machine.")
class RiskContribution(FromReadings):
    """A contribution."""

    points: float = strawberry.field(description="How many points of the score it is.")
    hazards: list[RiskHazard] = strawberry.field(description="What makes it, the greatest first.")


@strawberry.type(description="How much is at risk with a machine: a score and no probability.")
class MachineRisk:
    """A risk."""

    score: float | None = strawberry.field(
        description="0 to 100 points: 100 (1 - Π (1 - hazard)), over all channels. Null with a reason."
    )
    level: RiskLevel | None = strawberry.field(description="How that is called; null with a reason.")
    contributions: list[RiskContribution] = strawberry.field(
        description="What each channel adds, the most first; they add up to the score."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: risk.Risk[int], channels: dict[int, Seen]) -> Self:
        """Show a risk."""
        if not channels:
            return cls(score=None, level=None, contributions=[], reason=DiagnosisReason.of(_NO_CHANNEL))
        contributions = [
            RiskContribution(
                span=channels[each.channel].span,
                points=each.points,
                hazards=[RiskHazard.of(hazard) for hazard in each.hazards],
            )
            for each in found.contributions
        ]
        return cls(score=found.score, level=found.level, contributions=contributions, reason=None)


@strawberry.type(
    description="A failure: `from` is when the machine said that it had failed, `until` when it first said something "
    "else, or now; `readings` are its states between. What was first seen failed may have failed before."
)
class MachineFailure(FromReadings):
    """A failure."""

    ran_before: timedelta | None = strawberry.field(
        description="For how long it had run since the failure before: one of the times that the model was fitted to. "
        "Null for the first one."
    )

    @classmethod
    def latest(cls, foretold: Foretold) -> list[Self]:
        """Show the latest failures, newest first."""
        if foretold.sheet is None or foretold.uptimes is None:
            return []
        began, ended = foretold.uptimes.began_s.tolist(), foretold.uptimes.ended_s.tolist()
        before = [None, *(timedelta(seconds=now - then) for now, then in zip(began[1:], ended, strict=False))]
        found = [
            cls(span=foretold.sheet.span(*(datetime.fromtimestamp(each, UTC) for each in bounds)), ran_before=ran)
            for *bounds, ran in zip(began, ended, before, strict=True)
        ]
        return found[::-1][:_MOST_TOLD]


@strawberry.type(description="How likely a machine fails within some time, and by which model of its past.")
class FailureProbability:
    """A probability, with what it rests on."""

    probability: float | None = strawberry.field(description="0 to 1; null unless a model was fitted.")
    model: FailureModel | None = strawberry.field(description="The model; null where none was fitted.")
    shape: float | None = strawberry.field(
        description="Of a Weibull distribution: above 1 it wears out, below 1 it fails early; 1 for an exponential one."
    )
    scale: timedelta | None = strawberry.field(
        description="The time within which 63 % have failed; null also for more than a century."
    )
    mean_time_between_failures: timedelta | None = strawberry.field(
        description="By the model; null also for more than a century."
    )
    fit: float | None = strawberry.field(
        description="How likely times as far from the model are where it is true, 0 to 1: one below 0.05 is not used."
    )
    failures: int = strawberry.field(description="How many failures were seen; five are needed.")
    gaps: int = strawberry.field(
        description="To how many times between two failures the model is fitted, beside the one that goes on "
        "(`runningFor`): one less than failures, for nobody knows how long it had run before the first."
    )
    latest: list[MachineFailure] = strawberry.field(
        description="The failures, newest first: the latest 50. Their `ranBefore` are the times between them."
    )
    running_for: timedelta | None = strawberry.field(
        description="For how long the machine has run since its last failure; null where that is not known."
    )
    taken_from: ReadingStretch | None = strawberry.field(
        description="The channel of states that tells the failures, and the time looked at; null where there is none."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, foretold: Foretold, now: datetime) -> Self:
        """Show a probability."""
        found, uptimes = foretold.found, foretold.uptimes
        fitted = None if isinstance(found, Reason) else found
        first = now - LOOKED_BACK if uptimes is None else datetime.fromtimestamp(uptimes.first_s, UTC)
        return cls(
            probability=None if fitted is None else fitted.probability,
            model=None if fitted is None else fitted.model,
            shape=None if fitted is None else fitted.shape,
            scale=None if fitted is None else _within_a_century(fitted.scale_s),
            mean_time_between_failures=None if fitted is None else _within_a_century(fitted.mean_s),
            fit=None if fitted is None else fitted.fit,
            failures=0 if uptimes is None else uptimes.failures,
            gaps=0 if uptimes is None else len(uptimes.complete_s),
            latest=MachineFailure.latest(foretold),
            running_for=timedelta(seconds=uptimes.running_s) if uptimes is not None and uptimes.running_s else None,
            taken_from=None if foretold.sheet is None else ReadingStretch(span=foretold.sheet.span(first, now)),
            reason=DiagnosisReason.of(found),
        )


async def risk_of(info: Info, machine: UUID, window: timedelta | None) -> MachineRisk:
    """Say what is at risk with a machine, for all machines of the operation at once."""
    now = info.context.now

    async def load(connection: Connection, machines: Sequence[UUID]) -> list[MachineRisk]:
        return [MachineRisk.of(*each) for each in await risks_of(connection, machines, window, now)]

    found: MachineRisk = await info.context.batch(("risk", window), load).load(machine)
    return found


async def failure_of(info: Info, machine: UUID, within: timedelta) -> FailureProbability:
    """Say how likely a machine fails within some time, for all machines of the operation at once.

    Raises:
        InvalidInputError: The time is shorter than a minute or longer than 366 days.
    """
    if not timedelta(minutes=1) <= within <= timedelta(days=366):
        raise InvalidInputError("This looks from a minute to 366 days ahead, such as P7D.", path=("within",))
    now = info.context.now

    async def load(connection: Connection, machines: Sequence[UUID]) -> list[FailureProbability]:
        return [FailureProbability.of(each, now) for each in await failures_within(connection, machines, within, now)]

    found: FailureProbability = await info.context.batch(("failure", within), load).load(machine)
    return found


def _within_a_century(seconds: float) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds < LONGEST.total_seconds() else None
