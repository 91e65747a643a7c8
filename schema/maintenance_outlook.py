"""How an asset has fared, when something has to be done to it, and what."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Self
from uuid import UUID

import strawberry

from schema.declared import several
from schema.described import publish
from schema.diagnosis_words import DiagnosisReason
from schema.from_readings import FromReadings
from schema.health import HealthIssue
from schema.maintenance_task import MaintenanceTask
from twinql.context import Info
from twinql.domain.diagnosis.bands import CONFIDENCE, HEALTH, HealthStatus, MaintenanceUrgency
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.slope import Slope
from twinql.domain.maintenance import degradation
from twinql.domain.maintenance.tasks import MaintenanceKind
from twinql.errors import InvalidInputError
from twinql.storage.database import Connection
from twinql.storage.degradation import HealthThen, Outlook, outlooks_of

publish(
    MaintenanceUrgency,
    "How soon something has to be done to an asset, by the hours until maintenance is due at the earliest (p10).",
    URGENT="Within 72 hours, or now: its health is below 60.",
    SCHEDULE_SOON="From 72 hours on.",
    HEALTHY="From 336 hours on, or nothing says that maintenance is due.",
)
DAY_S: Final = 86_400.0
USUAL_HISTORY: Final = timedelta(days=28)
SHORTEST, LONGEST = timedelta(hours=12), timedelta(days=366)
History = Annotated[
    timedelta,
    strawberry.argument(
        description="How far back its health is looked at, PT12H to P366D: at 28 times, each by a window that ended "
        "then."
    ),
]


@strawberry.type(description="How well an asset was at a time, by the readings of its least healthy channel.")
class HealthAtTime(FromReadings):
    """A point of health over time."""

    at: datetime = strawberry.field(description="The time: the window that was looked at ended then.")
    score: float | None = strawberry.field(
        description="The health, 0 to 100. Null where it was not heard of then, or where something has been done to it "
        "since: that says nothing about how it goes on."
    )
    status: HealthStatus = strawberry.field(description="How that is called.")

    @classmethod
    def all_of(cls, past: Sequence[HealthThen]) -> list[Self]:
        """Show those times for which there is anything to show."""
        return [
            cls(
                span=each.worst.span,
                at=each.at,
                score=each.score,
                status=HealthStatus.UNKNOWN if each.score is None else HEALTH.label(each.score),
            )
            for each in past
            if each.worst is not None
        ]


@strawberry.type(
    description="How fast health changes: the Theil-Sen slope through health over time, as far back as it has gone on "
    "as it does now."
)
class HealthDegradation:
    """A slope."""

    per_day: float = strawberry.field(description="The slope, in points of 100 a day: below zero where health falls.")
    lower: float = strawberry.field(description="Lower bound of the slope, in points a day.")
    upper: float = strawberry.field(description="Upper bound of the slope, in points a day.")
    confidence: float = strawberry.field(description="How surely the slope lies between them, 0 to 1.")
    significant: bool = strawberry.field(description="Whether it stands out from the noise.")
    from_: datetime = strawberry.field(name="from", description="The first time that it was taken from.")
    until: datetime = strawberry.field(description="The last one.")
    count: int = strawberry.field(description="How many times it was taken from.")

    @classmethod
    def of(cls, line: Slope | Reason) -> Self | None:
        """Show a slope; None for a reason."""
        if isinstance(line, Reason):
            return None
        per_day, lower, upper = (each * DAY_S for each in (line.per_second, line.lower, line.upper))
        return cls(
            per_day=per_day,
            lower=lower,
            upper=upper,
            confidence=CONFIDENCE,
            significant=line.significant,
            from_=datetime.fromtimestamp(line.first_s, UTC),
            until=datetime.fromtimestamp(line.at_s, UTC),
            count=line.count,
        )


@strawberry.type(description="In how many hours maintenance is due, if health goes on as it does.")
class HoursUntilMaintenance:
    """Hours, with their spread."""

    p10: float = strawberry.field(description="With nine chances in ten not earlier, in hours; 0 for now.")
    p50: float | None = strawberry.field(
        description="As likely earlier as later, in hours; null where that is further ahead than can be said."
    )
    p90: float | None = strawberry.field(
        description="With nine chances in ten not later, in hours; null where that is further ahead than can be said."
    )


@strawberry.type(description="What to do to an asset.")
class RecommendedMaintenance:
    """Advice."""

    task_ids: strawberry.Private[Sequence[UUID]]
    kind: MaintenanceKind | None = strawberry.field(
        description="What is to be done: of this kind a task can be made. Null where nothing needs to be done."
    )
    message: str = strawberry.field(description="What to do, why, by when, and what is planned already: in sentences.")
    issue: HealthIssue | None = strawberry.field(
        description="What takes most points off its health, with the channel and its readings; null for nothing."
    )

    @strawberry.field(
        description="What waits already for this sensor, or for the asset itself, the next one due first."
    )
    async def tasks(self, info: Info) -> list[MaintenanceTask]:
        """Load them."""
        return await several(info, "schema.maintenance_task:MaintenanceTask", self.task_ids)


@strawberry.type(description="How an asset has fared, in how many hours maintenance is due, and what to do.")
class MaintenanceOutlook:
    """An outlook."""

    status: MaintenanceUrgency | None = strawberry.field(
        description="How soon something has to be done, by the table MAINTENANCE of `bands`; null where it was never "
        "read."
    )
    score: float | None = strawberry.field(description="Its health now, 0 to 100; null where it was never read.")
    hours_until: HoursUntilMaintenance | None = strawberry.field(
        description="In how many hours its health is below 60, if it goes on as it does; null with a reason."
    )
    degradation: HealthDegradation | None = strawberry.field(
        description="How fast its health changes; null for fewer than 10 times at which it is known."
    )
    health_over_time: list[HealthAtTime] = strawberry.field(
        description="Its health at each time at which one of its channels was known, oldest first."
    )
    recommended_action: RecommendedMaintenance | None = strawberry.field(
        description="What to do; null where it was never read."
    )
    reason: DiagnosisReason | None = strawberry.field(
        description="Why there are no hours: INSUFFICIENT_HISTORY, NO_TREND where health does not fall, MOVING_AWAY "
        "where it rises, TOO_FAR, NEVER_READ. Null where there are."
    )

    @classmethod
    def of(cls, found: Outlook) -> Self:
        """Show an outlook."""
        hours, advice = found.hours, found.advice
        action = None
        if advice is not None:
            concern, about = advice.concern, found.about
            action = RecommendedMaintenance(
                kind=advice.kind,
                message=advice.message,
                issue=None if concern is None or about is None else HealthIssue.of(about, concern.issue),
                task_ids=[each.id for each in advice.tasks],
            )
        return cls(
            status=found.urgency,
            score=found.score,
            hours_until=_shown(hours),
            degradation=HealthDegradation.of(found.line),
            health_over_time=HealthAtTime.all_of(found.past),
            recommended_action=action,
            reason=DiagnosisReason.of(hours),
        )


def _shown(hours: degradation.HoursUntil | Reason) -> HoursUntilMaintenance | None:
    if isinstance(hours, Reason):
        return None
    return HoursUntilMaintenance(p10=hours.p10, p50=hours.p50, p90=hours.p90)


async def maintenance_of(info: Info, asset: UUID, history: timedelta) -> MaintenanceOutlook:
    """Say how an asset has fared, for all assets of the operation at once.

    Raises:
        InvalidInputError: The history is too short or too long.
    """
    if not SHORTEST <= history <= LONGEST:
        raise InvalidInputError("Health is looked at over twelve hours to 366 days, such as P28D.", path=("history",))
    now = info.context.now

    async def load(connection: Connection, assets: Sequence[UUID]) -> list[Any]:
        return [MaintenanceOutlook.of(each) for each in await outlooks_of(connection, assets, history, now)]

    found: MaintenanceOutlook = await info.context.batch(("maintenance", history), load).load(asset)
    return found
