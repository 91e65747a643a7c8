"""Changes of agreements."""

from datetime import date
from typing import Any

import strawberry

from schema.agreement import Agreement
from schema.changes import written
from schema.payload import Payload


@strawberry.input(description="A new agreement.")
class CreateAgreementInput:
    """Who is charged by what, and when."""

    meter_id: strawberry.ID = strawberry.field(description="The meter, one in use.")
    tariff_id: strawberry.ID = strawberry.field(
        description="The tariff, one in use whose unit fits what the meter measures."
    )
    valid_from: date | None = strawberry.field(
        default=None, description="The local day with which it begins; left out for always."
    )
    valid_until: date | None = strawberry.field(
        default=None, description="The local day before which it ends; left out for an open end."
    )


@strawberry.input(
    description="Changes of an agreement; what is left out stays as it is. Another meter or tariff is another "
    "agreement."
)
class UpdateAgreementInput:
    """When it holds instead."""

    id: strawberry.ID = strawberry.field(description="The agreement.")
    valid_from: date | None = strawberry.field(
        default=strawberry.UNSET, description="The local day with which it begins; null for always."
    )
    valid_until: date | None = strawberry.field(
        default=strawberry.UNSET, description="The local day before which it ends; null for an open end."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written."""
        return written(self, leave=("id",))


@strawberry.input(description="An agreement to remove.")
class RemoveAgreementInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The agreement.")


@strawberry.type(description="What became of an agreement to be made.")
class CreateAgreementPayload(Payload):
    """The outcome of `createAgreement`."""

    agreement: Agreement | None = strawberry.field(
        default=None, description="The new agreement; null where the input was not taken."
    )


@strawberry.type(description="What became of an agreement to be changed.")
class UpdateAgreementPayload(Payload):
    """The outcome of `updateAgreement`."""

    agreement: Agreement | None = strawberry.field(
        default=None, description="The agreement as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of an agreement to be removed.")
class RemoveAgreementPayload(Payload):
    """The outcome of `removeAgreement`."""

    removed_agreement_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the agreement that is gone; null where the input was not taken."
    )
