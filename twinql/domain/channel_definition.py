"""What people say of a channel, and what cannot be right about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Self

from twinql.domain.channels import FlowDirection, Plausibility, ReadingKind
from twinql.domain.units import Quantity, Unit, check_fit
from twinql.domain.wording import check_factor, check_key, cleaned
from twinql.errors import InvalidInputError

SHORTEST_RESOLUTION = timedelta(seconds=1)
LONGEST_RESOLUTION = timedelta(days=366)
MOST_STATES = 200
LONGEST_LABEL = 100
_COUNTED = (ReadingKind.INTERVAL, ReadingKind.CUMULATIVE)


@dataclass(frozen=True, slots=True)
class State:
    """A state of a STATE channel.

    Attributes:
        code: The value of a reading in this state.
        label: What people call it.
    """

    code: float
    label: str


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """Limits at which an alarm is due, from the lowest to the highest, in the unit of the channel.

    The deadband says how far back inside a limit a value must come before the alarm returns.
    """

    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None
    deadband: float | None = None


@dataclass(frozen=True, slots=True)
class TargetBand:
    """Where a value should be, in the unit of the channel; None for no end on that side."""

    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDefinition:
    """What people say of a channel.

    Attributes:
        key: Its short name on its asset or site.
        name: What they call it.
        quantity: What it measures or controls.
        unit: The unit of its stored values.
        kind: How its values are to be read.
        direction: Which way it counts, where something flows.
        resolution: Time between two readings when all is well; the length of an INTERVAL.
        writable: Whether commands may set it.
        schedule: Whether its readings may lie in the future.
        states: What a STATE channel can be in.
        register_maximum: Where a CUMULATIVE register starts again from zero. [unit]
        multiplier: What a value is multiplied by to give what flowed: the ratio of current and voltage transformers,
            the worth of a pulse.
        register: Which register of its meter a CUMULATIVE channel is, where there are several: day, night.
        limits: When an alarm is due. [unit]
        target: Where the value should be. [unit]
        plausibility: What cannot be right. [unit]
        needs_approval: Whether a second person approves commands to it.
    """

    key: str
    name: str
    quantity: Quantity
    unit: Unit
    kind: ReadingKind
    direction: FlowDirection | None = None
    resolution: timedelta | None = None
    writable: bool = False
    schedule: bool = False
    states: Sequence[State] = ()
    register_maximum: float | None = None
    multiplier: Decimal = Decimal(1)
    register: str | None = None
    limits: AlarmLimits = field(default_factory=AlarmLimits)
    target: TargetBand = field(default_factory=TargetBand)
    plausibility: Plausibility = field(default_factory=Plausibility)
    needs_approval: bool = False

    def checked(self) -> Self:
        """Return the same with names trimmed.

        Raises:
            InvalidInputError: Something cannot be right; its path says what.
        """
        check_key(self.key, "key", "spindle_temperature", "key")
        name = cleaned(self.name, "name", "name")
        check_fit(self.quantity, self.unit)
        _check_resolution(self.kind, self.resolution)
        states = _checked_states(self.kind, self.states)
        _check_register(self.kind, self.register_maximum)
        _check_metering(self)
        _check_limits(self.limits)
        _check_target(self.target)
        _check_plausibility(self.plausibility)
        return replace(self, name=name, states=states)

    def means_the_same(self, other: "ChannelDefinition") -> bool:
        """Say whether a stored value means the same under both definitions."""
        mine, others = (
            (each.quantity, each.unit, each.kind, each.kind is ReadingKind.INTERVAL and each.resolution)
            for each in (self, other)
        )
        return mine == others


def name_for(key: str) -> str:
    """Return what a channel is called where nobody says: its key as words."""
    return key.replace("_", " ").strip().capitalize()


def _check_resolution(kind: ReadingKind, resolution: timedelta | None) -> None:
    if resolution is None:
        if kind is ReadingKind.INTERVAL:
            raise InvalidInputError(
                "An INTERVAL channel needs a resolution, the length of its intervals, such as PT30M.",
                path=("resolution",),
            )
        return
    if not SHORTEST_RESOLUTION <= resolution <= LONGEST_RESOLUTION or resolution % SHORTEST_RESOLUTION:
        raise InvalidInputError("A resolution is of whole seconds, from PT1S to P366D.", path=("resolution",))


def _checked_states(kind: ReadingKind, states: Sequence[State]) -> tuple[State, ...]:
    if (kind is ReadingKind.STATE) != bool(states):
        raise InvalidInputError(
            "A STATE channel needs states, each with a code and a label."
            if not states
            else "Only a STATE channel has states; leave them out.",
            path=("states",),
        )
    if len(states) > MOST_STATES:
        raise InvalidInputError(
            f"A channel has at most {MOST_STATES} states, and {len(states)} were given.", path=("states",)
        )
    codes: set[float] = set()
    labels: set[str] = set()
    taken = []
    for place, state in enumerate(states):
        label = cleaned(state.label, "label", "states", str(place), "label", longest=LONGEST_LABEL)
        if state.code in codes:
            raise InvalidInputError(
                f"The code {state.code:g} stands twice; give each state its own.", path=("states", str(place), "code")
            )
        if label.casefold() in labels:
            raise InvalidInputError(
                "This label stands twice; give each state its own.", path=("states", str(place), "label")
            )
        codes.add(state.code)
        labels.add(label.casefold())
        taken.append(replace(state, label=label))
    return tuple(taken)


def _check_register(kind: ReadingKind, maximum: float | None) -> None:
    if maximum is None:
        return
    if kind is not ReadingKind.CUMULATIVE:
        raise InvalidInputError(
            "Only a CUMULATIVE channel has a register that starts again; leave registerMaximum out.",
            path=("registerMaximum",),
        )
    if maximum <= 0:
        raise InvalidInputError("A register starts again at a value above zero.", path=("registerMaximum",))


def _check_metering(channel: ChannelDefinition) -> None:
    if channel.multiplier != 1:
        if channel.quantity not in (Quantity.ENERGY, Quantity.VOLUME) or channel.kind not in _COUNTED:
            raise InvalidInputError(
                "Only an INTERVAL or CUMULATIVE channel of energy or volume has a multiplier; leave it out.",
                path=("multiplier",),
            )
        check_factor(channel.multiplier, "multiplier", "multiplier", digits=6, places=6)
    if channel.register is not None:
        if channel.kind is not ReadingKind.CUMULATIVE:
            raise InvalidInputError(
                "Only a CUMULATIVE channel is one of the registers of a meter; leave register out.", path=("register",)
            )
        check_key(channel.register, "register", "day", "register")


def _check_limits(limits: AlarmLimits) -> None:
    steps = {"lowLow": limits.low_low, "low": limits.low, "high": limits.high, "highHigh": limits.high_high}
    below: tuple[str, float] | None = None
    for name, limit in steps.items():
        if limit is None:
            continue
        if below is not None and below[1] > limit:
            raise InvalidInputError(
                f"Limits rise from lowLow over low and high to highHigh, but {below[0]} ({below[1]:g}) lies above "
                f"{name} ({limit:g}).",
                path=("limits", name),
            )
        below = name, limit
    if limits.deadband is not None and limits.deadband < 0:
        raise InvalidInputError(
            "The deadband is zero or above; leave it out where an alarm returns as soon as the limit is kept.",
            path=("limits", "deadband"),
        )


def _check_target(target: TargetBand) -> None:
    lowest, highest = target.minimum, target.maximum
    if lowest is not None and highest is not None and lowest > highest:
        raise InvalidInputError(
            f"The target's minimum ({lowest:g}) lies above its maximum ({highest:g}); swap them or mend one.",
            path=("target", "minimum"),
        )


def _check_plausibility(plausibility: Plausibility) -> None:
    lowest, highest, rate = plausibility.minimum, plausibility.maximum, plausibility.rate_per_minute
    if lowest is not None and highest is not None and lowest > highest:
        raise InvalidInputError(
            f"The plausible minimum ({lowest:g}) lies above the maximum ({highest:g}); swap them or mend one.",
            path=("plausibility", "minimum"),
        )
    if rate is not None and rate <= 0:
        raise InvalidInputError(
            "The fastest plausible change is above zero; leave it out where any change is plausible.",
            path=("plausibility", "ratePerMinute"),
        )
