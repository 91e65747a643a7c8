"""Changes of meters."""

from decimal import Decimal

import strawberry

from schema.asset_changes import ChangedAsset, NewAsset
from schema.changes import ArchivedAlong
from schema.meter import Meter
from schema.payload import Payload
from twinql.domain.assets import Commodity, MeterDefinition


@strawberry.input(description="A new meter.")
class CreateMeterInput(NewAsset):
    """What is said of it."""

    serial_number: str = strawberry.field(
        description="What is printed on it, unique in the organisation, 1 to 100 characters."
    )
    commodity: Commodity = strawberry.field(description="What it measures.")
    billing_day: int = strawberry.field(
        default=1, description="The day of the month, 1 to 28, with which its billing months begin."
    )
    calorific_value: Decimal | None = strawberry.field(
        default=None,
        description="The energy of a cubic metre of gas, in MJ/m³, above zero, with at most 4 decimal places; "
        "for gas alone.",
    )
    volume_correction: Decimal = strawberry.field(
        default=Decimal(1),
        description="What a volume of gas is multiplied by for temperature, pressure and altitude, above zero, with at "
        "most 6 decimal places; for gas alone.",
    )

    def to_domain(self) -> MeterDefinition:
        """Say it in the words of the domain."""
        return MeterDefinition(**self.definition())


@strawberry.input(description="Changes of a meter; what is left out stays as it is.")
class UpdateMeterInput(ChangedAsset):
    """What is said differently."""

    serial_number: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="What is printed on it, unique in the organisation; cannot be null.",
    )
    commodity: Commodity | None = strawberry.field(
        default=strawberry.UNSET, description="What it measures; cannot be null."
    )
    billing_day: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="The day of the month, 1 to 28, with which its billing months begin, past ones too; "
        "cannot be null.",
    )
    calorific_value: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="The energy of a cubic metre of gas, in MJ/m³; past costs follow. Null forgets it.",
    )
    volume_correction: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="What a volume of gas is multiplied by before it becomes energy; past costs follow. "
        "Cannot be null.",
    )


@strawberry.input(description="A meter to take out of use.")
class ArchiveMeterInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The meter.")


@strawberry.input(description="A meter to take back into use.")
class UnarchiveMeterInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The meter.")


@strawberry.type(description="What became of a meter to be made.")
class CreateMeterPayload(Payload):
    """The outcome of `createMeter`."""

    meter: Meter | None = strawberry.field(
        default=None, description="The new meter; null where the input was not taken."
    )


@strawberry.type(description="What became of a meter to be changed.")
class UpdateMeterPayload(Payload):
    """The outcome of `updateMeter`."""

    meter: Meter | None = strawberry.field(
        default=None, description="The meter as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a meter to be taken out of use.")
class ArchiveMeterPayload(Payload):
    """The outcome of `archiveMeter`."""

    meter: Meter | None = strawberry.field(default=None, description="The meter; null where the input was not taken.")
    along: ArchivedAlong | None = strawberry.field(
        default=None, description="What went out of use with it; null where the input was not taken."
    )


@strawberry.type(description="What became of a meter to be taken back into use.")
class UnarchiveMeterPayload(Payload):
    """The outcome of `unarchiveMeter`."""

    meter: Meter | None = strawberry.field(default=None, description="The meter; null where the input was not taken.")
    along: ArchivedAlong | None = strawberry.field(
        default=None, description="What came back into use with it; null where the input was not taken."
    )
