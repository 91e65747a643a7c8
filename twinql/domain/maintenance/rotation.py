"""In which week what is calibrated, swapped or serviced: never two at once that stand in for each other."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.diagnosis.bands import CALIBRATION, CalibrationValidity
from twinql.domain.diagnosis.health import Issue
from twinql.domain.maintenance.tasks import MaintenanceKind

LEAD: Final = timedelta(days=CALIBRATION.begins(CalibrationValidity.VALID))
"""Nothing is done sooner than so long before it is due: what a calibration is worth until then would be lost."""
WEEK: Final = timedelta(days=7)
_WIDER: Final = (MaintenanceKind.REPLACEMENT, MaintenanceKind.CALIBRATION)
"""A sensor that is swapped is not calibrated before, and one that is calibrated has been looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that has to be done to a sensor, or to an asset.

    Attributes:
        kind: What.
        asset_id: The asset; None for a sensor of the site itself.
        channel_id: The channel; None where it is about the asset itself.
        name: What people call it, with its asset.
        stands_in: Things that are alike in this stand in for each other; None where nothing does.
        due: By when.
        planned: For when people have planned it; None where they have not.
        weight: Of those due on one day the weightiest comes first. [points of 100]
        reason: Why, in a sentence with its numbers.
        task_id: The task that asks for it; None for none.
        calibration_id: The calibration that ends; None for none.
        issue: What takes points off its health; None for none.
        issue_channel_id: The channel of which that is said.
    """

    kind: MaintenanceKind
    asset_id: UUID | None
    channel_id: UUID | None
    name: str
    stands_in: Hashable | None
    due: date
    planned: date | None = None
    weight: float = 0.0
    reason: str
    task_id: UUID | None = None
    calibration_id: UUID | None = None
    issue: Issue | None = None
    issue_channel_id: UUID | None = None

    @property
    def thing(self) -> UUID | None:
        """What it is done to."""
        return self.channel_id or self.asset_id


@dataclass(frozen=True, slots=True)
class Turn:
    """When something is done.

    Attributes:
        need: What.
        week: The first day of the week; None where no week has room for it.
        late: Whether it is due before that week, or before today; or there is no week.
        clashes: Whether people have planned it for a week in which what stands in for it is out too.
    """

    need: Need
    week: date | None
    late: bool
    clashes: bool = False


def monday_of(day: date) -> date:
    """Return the first day of the week of a day."""
    return day - timedelta(days=day.weekday())


def rotation(needs: Iterable[Need], today: date, *, weeks: int, capacity: int) -> list[Turn]:
    """Spread what has to be done over the coming weeks, the most urgent first.

    What people have planned stays where it is. Everything else gets, in the order in which it is due, the first week
    from `LEAD` before that on which has room, and in which nothing is out that stands in for it. What is not to be
    done within these weeks is left out.

    Args:
        needs: What has to be done; of one thing and kind that for which there is a task counts.
        today: The day in the first week.
        weeks: How many weeks, the present one first.
        capacity: How many can be done in a week.

    Returns:
        The turns, week by week, those without one last.
    """
    first = monday_of(today)

    def turn(need: Need, week: int | None, *, clashes: bool = False) -> Turn:
        at = None if week is None else first + week * WEEK
        return Turn(need, at, late=at is None or need.due < max(at, today), clashes=clashes)

    chosen = sorted(_without_doubles(list(needs)), key=_urgency)
    taken: list[list[Need]] = [[] for _ in range(weeks)]
    turns: list[Turn] = []
    for need in (each for each in chosen if each.planned is not None):
        week = _week(need.planned or need.due, first)
        if week < weeks:
            turns.append(turn(need, week, clashes=_clashes(need, taken[week])))
            taken[week].append(need)
    for need in (each for each in chosen if each.planned is None):
        earliest = _week(need.due - LEAD, first)
        if earliest >= weeks:
            continue
        free = (w for w in range(earliest, weeks) if len(taken[w]) < capacity and not _clashes(need, taken[w]))
        found = next(free, None)
        turns.append(turn(need, found))
        if found is not None:
            taken[found].append(need)
    return sorted(turns, key=lambda each: (each.week or date.max, _urgency(each.need)))


def _week(day: date, first: date) -> int:
    return max((day - first).days // 7, 0)


def _urgency(need: Need) -> tuple[date, float, str, str]:
    return need.due, -need.weight, need.name, f"{need.kind.value} {need.task_id or need.thing}"


def _clashes(need: Need, others: Sequence[Need]) -> bool:
    return need.stands_in is not None and any(
        each.stands_in == need.stands_in and each.thing != need.thing for each in others
    )


def _without_doubles(needs: Sequence[Need]) -> list[Need]:
    """Leave out what a task asks for, what is said twice, and what a wider work on the same thing takes along."""
    kept = [each for each in needs if each.task_id is not None]
    told = {(each.thing, each.kind) for each in kept}
    for need in sorted((each for each in needs if each.task_id is None), key=_urgency):
        if (need.thing, need.kind) not in told:
            told.add((need.thing, need.kind))
            kept.append(need)
    return [each for each in kept if each.task_id is not None or not _taken_along(each, kept)]


def _taken_along(need: Need, needs: Sequence[Need]) -> bool:
    return any(
        each.thing == need.thing and each.kind is not need.kind and each.kind in _wider(need.kind) for each in needs
    )


def _wider(kind: MaintenanceKind) -> tuple[MaintenanceKind, ...]:
    return _WIDER[: _WIDER.index(kind)] if kind in _WIDER else _WIDER
