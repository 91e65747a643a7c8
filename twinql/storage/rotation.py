"""What has to be done on a site in the coming weeks: few statements for any number of sensors and assets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from twinql.domain.diagnosis.bands import MaintenanceUrgency
from twinql.domain.diagnosis.insights import LEAST_POINTS
from twinql.domain.diagnosis.ranking import WORTH_SWAPPING, of_sensor
from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.maintenance.advice import WaitingTask, kind_of
from twinql.domain.maintenance.degradation import HoursUntil
from twinql.domain.maintenance.rotation import WEEK, Need, Turn, monday_of, rotation
from twinql.domain.maintenance.tasks import MaintenanceKind
from twinql.errors import RangeTooLargeError
from twinql.storage.database import Connection
from twinql.storage.degradation import Outlook, outlooks_of, task_of
from twinql.storage.diagnosis import sheet_of
from twinql.storage.health import Checked, healths_of
from twinql.storage.statements import load

MOST: Final = 1_000
"""So many channels, assets and tasks of a site are looked at."""
HISTORY: Final = timedelta(days=28)
"""So far back is looked at how assets have fared."""


@dataclass(frozen=True, slots=True)
class _Site:
    """What is known of a site.

    Attributes:
        id: The site.
        today: The day there.
        last: The last day that is looked at.
        zone: Its time zone.
        names: What people call its assets.
        alike: What those have in common that stand in for each other.
        checked: Its channels, as they are now.
    """

    id: UUID
    today: date
    last: date
    zone: ZoneInfo
    names: Mapping[UUID, str]
    alike: Mapping[UUID, str | None]
    checked: Sequence[Checked]

    def day(self, at: datetime) -> date:
        """Return which day it is there."""
        return at.astimezone(self.zone).date()

    def name(self, sheet: Sheet) -> str:
        """Return what people call a channel, with its asset."""
        asset = None if sheet.asset_id is None else self.names.get(sheet.asset_id)
        return sheet.name if asset is None else f"{asset}, {sheet.name}"

    def stands_in(self, sheet: Sheet | None, asset: UUID | None) -> tuple[str, ...] | None:
        """Return what a sensor, or an asset, has in common with those that stand in for it."""
        if sheet is not None:
            return f"{sheet.asset_id or sheet.site_id}", sheet.quantity.value
        alike = None if asset is None else self.alike.get(asset)
        return None if alike is None else (alike,)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What is done in which week.

    Attributes:
        first: The first day of the first week.
        turns: What is done when.
        checked: The channels, by their ids, as they were looked at.
    """

    first: date
    turns: Sequence[Turn]
    checked: Mapping[UUID, Checked]


async def rotation_of(
    connection: Connection, site_id: UUID, now: datetime, *, weeks: int, capacity: int
) -> Rotation | None:
    """Say in which week what has to be done on a site; None for a site that nobody may see.

    Raises:
        RangeTooLargeError: The site has more than 1,000 channels, assets or tasks that wait.
    """
    zone = await connection.fetchval(load("maintenance")["zone"], site_id)
    if zone is None:
        return None
    rows = await connection.fetch(load("maintenance")["alike"], site_id, MOST + 1)
    sheets = [sheet_of(row) for row in await connection.fetch(load("diagnosis")["channels_of_site"], site_id, MOST + 1)]
    waiting = [
        task_of(row) for row in await connection.fetch(load("maintenance")["waiting_on_site"], site_id, MOST + 1)
    ]
    if max(len(rows), len(sheets), len(waiting)) > MOST:
        message = f"A rotation is made for at most {MOST:,} channels, assets and tasks, and this site has more."
        raise RangeTooLargeError(message)
    today = now.astimezone(ZoneInfo(zone)).date()
    names, alike = {row["id"]: row["name"] for row in rows}, {row["id"]: row["alike"] for row in rows}
    last = monday_of(today) + weeks * WEEK - timedelta(days=1)
    checked = await healths_of(connection, sheets, None, now)
    site = _Site(site_id, today, last, ZoneInfo(zone), names, alike, checked)
    needs = [
        *_of_tasks(site, waiting),
        *await _of_calibrations(connection, site, now),
        *_of_sensors(site),
        *await _of_assets(connection, site, now),
    ]
    turns = rotation(needs, today, weeks=weeks, capacity=capacity)
    return Rotation(monday_of(today), turns, {each.sheet.id: each for each in checked})


