"""What people lay down: which interlock judges a channel, with which numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from math import isfinite
from typing import Final

from twinql.domain.interlocks.verdict import InterlockKind
from twinql.domain.wording import cleaned
from twinql.errors import InvalidInputError

LONGEST_NAME: Final = 200
LONGEST_HOLD: Final = timedelta(hours=24)
LONGEST_AGE: Final = timedelta(days=30)
MOST_PER_HOUR: Final = 3600

_K = InterlockKind
_BOUNDS = ("minimum", "maximum")
_GUARD = ("applies_from", "applies_to")
TAKES: Final[Mapping[InterlockKind, tuple[str, ...]]] = {
    _K.RANGE: _BOUNDS,
    _K.RATE_OF_CHANGE: ("rate_per_minute", "max_age", *_GUARD),
    _K.MINIMUM_ON_TIME: ("hold_for", "on_above", "max_age"),
    _K.MINIMUM_OFF_TIME: ("hold_for", "on_above", "max_age"),
    _K.MUTUAL_EXCLUSION: ("on_above", "max_age"),
    _K.CONDITION: (*_BOUNDS, "max_age", *_GUARD),
    _K.COMMANDS_PER_HOUR: ("per_hour", *_GUARD),
    _K.INPUT_QUALITY: ("max_age", *_GUARD),
}
"""What can be said of each kind; the others are built in, and hold for every channel."""
_NEEDS: Final[Mapping[InterlockKind, tuple[str, ...]]] = {
    _K.RATE_OF_CHANGE: ("rate_per_minute",),
    _K.MINIMUM_ON_TIME: ("hold_for",),
    _K.MINIMUM_OFF_TIME: ("hold_for",),
    _K.COMMANDS_PER_HOUR: ("per_hour",),
}
ALWAYS_BESIDE: Final = frozenset({_K.MUTUAL_EXCLUSION, _K.CONDITION})
"""Kinds that look at another channel; INPUT_QUALITY may."""
SWITCHED: Final = frozenset({_K.MINIMUM_ON_TIME, _K.MINIMUM_OFF_TIME, _K.MUTUAL_EXCLUSION})
"""Kinds that tell on from off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterlockDefinition:
    """What an interlock says; what a kind does not take is None.

    Attributes:
        name: What people call it.
        kind: What it looks at.
        minimum: RANGE: the least that may be asked. CONDITION: the least that the other channel may read. [unit of that
            channel]
        maximum: The most, likewise. [the same]
        rate_per_minute: RATE_OF_CHANGE: how far values within a minute may lie apart. [unit of the channel]
        hold_for: MINIMUM_ON_TIME, MINIMUM_OFF_TIME: how long it stays on, or off; whole seconds.
        on_above: A channel is on while its value lies further from zero than this. [unit of the channel]
        per_hour: COMMANDS_PER_HOUR: how many may be sent within an hour.
        max_age: How old the reading may be that it looks at; whole seconds. None for what is usual for the channel.
        applies_from: It judges commands for this value and above; None for no lower end. [unit of the channel]
        applies_to: It judges commands for this value and below; None for no upper end. [unit of the channel]
    """

    name: str
    kind: InterlockKind
    minimum: float | None = None
    maximum: float | None = None
    rate_per_minute: float | None = None
    hold_for: timedelta | None = None
    on_above: float | None = None
    per_hour: int | None = None
    max_age: timedelta | None = None
    applies_from: float | None = None
    applies_to: float | None = None

    def checked(self, *, beside: bool) -> "InterlockDefinition":
        """Return it with its name cleaned and the switching threshold in place.

        Args:
            beside: Whether another channel is named.

        Raises:
            InvalidInputError: It cannot be meant; the path says which part.
        """
        given = replace(self, name=cleaned(self.name, "name", "name", longest=LONGEST_NAME))
        _check_kind(given, beside=beside)
        if given.kind in SWITCHED and given.on_above is None:
            given = replace(given, on_above=0.0)
        _check_numbers(given)
        return given

    def guards(self, desired: float) -> bool:
        """Say whether it judges commands for a value, in the unit of the channel."""
        low, high = self.applies_from, self.applies_to
        return (low is None or desired >= low) and (high is None or desired <= high)


def _check_kind(given: InterlockDefinition, *, beside: bool) -> None:
    takes = TAKES.get(given.kind)
    if takes is None:
        laid_down = ", ".join(kind.name for kind in TAKES)
        message = f"{given.kind.name} is built in and holds for every channel; lay down one of {laid_down}."
        raise InvalidInputError(message, path=("kind",))
    for each in fields(given):
        if each.name not in {"name", "kind", *takes} and getattr(given, each.name) is not None:
            message = f"{given.kind.name} takes no {_camel(each.name)}; leave it out."
            raise InvalidInputError(message, path=(_camel(each.name),))
    for name in _NEEDS.get(given.kind, ()):
        if getattr(given, name) is None:
            raise InvalidInputError(f"{given.kind.name} needs {_camel(name)}; say how much.", path=(_camel(name),))
    if set(_BOUNDS) <= set(takes) and given.minimum is None and given.maximum is None:
        raise InvalidInputError(f"{given.kind.name} needs minimum, maximum or both.", path=("minimum",))
    if given.kind in ALWAYS_BESIDE and not beside:
        message = f"{given.kind.name} looks at another channel; name it with otherChannelId."
        raise InvalidInputError(message, path=("otherChannelId",))
    if beside and given.kind not in ALWAYS_BESIDE | {_K.INPUT_QUALITY}:
        message = f"{given.kind.name} looks at no other channel; leave otherChannelId out."
        raise InvalidInputError(message, path=("otherChannelId",))


def _check_numbers(given: InterlockDefinition) -> None:
    for name in (*_BOUNDS, *_GUARD, "rate_per_minute", "on_above"):
        value = getattr(given, name)
        if value is not None and not isfinite(value):
            raise InvalidInputError("This is not a finite number; send one.", path=(_camel(name),))
    for low, high in (_BOUNDS, _GUARD):
        least, most = getattr(given, low), getattr(given, high)
        if least is not None and most is not None and least > most:
            message = f"{_camel(low)} lies above {_camel(high)}; exchange them."
            raise InvalidInputError(message, path=(_camel(low),))
    if given.rate_per_minute is not None and given.rate_per_minute <= 0:
        raise InvalidInputError("A rate of change is more than zero.", path=("ratePerMinute",))
    if given.on_above is not None and given.on_above < 0:
        raise InvalidInputError("How far from zero a channel is on is not below zero.", path=("onAbove",))
    if given.per_hour is not None and not 1 <= given.per_hour <= MOST_PER_HOUR:
        raise InvalidInputError(f"Choose 1 to {MOST_PER_HOUR} commands an hour.", path=("perHour",))
    for name, longest in (("hold_for", LONGEST_HOLD), ("max_age", LONGEST_AGE)):
        span = getattr(given, name)
        if span is not None and not _is_span(span, longest):
            most = f"{longest.total_seconds() / 3600:g} hours"
            raise InvalidInputError(f"Choose whole seconds, from one to {most}.", path=(_camel(name),))


def _is_span(span: timedelta, longest: timedelta) -> bool:
    return timedelta(seconds=1) <= span <= longest and not span % timedelta(seconds=1)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
