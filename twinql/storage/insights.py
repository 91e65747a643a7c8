"""What is known of a site that somebody may have to look at."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.diagnosis.insights import Insight, insights
from twinql.domain.diagnosis.matters import Ailment, OpenDecision, OverdueTask, Place, RaisedAlarm, Refused
from twinql.storage.database import Connection
from twinql.storage.diagnosis import sheets_of
from twinql.storage.health import healths_of
from twinql.storage.statements import load

MOST: Final = 200
"""So many alarms, recommendations, tasks and groups of refused readings are looked at, the heaviest first."""
MOST_CHANNELS: Final = 1_000
"""So many channels of a site are looked at for their health."""
_STEPS_BEFORE: Final = 720
"""A forecast looks at least so many steps back."""


async def insights_of(connection: Connection, site_id: UUID, now: datetime) -> list[Insight]:
    """Say what a person should look at on a site now, most urgent first.

    Args:
        connection: As somebody who may see it.
        site_id: The site; one that nobody may see has nothing to look at.
        now: The present.
    """
    sql = load("insights")
    alarms = [_alarm(row) for row in await connection.fetch(sql["alarms"], site_id, MOST)]
    decisions = [_decision(row) for row in await connection.fetch(sql["decisions"], site_id, MOST)]
    refused = [
        Refused(row["newest"], _place(row), row["readings"], row["message"], row["since"])
        for row in await connection.fetch(sql["refused"], site_id, MOST)
    ]
    overdue = [_overdue(row, now) for row in await connection.fetch(sql["overdue"], site_id, now, MOST)]
    ailments = await _ailments(connection, site_id, now)
    return insights(alarms=alarms, decisions=decisions, ailments=ailments, refused=refused, overdue=overdue)


async def _ailments(connection: Connection, site_id: UUID, now: datetime) -> list[Ailment]:
    rows = await connection.fetch(load("insights")["channels"], site_id, MOST_CHANNELS)
    names = {row["number"]: row["place"] for row in rows}
    sheets = [sheet for sheet in await sheets_of(connection, list(names)) if sheet is not None]
    checked = await healths_of(connection, sheets, None, now)
    rows = await connection.fetch(load("insights")["calibrations"], [sheet.id for sheet in sheets], now)
    calibrations = {row["channel_id"]: (row["id"], row["performed_at"]) for row in rows}
    return [
        Ailment(
            place=Place(each.sheet.id, each.sheet.asset_id, names[each.sheet.number]),
            issue=issue,
            first=each.span.first,
            last=each.span.last,
            calibration_id=calibrations.get(each.sheet.id, (None, None))[0],
            calibrated_at=calibrations.get(each.sheet.id, (None, None))[1],
        )
        for each in checked
        for issue in each.health.issues
    ]


def _alarm(row: asyncpg.Record) -> RaisedAlarm:
    names = ("id", "cause", "severity", "acknowledged", "holds", "occurrences", "message", "score", "raised_at")
    return RaisedAlarm(place=_place(row), evidence=row["evidence"], **{name: row[name] for name in names})


def _decision(row: asyncpg.Record) -> OpenDecision:
    return OpenDecision(
        id=row["id"],
        place=_place(row),
        action=DecisionAction(row["action"]),
        urgency=Urgency(row["urgency"]),
        confidence=row["confidence"],
        made_at=row["made_at"],
        reasons=row["reasons"],
        looked_from=row["looked_until"] - timedelta(seconds=_STEPS_BEFORE * row["step_seconds"]),
        looked_until=row["looked_until"],
    )


def _overdue(row: asyncpg.Record, now: datetime) -> OverdueTask:
    late_s = (now - row["due_at"]).total_seconds()
    return OverdueTask(row["id"], _place(row), row["title"], row["due_at"], row["scheduled_for"], late_s)


def _place(row: asyncpg.Record) -> Place:
    return Place(row["channel_id"], row["asset_id"], row["place"])
