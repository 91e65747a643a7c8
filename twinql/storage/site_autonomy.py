"""Reading how far TwinQL may act by itself on sites, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from twinql.domain.automation.autonomy import AutonomyLevel, AutonomyOutcome, SiteStanding
from twinql.domain.automation.track_record import ONE_CAUSE, Figures, Tally, TrackRecord, track_record
from twinql.domain.commands import CommandStatus
from twinql.storage.autopilot import setting_of
from twinql.storage.database import Connection
from twinql.storage.statements import load

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Autonomy:
    """How far TwinQL may act by itself on a site.

    Attributes:
        site_id: The site.
        standing: What was set, and whether it was stopped.
        zone: The site's.
        asked: How many commands TwinQL asked for within the last hour.
        set_at: When somebody last set it; None where nobody did.
        set_by: Who did.
        paused_at: Since when a person has stopped it; None where nobody has.
        paused_by: Who did.
        pause_reason: Why, in their words.
        fell_back_at: Since when it has stopped by itself; None where it has not.
        fell_back_because: Why, in a sentence.
        fell_back_channel_id: The channel that gave rise to it.
    """

    site_id: UUID
    standing: SiteStanding
    zone: ZoneInfo
    asked: int
    set_at: datetime | None
    set_by: str | None
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    fell_back_at: datetime | None
    fell_back_because: str | None
    fell_back_channel_id: UUID | None


async def autonomies_of(connection: Connection, site_ids: Sequence[UUID], now: datetime) -> list[Autonomy | None]:
    """Return how sites stand; None for one that whoever asks may not see."""
    rows = await connection.fetch(load("autonomy")["of_sites"], list(site_ids), now - _HOUR)
    found = {row["site_id"]: _autonomy(row) for row in rows}
    return [found.get(site_id) for site_id in site_ids]


async def track_records_of(connection: Connection, asked: Sequence[tuple[UUID, datetime]]) -> list[TrackRecord]:
    """Return what came of the decisions of sites, each since an instant of its own."""
    sites, since = [site for site, _ in asked], [first for _, first in asked]
    tallies: dict[int, list[Tally]] = {}
    for row in await connection.fetch(load("autonomy")["tallies"], sites, since, ONE_CAUSE):
        tallies.setdefault(row["place"] - 1, []).append(_tally(row))
    return [track_record(tallies.get(place, [])) for place in range(len(asked))]


def _autonomy(row: asyncpg.Record) -> Autonomy:
    said = ("set_at", "set_by", "paused_at", "paused_by", "pause_reason")
    given_up = ("fell_back_at", "fell_back_because", "fell_back_channel_id")
    return Autonomy(
        site_id=row["site_id"],
        standing=SiteStanding(
            setting=setting_of(row), paused=row["paused_at"] is not None, fell_back=row["fell_back_at"] is not None
        ),
        zone=ZoneInfo(row["time_zone"]),
        asked=row["asked"],
        **{name: row[name] for name in (*said, *given_up)},
    )


def _tally(row: asyncpg.Record) -> Tally:
    return Tally(
        level=AutonomyLevel(row["level"]),
        outcome=AutonomyOutcome(row["outcome"]),
        shadowed=row["shadowed"],
        status=None if row["status"] is None else CommandStatus(row["status"]),
        currency=row["currency"],
        realised_currency=row["realised_currency"],
        decisions=row["decisions"],
        expected=_figures(row),
        realised=_figures(row, "realised_"),
        queued=row["queued"],
        sent=row["sent"],
    )


def _figures(row: asyncpg.Record, prefix: str = "") -> Figures:
    names = ("energy_kwh", "energy_known", "peak_kw", "peak_known", "cost", "cost_known")
    figures: dict[str, Any] = {name: row[prefix + name] for name in names}
    return Figures(**figures)
