"""How far TwinQL may act by itself on a site."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema import automation_words  # noqa: F401 - publishes the enums
from schema.declared import to_one
from schema.track_record import TrackRecord
from schema.viewer_can import viewer_can
from schema.weekly_hours import WeeklyHours
from twinql.context import Info
from twinql.domain.automation.autonomy import AutonomyLevel, AutonomyStanding
from twinql.domain.membership import Role
from twinql.storage.site_autonomy import Autonomy, autonomies_of, track_records_of

if TYPE_CHECKING:
    from schema.channel import Channel

USUAL_RECORD = timedelta(days=30)
SinceWhen = Annotated[
    datetime | None, strawberry.argument(description="Decisions since then are counted; null takes the last 30 days.")
]


@strawberry.type(description="How far TwinQL may act by itself on a site, and what came of it.")
class SiteAutonomy:
    """An autonomy."""

    site_id: strawberry.Private[UUID]
    fell_back_channel_id: strawberry.Private[UUID | None]
    level: AutonomyLevel = strawberry.field(description="The level that was set; ADVISE where nobody set one.")
    effective_level: AutonomyLevel = strawberry.field(
        description="The level in effect now: ADVISE at most while it is paused or has fallen back, and outside of "
        "its hours where AUTO is set. A rule of people may have a lower one."
    )
    standing: AutonomyStanding = strawberry.field(description="Why it is the one in effect.")
    reason: str | None = strawberry.field(
        description="The same for people: who paused it and why, or why it fell back; null where it is as it was set."
    )
    commands_per_hour: int = strawberry.field(
        description="How many commands TwinQL may ask for within any hour, those to be approved included."
    )
    commands_in_last_hour: int = strawberry.field(description="How many it asked for within the last hour.")
    hours: WeeklyHours = strawberry.field(description="When it may act at the level AUTO.")
    within_hours: bool = strawberry.field(description="Whether it may now.")
    set_at: datetime | None = strawberry.field(description="When somebody last set it; null where nobody did.")
    set_by: str | None = strawberry.field(description="Who did: the subject of the token.")
    paused_at: datetime | None = strawberry.field(description="Since when a person has stopped it; null for nobody.")
    paused_by: str | None = strawberry.field(description="Who did: the subject of the token.")
    fell_back_at: datetime | None = strawberry.field(
        description="Since when TwinQL has stopped itself; null where it has not."
    )
    fell_back_channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "fell_back_channel_id",
        description="The channel that gave rise to it, on which the alarm AUTONOMY_FELL_BACK is; null as above.",
    )
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may set the level, and let it go on after it was stopped."
    )
    viewer_can_pause: bool = viewer_can(Role.OPERATOR, description="Whether you may stop it.")

    @strawberry.field(description="What came of the decisions of this site that proposed a command.")
    async def track_record(self, info: Info, since: SinceWhen = None) -> TrackRecord:
        """Count for all sites of the operation at once."""
        first = since or info.context.now - USUAL_RECORD
        found = await info.context.batch("track records", track_records_of).load((self.site_id, first))
        return TrackRecord.of(found, first)

    @classmethod
    async def at(cls, info: Info, site_id: UUID) -> "SiteAutonomy | None":
        """Load how a site stands now, for all sites of the operation at once."""
        now = info.context.now
        found: Autonomy | None = await info.context.batch(
            "autonomies", lambda connection, sites: autonomies_of(connection, sites, now)
        ).load(site_id)
        return None if found is None else cls.of(found, now)

    @classmethod
    def of(cls, found: Autonomy, now: datetime) -> Self:
        """Show how a site stands."""
        setting = found.standing.setting
        return cls(
            site_id=found.site_id,
            fell_back_channel_id=found.fell_back_channel_id,
            level=setting.level,
            effective_level=found.standing.level_at(now, found.zone),
            standing=found.standing.standing,
            reason=_reason(found),
            commands_per_hour=setting.commands_per_hour,
            commands_in_last_hour=found.asked,
            hours=WeeklyHours.of(setting.hours),
            within_hours=setting.hours.include(now, found.zone),
            set_at=found.set_at,
            set_by=found.set_by,
            paused_at=found.paused_at,
            paused_by=found.paused_by,
            fell_back_at=found.fell_back_at,
        )


def _reason(found: Autonomy) -> str | None:
    if found.paused_at is not None:
        words = "without saying why." if found.pause_reason is None else f"and said: {found.pause_reason}"
        return f"{found.paused_by} stopped it at {found.paused_at:%Y-%m-%dT%H:%M:%SZ} {words}"
    return found.fell_back_because
