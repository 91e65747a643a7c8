"""What people lay down in a rule of their own, and what cannot be meant."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import isfinite
from typing import Final, Self
from uuid import UUID

from twinql.domain.automation.autonomy import AutonomyLevel
from twinql.domain.automation.condition import BEYOND, Condition, ConditionComparison, ConditionMeasure
from twinql.domain.automation.machine import AT_ANY_TIME, Timing
from twinql.domain.channels import ReadingKind
from twinql.domain.commands import LONGEST_LIFE, SHORTEST_LIFE, USUAL_LIFE
from twinql.domain.decisions.vocabulary import Urgency
from twinql.domain.verification import Expectation
from twinql.domain.wording import cleaned
from twinql.errors import InvalidInputError

MOST_CONDITIONS: Final = 10
LONGEST_HOLD: Final = timedelta(days=7)
LONGEST_BETWEEN: Final = timedelta(days=30)
LONGEST_AHEAD: Final = timedelta(hours=24)
LONGEST_AGE: Final = timedelta(days=30)
_LARGEST: Final = 1e100
_SECOND: Final = timedelta(seconds=1)
_BEST_HEALTH: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """What a rule asks of an actuator.

    Attributes:
        channel_id: The channel to be set.
        desired: The value it shall have. [unit of the channel]
        expires_in: How long the command stays worth sending.
        expect: The effect by which it is verified; None where its channel alone has to show the value.
    """

    channel_id: UUID
    desired: float
    expires_in: timedelta = USUAL_LIFE
    expect: Expectation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOfRule:
    """What must be known of a channel that a rule names.

    Attributes:
        name: What people call it.
        kind: How its values are to be read.
        asset_id: Its asset; None where it belongs to the site itself.
        states: Labels by code, for STATE channels.
        writable: Whether commands may set it.
        minimum: The lowest value that a command may set; None for none. [unit of the channel]
        maximum: The highest one; None for none. [unit of the channel]
        lowest: It reads nothing below this; None where nobody knows. [unit of the channel]
        highest: It reads nothing above this; None where nobody knows. [unit of the channel]
    """

    name: str
    kind: ReadingKind
    asset_id: UUID | None
    states: Mapping[float, str] = field(default_factory=dict)
    writable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefinition:
    """A rule of people: when all conditions hold, it decides.

    Attributes:
        name: What people call it.
        conditions: All that has to hold at once.
        level: How far TwinQL may act on it by itself, at most.
        urgency: How soon somebody should act on what it decides.
        timing: For how long, how often and when.
        setpoint: What to ask of an actuator; None asks somebody to look.
    """

    name: str
    conditions: tuple[Condition, ...]
    level: AutonomyLevel = AutonomyLevel.ADVISE
    urgency: Urgency = Urgency.MEDIUM
    timing: Timing = AT_ANY_TIME
    setpoint: Setpoint | None = None

    @property
    def channel_ids(self) -> list[UUID]:
        """All channels that it names."""
        named = [each.channel_id for each in self.conditions]
        if self.setpoint is not None:
            named.append(self.setpoint.channel_id)
            if self.setpoint.expect is not None:
                named.append(self.setpoint.expect.channel_id)
        return list(dict.fromkeys(named))

    def checked(self, channels: Mapping[UUID, ChannelOfRule]) -> Self:
        """Return the same with its name trimmed.

        Args:
            channels: The channels that it names, all of its site.

        Raises:
            InvalidInputError: Something cannot be meant; its path says what.
        """
        if not 1 <= len(self.conditions) <= MOST_CONDITIONS:
            message = f"A rule has 1 to {MOST_CONDITIONS} conditions, which all have to hold."
            raise InvalidInputError(message, path=("conditions",))
        for place, condition in enumerate(self.conditions):
            _check_condition(condition, channels[condition.channel_id], "conditions", str(place))
        _check_timing(self.timing)
        if self.setpoint is not None:
            _check_setpoint(self.setpoint, channels[self.setpoint.channel_id])
        if self.asset_id(channels) is None:
            message = "A decision speaks of a meter or machine; name a channel of one in a condition or in `set`."
            raise InvalidInputError(message, path=("conditions",))
        return replace(self, name=cleaned(self.name, "name", "name"))

    def asset_id(self, channels: Mapping[UUID, ChannelOfRule]) -> UUID | None:
        """Return of which asset its decisions speak: that of the first channel named that has one."""
        return next((asset for each in self.channel_ids if (asset := channels[each].asset_id) is not None), None)


def _check_condition(condition: Condition, channel: ChannelOfRule, *path: str) -> None:
    _check_comparison(condition, channel, *path)
    if not (isfinite(condition.threshold) and abs(condition.threshold) <= _LARGEST):
        raise InvalidInputError("No channel reads such a number.", path=(*path, "threshold"))
    _check_reach(condition, channel, *path)
    if condition.measure is ConditionMeasure.HEALTH and not 0 <= condition.threshold <= _BEST_HEALTH:
        raise InvalidInputError("Health lies between 0 and 100 points.", path=(*path, "threshold"))
    if condition.measure is ConditionMeasure.AGE and condition.threshold <= 0:
        raise InvalidInputError("An age is compared with seconds above zero.", path=(*path, "threshold"))
    if not 0 <= condition.hysteresis <= _LARGEST:
        raise InvalidInputError("The hysteresis is zero or above.", path=(*path, "hysteresis"))
    if condition.hysteresis and condition.comparison not in BEYOND:
        message = "A state has no hysteresis: leave it out, or compare with ABOVE or BELOW."
        raise InvalidInputError(message, path=(*path, "hysteresis"))
    _check_span(
        condition.within,
        wanted=condition.measure is ConditionMeasure.FORECAST,
        longest=LONGEST_AHEAD,
        said="Say how far a FORECAST looks ahead, one second to 24 hours, and of no other measure.",
        path=(*path, "within"),
    )
    if condition.max_age is not None:
        _check_span(
            condition.max_age,
            wanted=condition.measure is ConditionMeasure.VALUE,
            longest=LONGEST_AGE,
            said="Say how old a VALUE may be, one second to 30 days, and of no other measure.",
            path=(*path, "maxAge"),
        )


def _check_comparison(condition: Condition, channel: ChannelOfRule, *path: str) -> None:
    of_states = channel.kind is ReadingKind.STATE
    if of_states and condition.measure in {ConditionMeasure.FORECAST, ConditionMeasure.DRIFT, ConditionMeasure.NOISE}:
        message = f"{channel.name} has states, which have no {condition.measure.name}; ask for its VALUE."
        raise InvalidInputError(message, path=(*path, "measure"))
    coded = of_states and condition.measure is ConditionMeasure.VALUE
    if coded is (condition.comparison in BEYOND):
        message = (
            f"{channel.name} has states: compare with IS or IS_NOT."
            if coded
            else "Numbers are compared with ABOVE or BELOW; IS and IS_NOT are for the states of a STATE channel."
        )
        raise InvalidInputError(message, path=(*path, "comparison"))
    if coded and condition.threshold not in channel.states:
        raise InvalidInputError(_no_such_state(channel), path=(*path, "state"))


def _check_reach(condition: Condition, channel: ChannelOfRule, *path: str) -> None:
    """Refuse what the channel can never read."""
    low, high = channel.lowest, channel.highest
    above, below = (condition.comparison is each for each in (ConditionComparison.ABOVE, ConditionComparison.BELOW))
    too_high = above and high is not None and condition.threshold >= high
    too_low = below and low is not None and condition.threshold <= low
    if condition.measure in {ConditionMeasure.VALUE, ConditionMeasure.FORECAST} and (too_high or too_low):
        span = f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
        message = f"{channel.name} reads {span}, so this would never hold; choose a threshold within."
        raise InvalidInputError(message, path=(*path, "threshold"))


def _check_timing(timing: Timing) -> None:
    for span, longest, path in (
        (timing.holds_for, LONGEST_HOLD, "holdsFor"),
        (timing.minimum_between, LONGEST_BETWEEN, "minimumBetween"),
    ):
        if not timedelta() <= span <= longest or span % _SECOND:
            message = f"Write whole seconds, from none to {longest.days} days."
            raise InvalidInputError(message, path=(path,))
    timing.hours.checked("hours")


def _check_setpoint(setpoint: Setpoint, channel: ChannelOfRule) -> None:
    if not channel.writable:
        message = f"{channel.name} is only measured; name a writable channel."
        raise InvalidInputError(message, path=("set", "channelId"))
    if channel.kind is ReadingKind.STATE and setpoint.desired not in channel.states:
        raise InvalidInputError(_no_such_state(channel), path=("set", "action"))
    low, high = channel.minimum, channel.maximum
    below, above = low is not None and setpoint.desired < low, high is not None and setpoint.desired > high
    if not isfinite(setpoint.desired) or abs(setpoint.desired) > _LARGEST or below or above:
        span = f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
        message = f"{channel.name} takes {span}; ask for a value within."
        raise InvalidInputError(message, path=("set", "desired"))
    if not SHORTEST_LIFE <= setpoint.expires_in <= LONGEST_LIFE or setpoint.expires_in % _SECOND:
        message = "A command lives for whole seconds, from one to 24 hours."
        raise InvalidInputError(message, path=("set", "expiresIn"))
    if setpoint.expect is not None:
        try:
            setpoint.expect.check()
        except InvalidInputError as error:
            raise InvalidInputError(error.message, path=("set", *error.path)) from error


def _check_span(span: timedelta | None, *, wanted: bool, longest: timedelta, said: str, path: tuple[str, ...]) -> None:
    fits = span is not None and _SECOND <= span <= longest and not span % _SECOND
    if fits is not wanted or (not wanted and span is not None):
        raise InvalidInputError(said, path=path)


def _no_such_state(channel: ChannelOfRule) -> str:
    known = ", ".join(channel.states.values())
    return f"{channel.name} has no such state; it knows {known}."
