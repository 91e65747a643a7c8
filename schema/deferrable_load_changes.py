"""Changes of the loads that can wait."""

from datetime import timedelta
from typing import Any

import strawberry

from schema.changes import key_at, needed_key_at, written
from schema.deferrable_load import DeferrableLoad
from schema.payload import Payload
from schema.weekly_hours import minute_at
from twinql.domain.load_planning.deferrable import DeferrableLoad as Definition
from twinql.errors import InvalidInputError

_CHANNEL = "The writable channel on the same site that switches it"
_USUAL = "When it begins if nobody plans, as HH:MM"
_MINUTES = {"earliest": "earliest_minute", "latest": "latest_minute", "usual": "usual_minute"}


@strawberry.input(description="A load that has to run once a day and may choose when.")
class CreateDeferrableLoadInput:
    """What is said of it."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    meter_id: strawberry.ID = strawberry.field(description="The meter behind which it is; never changes.")
    channel_id: strawberry.ID | None = strawberry.field(
        default=None, description=f"{_CHANNEL}; left out where only people do."
    )
    power: float = strawberry.field(description="What it takes while it runs, in kW, more than nothing.")
    run_time: timedelta | None = strawberry.field(
        default=None, description="How long it runs a day, at most 24 hours; exactly one of this and `energy`."
    )
    energy: float | None = strawberry.field(default=None, description="What it needs a day, in kWh.")
    earliest: str = strawberry.field(default="00:00", description="From when on it may run, as HH:MM.")
    latest: str = strawberry.field(
        default="24:00",
        description="By when it is done, as HH:MM; not after `earliest`, it is that of the next day.",
    )
    usual: str | None = strawberry.field(default=None, description=f"{_USUAL}; left out for as soon as it may.")
    interruptible: bool = strawberry.field(default=False, description="Whether it may pause.")
    minimum_run: timedelta | None = strawberry.field(
        default=None, description="How long it runs before it may pause, at least; left out for any."
    )
    counted: bool = strawberry.field(
        default=False,
        description="Whether what its meter is expected to take in contains it already, at its usual time.",
    )
    on_value: float = strawberry.field(default=1.0, description="What its channel is set to for it to run.")
    off_value: float = strawberry.field(default=0.0, description="What its channel is set to for it to stop.")

    def to_domain(self) -> Definition:
        """Say it in the words of the domain."""
        return Definition(
            name=self.name,
            meter_id=needed_key_at(self.meter_id, "meterId", "Meter"),
            channel_id=key_at(self.channel_id, "channelId", "Channel"),
            power_kw=self.power,
            run_time=self.run_time,
            energy_kwh=self.energy,
            earliest_minute=_minute(self.earliest, "earliest"),
            latest_minute=_minute(self.latest, "latest"),
            usual_minute=None if self.usual is None else _minute(self.usual, "usual"),
            interruptible=self.interruptible,
            minimum_run=self.minimum_run,
            counted=self.counted,
            on_value=self.on_value,
            off_value=self.off_value,
        )


@strawberry.input(description="Changes of a load that can wait; what is left out stays as it is.")
class UpdateDeferrableLoadInput:
    """What is said differently."""

    id: strawberry.ID = strawberry.field(description="The load.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    channel_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_CHANNEL}; null where only people do."
    )
    power: float | None = strawberry.field(
        default=strawberry.UNSET, description="What it takes while it runs, in kW; cannot be null."
    )
    run_time: timedelta | None = strawberry.field(
        default=strawberry.UNSET, description="How long it runs a day; null where its energy is said instead."
    )
    energy: float | None = strawberry.field(
        default=strawberry.UNSET, description="What it needs a day, in kWh; null where its run time is said instead."
    )
    earliest: str | None = strawberry.field(
        default=strawberry.UNSET, description="From when on it may run, as HH:MM; cannot be null."
    )
    latest: str | None = strawberry.field(
        default=strawberry.UNSET, description="By when it is done, as HH:MM; cannot be null."
    )
    usual: str | None = strawberry.field(default=strawberry.UNSET, description=f"{_USUAL}; null for as soon as it may.")
    interruptible: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it may pause; cannot be null."
    )
    minimum_run: timedelta | None = strawberry.field(
        default=strawberry.UNSET, description="How long it runs before it may pause, at least; null for any."
    )
    counted: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether what its meter is expected to take in contains it already; cannot be null.",
    )
    on_value: float | None = strawberry.field(
        default=strawberry.UNSET, description="What its channel is set to for it to run; cannot be null."
    )
    off_value: float | None = strawberry.field(
        default=strawberry.UNSET, description="What its channel is set to for it to stop; cannot be null."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        needed = ("name", "power", "earliest", "latest", "interruptible", "counted", "on_value", "off_value")
        said = written(self, leave=("id",), never_null=needed)
        if "channel_id" in said:
            said["channel_id"] = key_at(said["channel_id"], "channelId", "Channel")
        for name, attribute in _MINUTES.items():
            if name in said:
                clock = said.pop(name)
                said[attribute] = None if clock is None else _minute(clock, name)
        for name, attribute in (("power", "power_kw"), ("energy", "energy_kwh")):
            if name in said:
                said[attribute] = said.pop(name)
        return said


def _minute(clock: str, path: str) -> int:
    """Read a time of day; only the last may be 24:00."""
    minute = minute_at(clock, path)
    if minute == 0 and path == "latest":
        return 24 * 60
    if minute == 24 * 60 and path != "latest":
        raise InvalidInputError("Here a day begins at 00:00; write that instead of 24:00.", path=(path,))
    return minute


@strawberry.input(description="A load to take out of use.")
class ArchiveDeferrableLoadInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The load.")


@strawberry.input(description="A load to take back into use.")
class UnarchiveDeferrableLoadInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The load.")


@strawberry.type(description="What became of a load to be described.")
class CreateDeferrableLoadPayload(Payload):
    """The outcome of `createDeferrableLoad`."""

    deferrable_load: DeferrableLoad | None = strawberry.field(
        default=None, description="The new load; null where the input was not taken."
    )


@strawberry.type(description="What became of a load to be described otherwise.")
class UpdateDeferrableLoadPayload(Payload):
    """The outcome of `updateDeferrableLoad`."""

    deferrable_load: DeferrableLoad | None = strawberry.field(
        default=None, description="The load as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a load to be taken out of use.")
class ArchiveDeferrableLoadPayload(Payload):
    """The outcome of `archiveDeferrableLoad`."""

    deferrable_load: DeferrableLoad | None = strawberry.field(
        default=None, description="The load; null where the input was not taken."
    )


@strawberry.type(description="What became of a load to be taken back into use.")
class UnarchiveDeferrableLoadPayload(Payload):
    """The outcome of `unarchiveDeferrableLoad`."""

    deferrable_load: DeferrableLoad | None = strawberry.field(
        default=None, description="The load; null where the input was not taken."
    )
