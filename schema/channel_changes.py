"""Changes of channels."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from schema.automation_rule import AutomationRule
from schema.changes import key_at, written
from schema.channel import Channel
from schema.channel_parts import ChannelStateInput, LimitsInput, PlausibilityInput, TargetBandInput
from schema.interlock import Interlock
from schema.payload import Payload
from twinql.domain.channel_definition import AlarmLimits, ChannelDefinition, State, TargetBand, name_for
from twinql.domain.channels import FlowDirection, Plausibility, ReadingKind
from twinql.domain.units import Quantity, Unit
from twinql.errors import InvalidInputError

# What null stands for, where it takes everything away.
_NOTHING: dict[str, Any] = {
    "limits": asdict(AlarmLimits()),
    "target": asdict(TargetBand()),
    "plausibility": asdict(Plausibility()),
    "states": (),
}


@strawberry.input(description="A new channel, of an asset or of a site.")
class CreateChannelInput:
    """What is said of it."""

    asset_id: strawberry.ID | None = strawberry.field(
        default=None, description="The meter or machine to which it belongs; give this or `siteId`."
    )
    site_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The site to which it belongs by itself, as outside temperature and prices do; "
        "give this or `assetId`.",
    )
    key: str = strawberry.field(
        description="A short name, unique on its asset or site: lower-case letters, digits and underscores, "
        "a letter first, 63 at most."
    )
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="What people call it; the key as words where it is left out."
    )
    quantity: Quantity = strawberry.field(description="What it measures or controls.")
    unit: Unit = strawberry.field(description="The unit of its values, one that fits the quantity.")
    kind: ReadingKind = strawberry.field(description="How its values are to be read.")
    direction: FlowDirection | None = strawberry.field(
        default=strawberry.UNSET, description="Which way it counts, where something flows."
    )
    resolution: timedelta | None = strawberry.field(
        default=strawberry.UNSET,
        description="Time between two readings when all is well, in whole seconds up to P366D; "
        "an INTERVAL channel needs it, as the length of its intervals.",
    )
    writable: bool = strawberry.field(default=False, description="Whether commands may set it.")
    needs_approval: bool = strawberry.field(
        default=False, description="Whether a command to it waits until a second person approves it."
    )
    schedule: bool = strawberry.field(
        default=False, description="Whether its readings may lie in the future, as prices and plans do."
    )
    states: list[ChannelStateInput] | None = strawberry.field(
        default=strawberry.UNSET, description="The states of a STATE channel, which needs them; for no other."
    )
    register_maximum: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="Where a CUMULATIVE register starts again from zero, in the unit; for no other kind.",
    )
    multiplier: Decimal = strawberry.field(
        default=Decimal(1),
        description="What a value is multiplied by to give what flowed, above zero, with at most 6 decimal places: the "
        "ratio of current and voltage transformers, the worth of a pulse. For INTERVAL and CUMULATIVE channels of "
        "energy and volume.",
    )
    register: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Which register of its meter a CUMULATIVE channel is, where there are several, such as day or "
        "night; written as a key is. For no other kind.",
    )
    limits: LimitsInput | None = strawberry.field(default=strawberry.UNSET, description="Alarm limits.")
    target: TargetBandInput | None = strawberry.field(
        default=strawberry.UNSET, description="The band in which its values should be."
    )
    plausibility: PlausibilityInput | None = strawberry.field(
        default=strawberry.UNSET, description="What cannot be right."
    )

    def place(self) -> tuple[UUID | None, UUID | None]:
        """Return the asset and the site, one of which was named.

        Raises:
            InvalidInputError: Both were named, or none.
        """
        if (self.asset_id is None) == (self.site_id is None):
            raise InvalidInputError(
                "A channel belongs to an asset or to a site; give assetId or siteId, one of the two.",
                path=("assetId",),
            )
        return key_at(self.asset_id, "assetId", "Meter", "Machine"), key_at(self.site_id, "siteId", "Site")

    def to_domain(self) -> ChannelDefinition:
        """Say it in the words of the domain."""
        said = {name: value for name, value in _said(self, "asset_id", "site_id").items() if value is not None}
        return ChannelDefinition(
            **{
                **said,
                "name": said.get("name", name_for(self.key)),
                "limits": AlarmLimits(**said.get("limits", {})),
                "target": TargetBand(**said.get("target", {})),
                "plausibility": Plausibility(**said.get("plausibility", {})),
            }
        )


@strawberry.input(
    description="Changes of a channel; what is left out stays as it is. "
    "It stays on its asset or site; where it has readings, it keeps what they mean."
)
class UpdateChannelInput:
    """What is said differently."""

    id: strawberry.ID = strawberry.field(description="The channel.")
    key: str | None = strawberry.field(
        default=strawberry.UNSET, description="A short name, unique on its asset or site; cannot be null."
    )
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    quantity: Quantity | None = strawberry.field(
        default=strawberry.UNSET,
        description="What it measures or controls; cannot be null, nor change once there are readings.",
    )
    unit: Unit | None = strawberry.field(
        default=strawberry.UNSET,
        description="The unit of its values; cannot be null, nor change once there are readings.",
    )
    kind: ReadingKind | None = strawberry.field(
        default=strawberry.UNSET,
        description="How its values are to be read; cannot be null, nor change once there are readings.",
    )
    direction: FlowDirection | None = strawberry.field(
        default=strawberry.UNSET, description="Which way it counts; null where nothing flows."
    )
    resolution: timedelta | None = strawberry.field(
        default=strawberry.UNSET,
        description="Time between two readings when all is well; null forgets it. "
        "That of an INTERVAL channel cannot change once there are readings.",
    )
    writable: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether commands may set it; cannot be null."
    )
    needs_approval: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether a command to it waits until a second person approves it; cannot be null.",
    )
    schedule: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether its readings may lie in the future; cannot be null."
    )
    states: list[ChannelStateInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Takes the place of all states of a STATE channel; null for none."
    )
    register_maximum: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="Where a CUMULATIVE register starts again from zero, in the unit; null where it never does.",
    )
    multiplier: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="What a value is multiplied by to give what flowed; past consumption and costs follow. "
        "Cannot be null.",
    )
    register: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Which register of its meter a CUMULATIVE channel is; null where the meter has one.",
    )
    limits: LimitsInput | None = strawberry.field(
        default=strawberry.UNSET, description="Changes of the alarm limits; null removes all."
    )
    target: TargetBandInput | None = strawberry.field(
        default=strawberry.UNSET, description="Changes of the band in which its values should be; null removes it."
    )
    plausibility: PlausibilityInput | None = strawberry.field(
        default=strawberry.UNSET, description="Changes of what cannot be right; null removes all."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        never_null = ("key", "name", "quantity", "unit", "kind", "writable", "needs_approval", "schedule", "multiplier")
        said = _said(self, "id", never_null=never_null)
        for group, nothing in _NOTHING.items():
            if group in said and said[group] is None:
                said[group] = nothing
        return said


def _said(
    given: CreateChannelInput | UpdateChannelInput, *leave: str, never_null: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return what was written, with its groups as mappings of what was written in them."""
    said = written(given, leave=leave, never_null=never_null)
    for group in ("limits", "target", "plausibility"):
        if said.get(group) is not None:
            said[group] = said[group].written()
    if said.get("states") is not None:
        said["states"] = tuple(State(each.code, each.label) for each in said["states"])
    return said


