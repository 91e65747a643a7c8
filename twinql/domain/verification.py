"""The effect that a command is expected to have, and what the readings show of it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, NoReturn
from uuid import UUID

from twinql.domain.commands import can_be_read, shows
from twinql.domain.plausibility import GREATEST
from twinql.errors import InvalidInputError

SHORTEST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(hours=24)
ARRIVES_WITHIN: Final = timedelta(seconds=5)
"""How long a reading may take from the device to the table, before its absence says something."""
SETTLED_WITHIN: Final = 0.05
"""How near a value has to come to what it is to reach: a share of its way there, as settling times are counted."""


class EffectDirection(Enum):
    """Which way a value is expected to go."""

    RISES = "RISES"
    FALLS = "FALLS"
    REACHES = "REACHES"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a command is expected to bring about.

    Attributes:
        channel_id: The channel that is expected to show it.
        direction: Which way.
        by: For RISES and FALLS how far, compared with the course without the command; None for however little. [unit
            of the channel]
        value: For REACHES the value to come to. [unit of the channel]
        within: How soon.
        baseline: The course without the command, as offsets from its sending and values, in order; None where it is
            the last value before. [s, unit of the channel]
    """

    channel_id: UUID
    direction: EffectDirection
    by: float | None
    value: float | None
    within: timedelta
    baseline: tuple[tuple[float, float], ...] | None = None

    def check(self) -> None:
        """Refuse what can never be looked for.

        Raises:
            InvalidInputError: Something is missing, too much, or no number; its path says what.
        """
        reaches = self.direction is EffectDirection.REACHES
        if not SHORTEST_WAIT <= self.within <= LONGEST_WAIT:
            _refuse("An effect shows within one second to 24 hours; choose within so.", "within")
        if reaches and (self.value is None or not can_be_read(self.value)):
            _refuse("REACHES needs value, the number it comes to, one that a reading can show.", "value")
        if not reaches and self.value is not None:
            _refuse("Only REACHES has a value; leave it out, and say by how much it goes.", "value")
        if reaches and self.by is not None:
            _refuse("REACHES comes to a value; leave by out.", "by")
        if self.by is not None and not 0 < self.by <= GREATEST:
            _refuse("An effect has a size above zero that readings can show; leave by out where any will do.", "by")

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "channel_id": str(self.channel_id),
            "direction": self.direction.value,
            "by": self.by,
            "value": self.value,
            "within_s": self.within.total_seconds(),
            "baseline": None if self.baseline is None else [list(each) for each in self.baseline],
        }


def _refuse(message: str, name: str) -> NoReturn:
    raise InvalidInputError(message, path=("expect", name))


def expectation_of(stored: dict[str, Any]) -> Expectation:
    """Read an expectation as it is stored with a command or a decision."""
    baseline = stored.get("baseline")
    return Expectation(
        channel_id=UUID(stored["channel_id"]),
        direction=EffectDirection(stored["direction"]),
        by=stored.get("by"),
        value=stored.get("value"),
        within=timedelta(seconds=stored["within_s"]),
        baseline=None if baseline is None else tuple((float(offset), float(value)) for offset, value in baseline),
    )


class VerificationStatus(Enum):
    """What is known of the effect of a command."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    ALREADY_THERE = "ALREADY_THERE"
    NOT_OBSERVED = "NOT_OBSERVED"


@dataclass(frozen=True, slots=True)
class Seen:
    """A value and when it was observed."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Verification:
    """What readings show of an expected effect: the reading that shows it, or else the one that comes nearest.

    Attributes:
        status: PENDING while there is time; a reading that shows it ends that at once. ALREADY_THERE where the value
            that was to be reached was read before the command was sent, too.
        reference: What the channel would have read then without the command: the course that was foreseen, or the last
            value before; for REACHES the last value before. None where nothing is known of that. [unit of the channel]
        observed: What it read; None where there was no reading. [unit of the channel]
        observed_at: When.
        change: How far that is from `reference`. [unit of the channel]
    """

    status: VerificationStatus
    reference: float | None = None
    observed: float | None = None
    observed_at: datetime | None = None
    change: float | None = None


def look_for(
    expectation: Expectation,
    *,
    before: float | None,
    after: Sequence[Seen],
    sent_at: datetime,
    until: datetime,
    now: datetime,
    so_far: Verification | None = None,
) -> Verification:
    """Look for an effect in the readings of its channel.

    Args:
        expectation: What is expected.
        before: The last value before the command was sent; None where there is none. [unit of the channel]
        after: The good readings since then, in order; or those of them that were not looked at before.
        sent_at: When the command was sent, from which the foreseen course counts.
        until: What is observed later is not looked at: the time is over, or another command acts on it.
        now: The present.
        so_far: What the readings before these came to; None where these are the first.

    Returns:
        What they show. Without a foreseen course and a value before, no change is known, so none is made up. A value is
        reached within `SETTLED_WITHIN` of the way there: what flies past it has not reached it.
    """
    nearest = so_far if so_far is not None and so_far.observed is not None else None
    for seen in after:
        if seen.at > until:
            break
        reference = _reference(expectation, before, (seen.at - sent_at).total_seconds())
        change = None if reference is None else seen.value - reference
        shown = Verification(VerificationStatus.VERIFIED, reference, seen.value, seen.at, change)
        if _shows(expectation, seen.value, reference):
            return replace(shown, status=VerificationStatus.ALREADY_THERE) if _was_there(expectation, before) else shown
        if nearest is None or _miss(expectation, shown) <= _miss(expectation, nearest):
            nearest = shown
    is_over = now >= until + ARRIVES_WITHIN
    status = VerificationStatus.NOT_OBSERVED if is_over else VerificationStatus.PENDING
    return Verification(status) if nearest is None else replace(nearest, status=status)


def _reference(expectation: Expectation, before: float | None, offset_s: float) -> float | None:
    """Read the foreseen course at an instant, straight between its points and level beyond its ends."""
    course = expectation.baseline
    if not course or expectation.direction is EffectDirection.REACHES:
        return before
    place = bisect_right(course, offset_s, key=lambda point: point[0])
    if place in {0, len(course)}:
        return course[min(place, len(course) - 1)][1]
    (left_s, left), (right_s, right) = course[place - 1], course[place]
    return left + (right - left) * (offset_s - left_s) / (right_s - left_s)


def _was_there(expectation: Expectation, before: float | None) -> bool:
    return before is not None and expectation.value is not None and shows(before, expectation.value)


def _shows(expectation: Expectation, value: float, reference: float | None) -> bool:
    if reference is None:
        return False
    if expectation.direction is EffectDirection.REACHES:
        assert expectation.value is not None
        near = SETTLED_WITHIN * abs(expectation.value - reference)
        return abs(value - expectation.value) <= near or shows(value, expectation.value)
    change = value - reference if expectation.direction is EffectDirection.RISES else reference - value
    return change > 0 if expectation.by is None else change >= expectation.by


def _miss(expectation: Expectation, seen: Verification) -> float:
    """Say how far a reading is from showing the effect; without a reference, all are alike."""
    assert seen.observed is not None
    if expectation.direction is EffectDirection.REACHES:
        assert expectation.value is not None
        return abs(seen.observed - expectation.value)
    if seen.change is None:
        return 0.0
    return -seen.change if expectation.direction is EffectDirection.RISES else seen.change
