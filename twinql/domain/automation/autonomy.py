"""How far TwinQL may act by itself on a site, and what follows for one decision."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from typing import Final, Self

from twinql.domain.automation.hours import ALWAYS, Hours
from twinql.errors import InvalidInputError

USUAL_BUDGET: Final = 12
LARGEST_BUDGET: Final = 3_600
FLAPS: Final = 5
FLAPS_WITHIN: Final = timedelta(minutes=15)
"""So many commands of its own to one channel within so long, each undoing the one before, and TwinQL gives up."""


class AutonomyLevel(Enum):
    """How far TwinQL may act by itself, from the least on."""

    SHADOW = "SHADOW"
    ADVISE = "ADVISE"
    APPROVE = "APPROVE"
    AUTO = "AUTO"

    @property
    def rank(self) -> int:
        """Return its place, from 0 for the least."""
        return list(AutonomyLevel).index(self)


class AutonomyOutcome(Enum):
    """What TwinQL did by itself with a decision, or would have done."""

    WOULD_ISSUE = "WOULD_ISSUE"
    WOULD_BE_REFUSED = "WOULD_BE_REFUSED"
    ADVISED = "ADVISED"
    WAITS_FOR_HOURS = "WAITS_FOR_HOURS"
    WAITS_FOR_BUDGET = "WAITS_FOR_BUDGET"
    ASKED_FOR_APPROVAL = "ASKED_FOR_APPROVAL"
    ISSUED = "ISSUED"
    REFUSED = "REFUSED"


class AutonomyStanding(Enum):
    """Why the level that is in effect may be less than the one that was set."""

    AS_SET = "AS_SET"
    PAUSED = "PAUSED"
    FELL_BACK = "FELL_BACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomySetting:
    """How far TwinQL may act by itself on a site, as a person set it.

    Attributes:
        level: The level.
        commands_per_hour: How many commands it may ask for within any hour, from 0.
        hours: When it may act by itself at the level AUTO, by the clock of the site.
    """

    level: AutonomyLevel = AutonomyLevel.ADVISE
    commands_per_hour: int = USUAL_BUDGET
    hours: Hours = ALWAYS

    def checked(self) -> Self:
        """Return the same.

        Raises:
            InvalidInputError: The budget or the hours cannot be meant.
        """
        if not 0 <= self.commands_per_hour <= LARGEST_BUDGET:
            message = f"A budget lies between 0 and {LARGEST_BUDGET:,} commands per hour."
            raise InvalidInputError(message, path=("commandsPerHour",))
        if not self.commands_per_hour and self.level.rank > AutonomyLevel.ADVISE.rank:
            message = f"With 0 commands per hour nothing is asked for at {self.level.value}; allow 1, or set ADVISE."
            raise InvalidInputError(message, path=("commandsPerHour",))
        return replace(self, hours=self.hours.checked("hours"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStanding:
    """How far TwinQL may act by itself on a site now.

    Attributes:
        setting: What a person set.
        paused: Whether a person stopped it.
        fell_back: Whether it stopped itself.
    """

    setting: AutonomySetting = AutonomySetting()
    paused: bool = False
    fell_back: bool = False

    @property
    def standing(self) -> AutonomyStanding:
        """Why the level in effect is what it is."""
        if self.paused:
            return AutonomyStanding.PAUSED
        return AutonomyStanding.FELL_BACK if self.fell_back else AutonomyStanding.AS_SET

    def level_at(
        self,
        now: datetime,
        zone: tzinfo,
        rule: AutonomyLevel = AutonomyLevel.AUTO,
        *,
        rule_fell_back: bool = False,
    ) -> AutonomyLevel:
        """Return how far TwinQL acts at an instant: outside of its hours what is AUTO waits, and people are advised.

        Args:
            now: The instant.
            zone: The site's.
            rule: As for `level_for`.
            rule_fell_back: As for `level_for`.
        """
        level = self.level_for(rule, rule_fell_back=rule_fell_back)
        waits = level is AutonomyLevel.AUTO and not self.setting.hours.include(now, zone)
        return AutonomyLevel.ADVISE if waits else level

    def level_for(self, rule: AutonomyLevel = AutonomyLevel.AUTO, *, rule_fell_back: bool = False) -> AutonomyLevel:
        """Return the level in effect: the lower of the site's and the rule's, and no more than ADVISE where it stopped.

        Args:
            rule: The level of a person's rule; what is built in has the site's.
            rule_fell_back: Whether that rule stopped itself.
        """
        stopped = self.standing is not AutonomyStanding.AS_SET or rule_fell_back
        ceiling = AutonomyLevel.ADVISE if stopped else AutonomyLevel.AUTO
        return min(self.setting.level, rule, ceiling, key=lambda level: level.rank)


class Course(Enum):
    """What is done about a decision that says which command would carry it out."""

    RECORD = "RECORD"
    ADVISE = "ADVISE"
    ASK_FOR_APPROVAL = "ASK_FOR_APPROVAL"
    ISSUE = "ISSUE"
    WAIT_FOR_HOURS = "WAIT_FOR_HOURS"
    WAIT_FOR_BUDGET = "WAIT_FOR_BUDGET"


def course_of(
    level: AutonomyLevel, setting: AutonomySetting, *, asked_within_hour: int, now: datetime, zone: tzinfo
) -> Course:
    """Say what is done about a decision.

    The budget bounds what a person is asked to approve as well: nobody approves what never ends. Hours bound AUTO
    alone: whoever approves is there.

    Args:
        level: The level in effect for it.
        setting: What holds on its site.
        asked_within_hour: How many commands TwinQL asked for on the site within the last hour.
        now: The present.
        zone: The site's.
    """
    match level:
        case AutonomyLevel.SHADOW:
            return Course.RECORD
        case AutonomyLevel.ADVISE:
            return Course.ADVISE
        case AutonomyLevel.AUTO if not setting.hours.include(now, zone):
            return Course.WAIT_FOR_HOURS
    if asked_within_hour >= setting.commands_per_hour:
        return Course.WAIT_FOR_BUDGET
    return Course.ASK_FOR_APPROVAL if level is AutonomyLevel.APPROVE else Course.ISSUE