@strawberry.input(description="A channel to take out of use.")
class ArchiveChannelInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The channel.")


@strawberry.input(description="A channel to take back into use.")
class UnarchiveChannelInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The channel.")


@strawberry.type(description="What became of a channel to be made.")
class CreateChannelPayload(Payload):
    """The outcome of `createChannel`."""

    channel: Channel | None = strawberry.field(
        default=None, description="The new channel; null where the input was not taken."
    )


@strawberry.type(description="What became of a channel to be changed.")
class UpdateChannelPayload(Payload):
    """The outcome of `updateChannel`."""

    channel: Channel | None = strawberry.field(
        default=None, description="The channel as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a channel to be taken out of use.")
class ArchiveChannelPayload(Payload):
    """The outcome of `archiveChannel`."""

    channel: Channel | None = strawberry.field(
        default=None, description="The channel; null where the input was not taken."
    )
    interlocks: list[Interlock] = strawberry.field(
        default_factory=list,
        description="The interlocks in use of other channels that look at it, the oldest first: what they judge is "
        "refused until it is back, or they are archived.",
    )
    automation_rules: list[AutomationRule] = strawberry.field(
        default_factory=list,
        description="The rules of people in use that look at it, set it or expect an effect on it, the oldest first: "
        "they decide nothing on it until it is back, or they are changed.",
    )


@strawberry.type(description="What became of a channel to be taken back into use.")
class UnarchiveChannelPayload(Payload):
    """The outcome of `unarchiveChannel`."""

    channel: Channel | None = strawberry.field(
        default=None, description="The channel; null where the input was not taken."
    )
