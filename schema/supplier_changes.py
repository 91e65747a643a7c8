"""Changes of suppliers."""

from typing import Any

import strawberry

from schema.changes import written
from schema.payload import Payload
from schema.supplier import Supplier
from twinql.domain.suppliers import LONGEST_CONTACT, SupplierDefinition


@strawberry.input(description="A new supplier.")
class CreateSupplierInput:
    """What is said of it."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    contact: str | None = strawberry.field(
        default=None, description=f"How to reach it, in any words, at most {LONGEST_CONTACT:,} characters."
    )

    def to_domain(self) -> SupplierDefinition:
        """Say it in the words of the domain."""
        return SupplierDefinition(name=self.name, contact=self.contact)


@strawberry.input(description="Changes of a supplier; what is left out stays as it is.")
class UpdateSupplierInput:
    """What is said differently."""

    id: strawberry.ID = strawberry.field(description="The supplier.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    contact: str | None = strawberry.field(
        default=strawberry.UNSET, description="How to reach it, in any words; null forgets it."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        return written(self, leave=("id",), never_null=("name",))


@strawberry.input(description="A supplier to take out of use.")
class ArchiveSupplierInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The supplier.")


@strawberry.input(description="A supplier to take back into use.")
class UnarchiveSupplierInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The supplier.")


@strawberry.type(description="What became of a supplier to be made.")
class CreateSupplierPayload(Payload):
    """The outcome of `createSupplier`."""

    supplier: Supplier | None = strawberry.field(
        default=None, description="The new supplier; null where the input was not taken."
    )


@strawberry.type(description="What became of a supplier to be changed.")
class UpdateSupplierPayload(Payload):
    """The outcome of `updateSupplier`."""

    supplier: Supplier | None = strawberry.field(
        default=None, description="The supplier as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a supplier to be taken out of use.")
class ArchiveSupplierPayload(Payload):
    """The outcome of `archiveSupplier`."""

    supplier: Supplier | None = strawberry.field(
        default=None, description="The supplier; null where the input was not taken."
    )


@strawberry.type(description="What became of a supplier to be taken back into use.")
class UnarchiveSupplierPayload(Payload):
    """The outcome of `unarchiveSupplier`."""

    supplier: Supplier | None = strawberry.field(
        default=None, description="The supplier; null where the input was not taken."
    )
