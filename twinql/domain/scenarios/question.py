"""What is asked of a temperature."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import Any, Final
from uuid import UUID

from twinql.domain.scenarios.scenario import ScenarioRefusal
from twinql.domain.thermal.drivers import DriverRole
from twinql.errors import InvalidInputError, RangeTooLargeError

LONGEST_HORIZON: Final = timedelta(days=7)
LEVELS: Final = (0.5, 0.99)
MOST_ASSUMPTIONS: Final = 20
MOST_DRIVERS: Final = 10
"""A fit of so many takes some seconds, and of twice as many a minute."""
MOST_THRESHOLDS: Final = 10
_PLACE: Final = "temperature"


@dataclass(frozen=True, slots=True)
class Assumption:
    """A value that a channel is assumed to have for a while.

    Attributes:
        channel_id: The channel.
        value: Its value; None where a state is named. [unit of the channel]
        state: The label of its state; None where a value is given.
        after: From when on, since now.
        lasting: For how long; None to the end.
    """

    channel_id: UUID
    value: float | None
    state: str | None
    after: timedelta = timedelta()
    lasting: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NamedDriver:
    """A channel that is said to move the temperature.

    Attributes:
        channel_id: The channel.
        role: How; None where its quantity says it.
        sink_id: Of a flow: the temperature to which it opens a path; None where nobody measures that.
    """

    channel_id: UUID
    role: DriverRole | None
    sink_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewSetpoint:
    """A setpoint that is changed; what the channel does about it is seen from its past.

    Attributes:
        channel_id: The channel of the setpoint.
        value: Its new value. [unit of that channel]
        tolerance: How far beyond it is no overshoot. [unit of that channel, as a difference]
    """

    channel_id: UUID
    value: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class NewThermostat:
    """A control that is assumed: it switches an input between two values.

    Attributes:
        channel_id: The input that it switches.
        setpoint: What the temperature shall be. [unit of the channel]
        hysteresis: It switches half of this below and above. [unit of the channel]
        off: The value of the input when it is off. [its unit]
        on: The value of the input when it is on. [its unit]
        cools: Whether it cools when it is on.
    """

    channel_id: UUID
    setpoint: float
    hysteresis: float
    off: float
    on: float
    cools: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureWhatIf:
    """What is asked.

    Attributes:
        channel_id: The temperature.
        horizon: How far to look ahead.
        level: Share of outcomes that should lie between the bounds.
        assumptions: What is assumed of channels that move it.
        drivers: What moves it; None where that is to be found.
        setpoint: A new setpoint, asked of alone; None where none is asked about.
        thermostat: A control that is assumed; None where none is.
        thresholds: Whose crossing is looked for; None for the limits of the channel. [unit of the channel]
    """

    channel_id: UUID
    horizon: timedelta
    level: float
    assumptions: Sequence[Assumption]
    drivers: Sequence[NamedDriver] | None
    setpoint: NewSetpoint | None
    thermostat: NewThermostat | None
    thresholds: Sequence[float] | None

    def check(self) -> None:
        """Refuse what can never be worked out.

        Raises:
            InvalidInputError: Nothing is asked, too much, or what contradicts itself.
        """
        if not (self.assumptions or self.setpoint or self.thermostat):
            message = "Nothing is assumed, so nothing would be different; give assumptions, a setpoint or a thermostat."
            raise InvalidInputError(message, path=(_PLACE, "assumptions"))
        if self.setpoint and (self.assumptions or self.thermostat or self.drivers):
            message = "How a setpoint is followed is seen from its own past; ask of it alone."
            raise InvalidInputError(message, path=(_PLACE, "setpoint"))
        low, high = LEVELS
        if not low <= self.level <= high:
            raise InvalidInputError(f"The level is a share between {low} and {high}.", path=(_PLACE, "level"))
        self._check_horizon()
        self._check_thermostat()
        self._check_counts()
        self._check_numbers()

    def refusal(self) -> ScenarioRefusal | None:
        """Say why nobody can know it, whatever was read; None where it depends on that."""
        if self.horizon <= LONGEST_HORIZON:
            return None
        message = f"Nobody knows what moves the temperature {self.horizon.days} days ahead."
        return ScenarioRefusal("HORIZON_TOO_LONG", message, f"A horizon of at most {LONGEST_HORIZON.days} days.")

    def _check_horizon(self) -> None:
        if self.horizon < timedelta(seconds=1):
            raise InvalidInputError("A scenario reaches a second ahead at least.", path=(_PLACE, "horizon"))
        for place, each in enumerate(self.assumptions):
            path = (_PLACE, "assumptions", str(place))
            if not timedelta() <= each.after < self.horizon:
                raise InvalidInputError("An assumption begins now or within the horizon.", path=(*path, "after"))
            if each.lasting is not None and each.lasting <= timedelta():
                raise InvalidInputError("An assumption lasts for some time.", path=(*path, "for"))
            if (each.value is None) == (each.state is None):
                raise InvalidInputError("An assumption has either a value or a state.", path=path)

    def _check_thermostat(self) -> None:
        if self.thermostat is None:
            return
        if any(each.channel_id == self.thermostat.channel_id for each in self.assumptions):
            message = "What a thermostat switches cannot be assumed as well; leave one of the two out."
            raise InvalidInputError(message, path=(_PLACE, "thermostat", "channelId"))
        if self.thermostat.off == self.thermostat.on:
            message = "A thermostat switches between two values; give two different ones."
            raise InvalidInputError(message, path=(_PLACE, "thermostat", "on"))

    def _check_counts(self) -> None:
        for name, given, most in (
            ("assumptions", self.assumptions, MOST_ASSUMPTIONS),
            ("drivers", self.drivers or (), MOST_DRIVERS),
            ("thresholds", self.thresholds or (), MOST_THRESHOLDS),
        ):
            if len(given) > most:
                raise RangeTooLargeError(
                    f"At most {most} {name} are taken, and these are {len(given)}.", path=(_PLACE, name)
                )

    def _check_numbers(self) -> None:
        for place, each in enumerate(self.assumptions):
            _check_number(each.value, "assumptions", str(place), "value")
        for place, threshold in enumerate(self.thresholds or ()):
            _check_number(threshold, "thresholds", str(place))
        if self.setpoint:
            _check_number(self.setpoint.value, "setpoint", "value")
            _check_number(self.setpoint.tolerance, "setpoint", "tolerance", least=0.0)
        if self.thermostat:
            for name in ("setpoint", "off", "on"):
                _check_number(getattr(self.thermostat, name), "thermostat", name)
            _check_number(self.thermostat.hysteresis, "thermostat", "hysteresis", least=0.0)

    def asked(self) -> dict[str, Any]:
        """Write down what was asked, for JSON."""
        return {
            "assumptions": [
                {
                    "channel_id": str(each.channel_id),
                    "value": each.value,
                    "state": each.state,
                    "after_s": each.after.total_seconds(),
                    "for_s": None if each.lasting is None else each.lasting.total_seconds(),
                }
                for each in self.assumptions
            ],
            "setpoint": None
            if self.setpoint is None
            else {"channel_id": str(self.setpoint.channel_id), "value": self.setpoint.value},
            "thermostat": None
            if self.thermostat is None
            else {"channel_id": str(self.thermostat.channel_id), "value": self.thermostat.setpoint},
        }


def _check_number(value: float | None, *path: str, least: float = -1e9) -> None:
    if value is not None and least == 0.0 and value < 0.0:
        raise InvalidInputError("This is a difference, and not negative.", path=(_PLACE, *path))
    if value is not None and not (isfinite(value) and least <= value <= 1e9):  # noqa: PLR2004 - no such thing is measured
        raise InvalidInputError("No measured quantity is such a number.", path=(_PLACE, *path))
