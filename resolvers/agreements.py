"""Changes of agreements."""

from typing import Annotated

import strawberry

from schema.agreement import Agreement
from schema.agreement_changes import (
    CreateAgreementInput,
    CreateAgreementPayload,
    RemoveAgreementInput,
    RemoveAgreementPayload,
    UpdateAgreementInput,
    UpdateAgreementPayload,
)
from schema.changes import needed_key_at
from schema.declared import one
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage import agreements

ToCreate = Annotated[CreateAgreementInput, strawberry.argument(description="The new agreement.")]
ToUpdate = Annotated[UpdateAgreementInput, strawberry.argument(description="The agreement, and what changes.")]
ToRemove = Annotated[RemoveAgreementInput, strawberry.argument(description="The agreement.")]


@strawberry.type
class AgreementMutation:
    """Root fields that change agreements."""

    @mutation(
        needs=Role.OWNER,
        description="Charge a meter by a tariff for some time: by one tariff at a time for what it takes in, and one "
        "for what it feeds in.",
    )
    async def create_agreement(self, info: Info, input: ToCreate) -> CreateAgreementPayload:
        """Make it."""
        key = await agreements.create_agreement(
            await info.context.management(),
            meter_id=needed_key_at(input.meter_id, "meterId", "Meter"),
            tariff_id=needed_key_at(input.tariff_id, "tariffId", "Tariff"),
            valid_from=input.valid_from,
            valid_until=input.valid_until,
        )
        return CreateAgreementPayload(agreement=await one(info, Agreement, key))

    @mutation(
        needs=Role.OWNER,
        description="Change when an agreement holds, in the past too: costs follow, and `asOf` still tells what was "
        "known before.",
    )
    async def update_agreement(self, info: Info, input: ToUpdate) -> UpdateAgreementPayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "Agreement")
        await agreements.change_agreement(await info.context.management(), key, input.changes())
        return UpdateAgreementPayload(agreement=await one(info, Agreement, key))

    @mutation(
        needs=Role.OWNER,
        description="Remove an agreement, as though it had never been: costs follow, and `asOf` still tells what was "
        "known before. To end it, give it a `validUntil` instead.",
    )
    async def remove_agreement(self, info: Info, input: ToRemove) -> RemoveAgreementPayload:
        """Remove it."""
        key = needed_key_at(input.id, "id", "Agreement")
        await agreements.remove_agreement(await info.context.management(), key)
        return RemoveAgreementPayload(removed_agreement_id=input.id)
