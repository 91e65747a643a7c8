"""What to do to an asset, by what takes most points off its health, and what is planned already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from twinql.domain.diagnosis.bands import MAINTENANCE_DUE, IssueCode
from twinql.domain.diagnosis.health import Issue
from twinql.domain.diagnosis.insights import LEAST_POINTS
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.slope import Slope
from twinql.domain.maintenance.degradation import HOUR_S, HoursUntil
from twinql.domain.maintenance.tasks import MaintenanceKind
from twinql.domain.spoken import span

KIND_OF_ISSUE: Final[Mapping[IssueCode, MaintenanceKind]] = {
    IssueCode.LATE: MaintenanceKind.INSPECTION,
    IssueCode.STALE: MaintenanceKind.INSPECTION,
    IssueCode.DEAD: MaintenanceKind.INSPECTION,
    IssueCode.INCOMPLETE: MaintenanceKind.INSPECTION,
    IssueCode.BAD_READINGS: MaintenanceKind.REPLACEMENT,
    IssueCode.STUCK: MaintenanceKind.REPLACEMENT,
    IssueCode.ALARM: MaintenanceKind.INSPECTION,
    IssueCode.CALIBRATION_DUE: MaintenanceKind.CALIBRATION,
    IssueCode.CALIBRATION_EXPIRED: MaintenanceKind.CALIBRATION,
    IssueCode.OUT_OF_TARGET: MaintenanceKind.SERVICE,
}
"""What is done about an issue: a sensor that says what cannot be used is replaced, a process off its target serviced,
and where the cause has to be found first, somebody looks."""
_DRIFTS: Final = "DRIFT"
"""Alarms of this cause speak of a sensor that has to be calibrated."""
_SPOKEN: Final[Mapping[MaintenanceKind, str]] = {
    MaintenanceKind.INSPECTION: "Inspect",
    MaintenanceKind.SERVICE: "Service what moves",
    MaintenanceKind.REPAIR: "Repair",
    MaintenanceKind.REPLACEMENT: "Replace the sensor of",
    MaintenanceKind.CALIBRATION: "Calibrate the sensor of",
}
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that is not done.

    Attributes:
        id: Its identity.
        asset_id: The asset; None for a sensor of the site itself.
        channel_id: The channel; None where it is about the asset itself.
        kind: What is to be done.
        title: In a few words.
        due_at: By when; None where nobody said.
        scheduled_for: For when it is planned; None where it is not.
    """

    id: UUID
    asset_id: UUID | None
    channel_id: UUID | None
    kind: MaintenanceKind
    title: str
    due_at: datetime | None
    scheduled_for: datetime | None


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that takes points off an asset's health.

    Attributes:
        channel_id: The channel.
        name: What people call that.
        issue: What it is.
    """

    channel_id: UUID
    name: str
    issue: Issue


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do.

    Attributes:
        kind: Of what kind that is; None where nothing needs to be done.
        message: In sentences, with the numbers.
        concern: What it is about most; None for nothing.
        tasks: What waits already, for the same sensor or for the asset itself.
    """

    kind: MaintenanceKind | None
    message: str
    concern: Concern | None
    tasks: tuple[WaitingTask, ...]


def kind_of(issue: Issue) -> MaintenanceKind:
    """Return what is done about an issue."""
    return MaintenanceKind.CALIBRATION if issue.cause == _DRIFTS else KIND_OF_ISSUE[issue.code]


def advice_of(
    concerns: Sequence[Concern],
    line: Slope | Reason,
    hours: HoursUntil | Reason,
    tasks: Sequence[WaitingTask],
    now: datetime,
) -> Advice:
    """Say what to do to an asset.

    Args:
        concerns: What takes points off its health now, the most first.
        line: Through its health over time, or why there is none.
        hours: Until its maintenance is due, or why nobody knows.
        tasks: What waits for it and its sensors, the next one due first.
        now: The present.
    """
    concern = concerns[0] if concerns and concerns[0].issue.points >= LEAST_POINTS else None
    about = tuple(
        each for each in tasks if concern is None or each.channel_id is None or each.channel_id == concern.channel_id
    )
    said: list[str] = []
    kind: MaintenanceKind | None = None
    if concern is not None:
        kind = kind_of(concern.issue)
        message = concern.issue.message
        said.append(f"{_SPOKEN[kind]} {concern.name}: {message[0].lower()}{message[1:]}")
    elif isinstance(hours, HoursUntil):
        kind = MaintenanceKind.INSPECTION
        said.append("Inspect it, and find why its health falls.")
    else:
        said.append("Nothing needs to be done now.")
    said += _ahead(line, hours)
    said += [_waiting(each, now) for each in about[:1]]
    return Advice(kind, " ".join(said), concern, about)


def _ahead(line: Slope | Reason, hours: HoursUntil | Reason) -> list[str]:
    if isinstance(hours, Reason):
        return []
    if hours.p50 == 0.0 or isinstance(line, Reason):
        return [f"Maintenance is due: its health is down to about {MAINTENANCE_DUE:.0f} of 100 points, or below."]
    falls = f"Its health falls by {-line.per_second * _DAY_S:.2g} points a day"
    return [f"{falls}: {_chances(hours)}."]


def _chances(hours: HoursUntil) -> str:
    early, late = (None if not each else span(each * HOUR_S) for each in (hours.p10, hours.p90))
    if early is None:
        within = "" if late is None else f", in nine cases of ten within {late}"
        return f"it may be below {MAINTENANCE_DUE:.0f} at any moment{within}"
    if late is None:
        return f"in nine cases of ten it stays above {MAINTENANCE_DUE:.0f} for {early}"
    return f"in eight cases of ten it is below {MAINTENANCE_DUE:.0f} in {early} to {late}"


def _waiting(task: WaitingTask, now: datetime) -> str:
    at = task.scheduled_for or task.due_at
    if at is None:
        return f"“{task.title}” waits, for no day in particular."
    what = "is planned" if task.scheduled_for is not None else "is due"
    away = (at - now).total_seconds()
    return f"“{task.title}” {what} in {span(away)}." if away >= 0 else f"“{task.title}” is overdue by {span(-away)}."
