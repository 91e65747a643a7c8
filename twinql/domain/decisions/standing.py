"""How what a rule says now goes with what it said before: a decision is made once, kept while it holds, and let go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from twinql.domain.decisions.recommendation import Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, DecisionStatus, Urgency

QUIET: Final = timedelta(minutes=10)
"""For so long what somebody answered is not said again, unless more haste is needed."""
SETTLING: Final = timedelta(minutes=2)
"""How long what was done takes to show."""
_SEEN_BEFORE_ACTING: Final = 2
_SEEN_BEFORE_CHANGING: Final = timedelta(seconds=50)
"""Once a pump is on again, the forecast needs a while to notice: until then another measure would be a false alarm."""
_URGENCIES: Final = tuple(Urgency)


class Turn(Enum):
    """What becomes of a rule's decision on a channel."""

    LEAVE = "LEAVE"
    """Nothing is made, nothing changes."""
    MAKE = "MAKE"
    REPLACE = "REPLACE"
    PROLONG = "PROLONG"
    EXPIRE = "EXPIRE"


@dataclass(frozen=True, slots=True)
class Standing:
    """The last word of a rule on a channel, and whether somebody answered it or acted on it.

    Attributes:
        id: The decision.
        action: What it recommends.
        urgency: How soon.
        status: Where it stands.
        settled_at: When it was settled; None while it is open.
        commanded_at: When the newest command that came of it was asked for; None where none did, or it failed.
        undone: Whether what a command of it had set was set to another value since.
    """

    id: UUID
    action: DecisionAction
    urgency: Urgency
    status: DecisionStatus
    settled_at: datetime | None
    commanded_at: datetime | None = None
    undone: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.status is DecisionStatus.OPEN


@dataclass(frozen=True, slots=True)
class Seen:
    """For how long the same has been recommended without a break.

    Attributes:
        action: What.
        since: When it was first.
        times: How often it was.
    """

    action: DecisionAction
    since: datetime
    times: int = 1

    def again(self, action: DecisionAction, now: datetime) -> "Seen":
        """Return the same, seen once more, or the beginning of something else."""
        return Seen(action, self.since, self.times + 1) if action is self.action else Seen(action, now)

    def is_steady(self, now: datetime) -> bool:
        """Say whether it is no passing thing any more."""
        return now - self.since >= _SEEN_BEFORE_CHANGING


def turn_of(
    standing: Standing | None, found: Recommendation | None, *, calm: bool, seen: Seen | None, now: datetime
) -> Turn:
    """Say what becomes of a rule's decision on a channel.

    Args:
        standing: Its last word; None where it never said anything.
        found: What it recommends now; None where nothing.
        calm: Whether an open recommendation has clearly lost its ground.
        seen: For how long it has recommended that.
        now: The present.
    """
    if standing is not None and standing.is_open:
        if found is None:
            return Turn.EXPIRE if calm else Turn.PROLONG
        return Turn.REPLACE if _replaces(standing, found, seen, now) else Turn.PROLONG
    if found is None or seen is None or seen.times < _SEEN_BEFORE_ACTING or _answered(standing, found, now):
        return Turn.LEAVE
    return Turn.MAKE


def _replaces(standing: Standing, found: Recommendation, seen: Seen | None, now: datetime) -> bool:
    """Say whether a recommendation takes the open one's place: more haste does, another measure only after a while."""
    if seen is None or _settling(standing, now):
        return False
    if found.action is not standing.action:
        return seen.is_steady(now)
    return _haste(found.urgency) > _haste(standing.urgency)


def _answered(standing: Standing | None, found: Recommendation, now: datetime) -> bool:
    """Say whether somebody has just answered the same recommendation or acted on it: it need not be made again yet."""
    if standing is None or standing.settled_at is None or standing.undone:
        return False
    if _settling(standing, now):
        return True
    return (
        standing.status in {DecisionStatus.ACCEPTED, DecisionStatus.REJECTED}
        and now < standing.settled_at + QUIET
        and found.action is standing.action
        and _haste(found.urgency) <= _haste(standing.urgency)
    )


def _settling(standing: Standing, now: datetime) -> bool:
    """Say whether what came of it cannot have shown yet."""
    return standing.commanded_at is not None and now < standing.commanded_at + SETTLING


def _haste(urgency: Urgency) -> int:
    return _URGENCIES.index(urgency)
