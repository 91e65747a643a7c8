"""What is asked of a temperature."""

from datetime import timedelta
from uuid import UUID

import strawberry

from schema.declared import key_of
from twinql.domain.scenarios.question import Assumption, NamedDriver, NewSetpoint, NewThermostat, TemperatureWhatIf
from twinql.domain.thermal.drivers import DriverRole
from twinql.errors import InvalidInputError


@strawberry.input(
    description="A value that a channel is assumed to have for a while; a value, or the label of a state."
)
class AssumptionInput:
    """An assumption."""

    channel_id: strawberry.ID = strawberry.field(description="A channel that moves the temperature.")
    value: float | None = strawberry.field(default=None, description="Its value, in its unit; null for a state.")
    state: str | None = strawberry.field(default=None, description="The label of its state, such as OFF.")
    after: timedelta = strawberry.field(default=timedelta(), description="From when on, since now.")
    for_: timedelta | None = strawberry.field(name="for", default=None, description="For how long; null to the end.")

    def to_domain(self, place: int) -> Assumption:
        """Say it in the words of the domain."""
        channel = _channel(self.channel_id, "assumptions", str(place), "channelId")
        return Assumption(channel, self.value, self.state, self.after, self.for_)


@strawberry.input(description="A channel that moves the temperature.")
class ThermalDriverInput:
    """What moves it, as it is named."""

    channel_id: strawberry.ID = strawberry.field(description="The channel.")
    role: DriverRole | None = strawberry.field(
        default=None, description="How it enters the heat balance; left out where its quantity says it."
    )
    sink_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Of a FLOW: the channel of the temperature to which it opens a path; left out where nobody "
        "measures that.",
    )

    def to_domain(self, place: int) -> NamedDriver:
        """Say it in the words of the domain."""
        path = ("drivers", str(place))
        sink = None if self.sink_id is None else _channel(self.sink_id, *path, "sinkId")
        return NamedDriver(_channel(self.channel_id, *path, "channelId"), self.role, sink)


@strawberry.input(description="A new setpoint: what follows is seen from how the channel followed earlier ones.")
class SetpointInput:
    """A setpoint."""

    channel_id: strawberry.ID = strawberry.field(description="The channel of the setpoint.")
    value: float = strawberry.field(description="Its new value, in the unit of the channel that follows it.")
    tolerance: float = strawberry.field(
        default=0.0, description="How far beyond it is no overshoot, in that unit as a difference."
    )

    def to_domain(self) -> NewSetpoint:
        """Say it in the words of the domain."""
        return NewSetpoint(_channel(self.channel_id, "setpoint", "channelId"), self.value, self.tolerance)


@strawberry.input(description="A control that is assumed: it switches a channel that moves the temperature.")
class ThermostatInput:
    """A thermostat."""

    channel_id: strawberry.ID = strawberry.field(description="The channel that it switches.")
    setpoint: float = strawberry.field(description="What the temperature shall be, in its unit.")
    hysteresis: float = strawberry.field(
        default=1.0, description="It switches half of this below and above, in the unit as a difference."
    )
    off: float = strawberry.field(default=0.0, description="The channel's value when it is off, in its unit.")
    on: float = strawberry.field(default=1.0, description="The channel's value when it is on, in its unit.")
    cools: bool = strawberry.field(description="Whether it cools when it is on; else it heats.")

    def to_domain(self) -> NewThermostat:
        """Say it in the words of the domain."""
        return NewThermostat(
            channel_id=_channel(self.channel_id, "thermostat", "channelId"),
            setpoint=self.setpoint,
            hysteresis=self.hysteresis,
            off=self.off,
            on=self.on,
            cools=self.cools,
        )


@strawberry.input(description="What would a temperature do if.")
class TemperatureScenarioInput:
    """A question about a temperature."""

    channel_id: strawberry.ID = strawberry.field(description="The temperature.")
    horizon: timedelta = strawberry.field(description="How far ahead, up to 7 days, such as PT2H.")
    level: float = strawberry.field(
        default=0.8, description="Share of outcomes that should lie between p10 and p90, 0.5 to 0.99."
    )
    assumptions: list[AssumptionInput] = strawberry.field(
        default_factory=list,
        description="What is assumed of channels that move it, at most 20; of one channel the last.",
    )
    drivers: list[ThermalDriverInput] | None = strawberry.field(
        default=None,
        description="What moves it, at most 10. Left out, that is found on its asset, the asset's parts and parent, "
        "and its site: power, speed, what is switched, surrounding temperatures, irradiance.",
    )
    setpoint: SetpointInput | None = strawberry.field(
        default=None, description="A new setpoint, of any measured channel that follows one; asked of alone."
    )
    thermostat: ThermostatInput | None = strawberry.field(
        default=None, description="A control that is assumed: is there an overshoot, and when is its setpoint reached?"
    )
    thresholds: list[float] | None = strawberry.field(
        default=None,
        description="Whose first crossing is wanted, in its unit, at most 10; left out, the limits of the channel.",
    )

    def to_domain(self) -> TemperatureWhatIf:
        """Say it in the words of the domain."""
        drivers = None if self.drivers is None else [each.to_domain(place) for place, each in enumerate(self.drivers)]
        return TemperatureWhatIf(
            channel_id=_channel(self.channel_id, "channelId"),
            horizon=self.horizon,
            level=self.level,
            assumptions=[each.to_domain(place) for place, each in enumerate(self.assumptions)],
            drivers=drivers,
            setpoint=None if self.setpoint is None else self.setpoint.to_domain(),
            thermostat=None if self.thermostat is None else self.thermostat.to_domain(),
            thresholds=self.thresholds,
        )


def _channel(text: strawberry.ID, *path: str) -> UUID:
    """Read the id of a channel in a question about a temperature; the path says where it stands."""
    return key_in(text, "Channel", "temperature", *path)


def key_in(text: strawberry.ID, kind: str, *path: str) -> UUID:
    """Read a global id of one type; the path says where it stands in the input."""
    try:
        return key_of(text, kind)
    except InvalidInputError as error:
        raise InvalidInputError(error.message, path=path) from error