def _of_tasks(site: _Site, tasks: Sequence[WaitingTask]) -> Iterator[Need]:
    sheets = {each.sheet.id: each.sheet for each in site.checked}
    for task in tasks:
        sheet = None if task.channel_id is None else sheets.get(task.channel_id)
        place = site.name(sheet) if sheet is not None else site.names.get(task.asset_id or site.id, "")
        due = site.last if task.due_at is None else site.day(task.due_at)
        when = "whenever there is time" if task.due_at is None else f"by {due:%Y-%m-%d}"
        planned = None if task.scheduled_for is None else site.day(task.scheduled_for)
        yield Need(
            kind=task.kind,
            asset_id=task.asset_id,
            channel_id=task.channel_id,
            name=place,
            stands_in=site.stands_in(sheet, task.asset_id) if sheet is not None or task.channel_id is None else None,
            due=planned if task.due_at is None and planned is not None else due,
            planned=planned,
            reason=f"“{task.title}” is to be done {when}." if planned is None else f"“{task.title}” is planned.",
            task_id=task.id,
        )


async def _of_calibrations(connection: Connection, site: _Site, now: datetime) -> list[Need]:
    sheets = {each.sheet.id: each.sheet for each in site.checked}
    rows = await connection.fetch(load("maintenance")["calibrations"], list(sheets), now)
    needs = []
    for row in rows:
        sheet, due = sheets[row["channel_id"]], site.day(row["valid_until"])
        ends = "has ended" if row["valid_until"] <= now else "ends"
        needs.append(
            Need(
                kind=MaintenanceKind.CALIBRATION,
                asset_id=sheet.asset_id,
                channel_id=sheet.id,
                name=site.name(sheet),
                stands_in=site.stands_in(sheet, None),
                due=due,
                reason=f"Its calibration {ends} on {due:%Y-%m-%d}.",
                calibration_id=row["id"],
            )
        )
    return needs


def _of_sensors(site: _Site) -> Iterator[Need]:
    """Give what has to be done at once to sensors that tell too little, as the ranking swaps them."""
    for each in site.checked:
        health, sheet = of_sensor(each.health), each.sheet
        if health.score is None or health.score > 100 - WORTH_SWAPPING:
            continue
        issue = max(health.issues, key=lambda issue: issue.points)
        kind = kind_of(issue)
        if kind is not MaintenanceKind.CALIBRATION or issue.alarm_id is not None:
            yield Need(
                kind=kind,
                asset_id=sheet.asset_id,
                channel_id=sheet.id,
                name=site.name(sheet),
                stands_in=site.stands_in(sheet, None),
                due=site.today,
                weight=100 - health.score,
                reason=f"Its sensor has {health.score:.0f} points of 100. {issue.message}",
                issue=issue,
                issue_channel_id=sheet.id,
            )


async def _of_assets(connection: Connection, site: _Site, now: datetime) -> list[Need]:
    """Return what has to be done to assets whose health falls; one without issues now has nowhere to fall from."""
    unwell = {
        each.sheet.asset_id: None
        for each in site.checked
        if each.sheet.asset_id in site.names and any(issue.points >= LEAST_POINTS for issue in each.health.issues)
    }
    assets = [each for each in unwell if each is not None]
    outlooks = await outlooks_of(connection, assets, HISTORY, now) if assets else []
    found = (_of_asset(site, asset, each, now) for asset, each in zip(assets, outlooks, strict=True))
    return [each for each in found if each is not None]


def _of_asset(site: _Site, asset: UUID, outlook: Outlook, now: datetime) -> Need | None:
    hours, advice, about = outlook.hours, outlook.advice, outlook.about
    if not isinstance(hours, HoursUntil) or advice is None or advice.kind is None:
        return None
    if outlook.urgency in {None, MaintenanceUrgency.HEALTHY}:
        return None
    concern = advice.concern
    of_a_sensor = concern is not None and advice.kind in {MaintenanceKind.REPLACEMENT, MaintenanceKind.CALIBRATION}
    sheet = about.sheet if of_a_sensor and about is not None else None
    return Need(
        kind=advice.kind,
        asset_id=asset,
        channel_id=None if sheet is None else sheet.id,
        name=site.names[asset] if sheet is None else site.name(sheet),
        stands_in=site.stands_in(sheet, asset),
        due=site.day(now + timedelta(hours=hours.p10)),
        weight=100 - (outlook.score or 0.0),
        reason=advice.message,
        issue=None if concern is None else concern.issue,
        issue_channel_id=None if concern is None else concern.channel_id,
    )
