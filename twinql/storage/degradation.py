"""How assets have fared, and when something has to be done to them: few statements for any number of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from twinql.domain.diagnosis.bands import IssueCode, MaintenanceUrgency
from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.diagnosis.slope import Slope
from twinql.domain.maintenance.advice import Advice, Concern, WaitingTask, advice_of
from twinql.domain.maintenance.degradation import (
    HoursUntil,
    degradation_of,
    even_times,
    hours_until,
    known,
    urgency_of,
)
from twinql.domain.maintenance.tasks import MaintenanceKind
from twinql.storage.aside import aside
from twinql.storage.database import Connection
from twinql.storage.diagnosis import sheets_of_assets
from twinql.storage.health import Checked, healths_at
from twinql.storage.statements import load

TIMES: Final = 28
"""At so many times health is looked at: with four weeks, at the same time of each day."""
_AT_ONCE: Final = 500
"""So many windows are asked for in one statement: what comes of it is taken in within a few milliseconds."""
_NEVER: Final = Reason(ReasonCode.NEVER_READ, "None of its channels in use was ever read.")
_SILENCES: Final = frozenset({IssueCode.STALE, IssueCode.DEAD})


@dataclass(frozen=True, slots=True)
class HealthThen:
    """How well an asset was at a time.

    Attributes:
        at: When.
        score: The health, 0 to 100; None where it was not heard of then, or has been mended since.
        worst: The channel that was the least well, with the window by which it was looked at; None for none.
    """

    at: datetime
    score: float | None
    worst: Checked | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """How an asset has fared, and what is to be done.

    Attributes:
        past: Its health over time, oldest first; the last one is that of the present.
        score: Its health now, 0 to 100; None where it was never read.
        line: Through that, or why there is none.
        hours: Until maintenance is due, or why nobody knows.
        urgency: How that is called; None where it was never read.
        advice: What to do; None where it was never read.
        about: The channel of which that speaks; None where it speaks of none.
    """

    past: Sequence[HealthThen]
    score: float | None
    line: Slope | Reason
    hours: HoursUntil | Reason
    urgency: MaintenanceUrgency | None
    advice: Advice | None
    about: Checked | None


async def outlooks_of(
    connection: Connection, assets: Sequence[UUID], history: timedelta, now: datetime
) -> list[Outlook]:
    """Say how assets have fared over a time, and when something has to be done to them.

    The health at each time is that of windows which ended then, by the readings, alarms and calibrations of then.
    Windows that began before something was last done to an asset, or to the sensor, say nothing about how it goes on,
    and those before a channel was read first miss what nobody sent.
    """
    by_asset = await sheets_of_assets(connection, assets)
    step_s = history.total_seconds() / TIMES
    times = [datetime.fromtimestamp(each, UTC) for each in even_times(now.timestamp(), step_s, TIMES)]
    asked = [(sheet, at) for sheets in by_asset for at in times for sheet in sheets]
    checked: list[Checked] = []
    for first in range(0, len(asked), _AT_ONCE):
        checked += await healths_at(connection, asked[first : first + _AT_ONCE], None)
    numbers = [sheet.number for sheets in by_asset for sheet in sheets]
    heard = dict(map(tuple, await connection.fetch(load("maintenance")["first_heard"], numbers)))
    waiting = await waiting_tasks(connection, assets)
    rows = await connection.fetch(load("maintenance")["mended"], list(assets), now)
    mended = {(row["asset_id"], row["channel_id"]): row["done_at"] for row in rows}
    healths = iter(checked)

    def outlook(asset: UUID, sheets: Sequence[Sheet]) -> Outlook:
        windows = [[next(healths) for _ in sheets] for _ in times]
        since = {
            sheet.id: _latest(heard.get(sheet.number), mended.get((asset, None)), mended.get((asset, sheet.id)))
            for sheet in sheets
        }
        past = [_then(at, each, since) for at, each in zip(times, windows, strict=True)]
        read = [sheet.id for sheet in sheets if sheet.number in heard]
        last = [_latest(mended.get((asset, None)), mended.get((asset, each))) for each in read]
        return _outlook(past, windows[-1], waiting.get(asset, []), _of_all(last))

    return await aside(lambda: [outlook(*each) for each in zip(assets, by_asset, strict=True)])


async def waiting_tasks(connection: Connection, assets: Sequence[UUID]) -> Mapping[UUID, list[WaitingTask]]:
    """Return what is still to be done to assets and their sensors, the next one due first."""
    found: Mapping[UUID, list[WaitingTask]] = defaultdict(list)
    for row in await connection.fetch(load("maintenance")["waiting"], list(assets)):
        found[row["asset_id"]].append(task_of(row))
    return found


def task_of(row: asyncpg.Record) -> WaitingTask:
    """Return a task that waits by its row."""
    return WaitingTask(**{**dict(row), "kind": MaintenanceKind(row["kind"])})


def _latest(*times: datetime | None) -> datetime | None:
    return max((each for each in times if each is not None), default=None)


def _of_all(times: Sequence[datetime | None]) -> datetime | None:
    """Return when the first of them came; None where one never did."""
    come = [each for each in times if each is not None]
    return min(come) if come and len(come) == len(times) else None


def _then(at: datetime, windows: Sequence[Checked], since: Mapping[UUID, datetime | None]) -> HealthThen:
    counted = [
        each
        for each in windows
        if each.health.score is not None and ((mended := since[each.sheet.id]) is None or each.span.first >= mended)
    ]
    worst = min(counted, key=lambda each: each.health.score or 0.0, default=None)
    if worst is None or all(_silent(each) for each in counted):
        return HealthThen(at, None, worst)
    return HealthThen(at, worst.health.score, worst)


def _silent(checked: Checked) -> bool:
    return any(issue.code in _SILENCES for issue in checked.health.issues)


def _outlook(
    past: Sequence[HealthThen], present: Sequence[Checked], waiting: Sequence[WaitingTask], mended: datetime | None
) -> Outlook:
    now = past[-1].at
    line = degradation_of(
        known([each.at.timestamp() for each in past]),
        known([each.score for each in past]),
        mended_s=None if mended is None else mended.timestamp(),
    )
    heard = [each for each in present if each.health.score is not None]
    if not heard:
        return Outlook(past, None, line, _NEVER, None, None, None)
    score = min(each.health.score or 0.0 for each in heard)
    hours = hours_until(line, score, now.timestamp())
    concerns = sorted(
        (Concern(each.sheet.id, each.sheet.name, issue) for each in heard for issue in each.health.issues),
        key=lambda each: -each.issue.points,
    )
    advice = advice_of(concerns, line, hours, waiting, now)
    about = None if advice.concern is None else advice.concern.channel_id
    shown = next((each for each in heard if each.sheet.id == about), None)
    return Outlook(past, score, line, hours, urgency_of(hours), advice, shown)
