"""Changes of machines."""

import strawberry

from schema.asset_changes import ChangedAsset, NewAsset
from schema.changes import ArchivedAlong
from schema.machine import Machine
from schema.payload import Payload
from twinql.domain.assets import MachineDefinition


@strawberry.input(description="A new machine.")
class CreateMachineInput(NewAsset):
    """What is said of it."""

    manufacturer: str | None = strawberry.field(default=None, description="Who built it, at most 200 characters.")
    model: str | None = strawberry.field(
        default=None, description="The maker's name for its type, at most 200 characters."
    )

    def to_domain(self) -> MachineDefinition:
        """Say it in the words of the domain."""
        return MachineDefinition(**self.definition())


@strawberry.input(description="Changes of a machine; what is left out stays as it is.")
class UpdateMachineInput(ChangedAsset):
    """What is said differently."""

    manufacturer: str | None = strawberry.field(
        default=strawberry.UNSET, description="Who built it; null where unknown."
    )
    model: str | None = strawberry.field(
        default=strawberry.UNSET, description="The maker's name for its type; null where unknown."
    )


@strawberry.input(description="A machine to take out of use.")
class ArchiveMachineInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The machine.")


@strawberry.input(description="A machine to take back into use.")
class UnarchiveMachineInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The machine.")


@strawberry.type(description="What became of a machine to be made.")
class CreateMachinePayload(Payload):
    """The outcome of `createMachine`."""

    machine: Machine | None = strawberry.field(
        default=None, description="The new machine; null where the input was not taken."
    )


@strawberry.type(description="What became of a machine to be changed.")
class UpdateMachinePayload(Payload):
    """The outcome of `updateMachine`."""

    machine: Machine | None = strawberry.field(
        default=None, description="The machine as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a machine to be taken out of use.")
class ArchiveMachinePayload(Payload):
    """The outcome of `archiveMachine`."""

    machine: Machine | None = strawberry.field(
        default=None, description="The machine; null where the input was not taken."
    )
    along: ArchivedAlong | None = strawberry.field(
        default=None, description="What went out of use with it; null where the input was not taken."
    )


@strawberry.type(description="What became of a machine to be taken back into use.")
class UnarchiveMachinePayload(Payload):
    """The outcome of `unarchiveMachine`."""

    machine: Machine | None = strawberry.field(
        default=None, description="The machine; null where the input was not taken."
    )
    along: ArchivedAlong | None = strawberry.field(
        default=None, description="What came back into use with it; null where the input was not taken."
    )
