"""Changes of how far TwinQL may act by itself on a site."""

from typing import Any

import strawberry

from schema.changes import written
from schema.payload import Payload
from schema.site_autonomy import SiteAutonomy
from schema.weekly_hours import WeeklyHoursInput
from twinql.domain.automation.autonomy import LARGEST_BUDGET, AutonomyLevel


@strawberry.input(description="How far TwinQL may act by itself on a site; what is left out stays as it is.")
class SetAutonomyInput:
    """What a person sets."""

    site_id: strawberry.ID = strawberry.field(description="The site.")
    level: AutonomyLevel | None = strawberry.field(
        default=strawberry.UNSET, description="How far it may act; cannot be null."
    )
    commands_per_hour: int | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"How many commands it may ask for within any hour, 0 to {LARGEST_BUDGET:,}; cannot be null.",
    )
    hours: WeeklyHoursInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it may act at the level AUTO, by the clock of the site; cannot be null.",
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the setting."""
        changes = written(self, leave=("site_id",), never_null=("level", "commands_per_hour", "hours"))
        if "hours" in changes:
            changes["hours"] = changes["hours"].to_domain()
        return changes


@strawberry.input(description="A site on which TwinQL is to stop acting by itself.")
class PauseAutonomyInput:
    """Names it."""

    site_id: strawberry.ID = strawberry.field(description="The site.")
    reason: str | None = strawberry.field(default=None, description="Why, in your words; at most 1,000 characters.")


@strawberry.input(description="A site on which TwinQL may act by itself again.")
class ResumeAutonomyInput:
    """Names it."""

    site_id: strawberry.ID = strawberry.field(description="The site.")


@strawberry.type(description="What became of a level to be set.")
class SetAutonomyPayload(Payload):
    """The outcome of `setAutonomy`."""

    autonomy: SiteAutonomy | None = strawberry.field(
        default=None, description="How the site stands now; null where the input was not taken."
    )


@strawberry.type(description="What became of stopping TwinQL on a site.")
class PauseAutonomyPayload(Payload):
    """The outcome of `pauseAutonomy`."""

    autonomy: SiteAutonomy | None = strawberry.field(
        default=None, description="How the site stands now; null where the input was not taken."
    )
    cancelled: int = strawberry.field(
        default=0,
        description="How many commands that TwinQL had asked for by itself were taken back before their sending.",
    )


@strawberry.type(description="What became of letting TwinQL go on.")
class ResumeAutonomyPayload(Payload):
    """The outcome of `resumeAutonomy`."""

    autonomy: SiteAutonomy | None = strawberry.field(
        default=None, description="How the site stands now; null where the input was not taken."
    )
