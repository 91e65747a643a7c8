"""Questions about tariffs, and their changes."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, Sought, key_of, listed, one
from schema.lists import TariffConnection
from schema.orders import NameOrder
from schema.payload import mutation
from schema.site import OrderBy
from schema.tariff import Tariff, WhichTariffs, tariffs_asked
from schema.tariff_changes import (
    ArchiveTariffInput,
    ArchiveTariffPayload,
    CreateTariffInput,
    CreateTariffPayload,
    ReviseTariffInput,
    ReviseTariffPayload,
    UnarchiveTariffInput,
    UnarchiveTariffPayload,
    UpdateTariffInput,
    UpdateTariffPayload,
    WithdrawTariffRevisionInput,
    WithdrawTariffRevisionPayload,
)
from schema.tariff_revision import TariffRevision
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage import tariffs

TariffId = Annotated[strawberry.ID, strawberry.argument(description="The tariff's id.")]
ToCreate = Annotated[CreateTariffInput, strawberry.argument(description="The new tariff.")]
ToUpdate = Annotated[UpdateTariffInput, strawberry.argument(description="The tariff, and what changes.")]
ToRevise = Annotated[ReviseTariffInput, strawberry.argument(description="The tariff, and what it says.")]
ToWithdraw = Annotated[WithdrawTariffRevisionInput, strawberry.argument(description="The revision.")]
ToArchive = Annotated[ArchiveTariffInput, strawberry.argument(description="The tariff.")]
ToUnarchive = Annotated[UnarchiveTariffInput, strawberry.argument(description="The tariff.")]


@strawberry.type
class TariffQuery:
    """Root fields about tariffs."""

    @listed(
        graphql_type=Tariff | None,
        single=True,
        description="One tariff; null where there is none with this id that you may see.",
    )
    def tariff(id: TariffId) -> Sought:
        """Ask for it."""
        return Sought(Tariff, key_of(id, "Tariff"))

    @listed(graphql_type=TariffConnection, description="The tariffs of your organisation.")
    def tariffs(
        filter_: WhichTariffs = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return tariffs_asked(filter_, order_by, page_of(first, after, last, before))


@strawberry.type
class TariffMutation:
    """Root fields that change tariffs."""

    @mutation(needs=Role.OWNER, description="Make a tariff, with what it says first.")
    async def create_tariff(self, info: Info, input: ToCreate) -> CreateTariffPayload:
        """Make it."""
        key = await tariffs.create_tariff(
            await info.context.management(),
            input.to_domain(),
            valid_from=input.valid_from,
            terms=input.terms.to_domain(),
            reason=input.reason,
        )
        return CreateTariffPayload(tariff=await one(info, Tariff, key))

    @mutation(needs=Role.OWNER, description="Change what a tariff is called and whose it is.")
    async def update_tariff(self, info: Info, input: ToUpdate) -> UpdateTariffPayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "Tariff")
        await tariffs.update_tariff(await info.context.management(), key, input.changes())
        return UpdateTariffPayload(tariff=await one(info, Tariff, key))

    @mutation(
        needs=Role.OWNER,
        description="Say what a tariff costs from a day on. With a day of which it said something already, that is "
        "corrected, of the past too: costs follow, and `asOf` still tells what was known before. With another day, it "
        "is the price list from then on.",
    )
    async def revise_tariff(self, info: Info, input: ToRevise) -> ReviseTariffPayload:
        """Revise it."""
        key = needed_key_at(input.id, "id", "Tariff")
        revision = await tariffs.revise_tariff(
            await info.context.management(),
            key,
            valid_from=input.valid_from,
            terms=input.terms.to_domain(),
            reason=input.reason,
        )
        return ReviseTariffPayload(revision=await one(info, TariffRevision, revision))

    @mutation(
        needs=Role.OWNER,
        description="Withdraw what a tariff says from a day on: what it said before holds on. It stays among the "
        "revisions.",
    )
    async def withdraw_tariff_revision(self, info: Info, input: ToWithdraw) -> WithdrawTariffRevisionPayload:
        """Withdraw it."""
        key = needed_key_at(input.id, "id", "TariffRevision")
        revision = await tariffs.withdraw_revision(await info.context.management(), key, reason=input.reason)
        return WithdrawTariffRevisionPayload(revision=await one(info, TariffRevision, revision))

    @mutation(
        needs=Role.OWNER,
        description="Take a tariff out of use: it gets no new agreements and revisions, and those that stand go on. "
        "Nothing changes where it is archived already. `unarchiveTariff` undoes it.",
    )
    async def archive_tariff(self, info: Info, input: ToArchive) -> ArchiveTariffPayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "Tariff")
        await tariffs.archive_tariff(await info.context.management(), key)
        return ArchiveTariffPayload(tariff=await one(info, Tariff, key))

    @mutation(needs=Role.OWNER, description="Take a tariff back into use. Nothing changes where it is in use.")
    async def unarchive_tariff(self, info: Info, input: ToUnarchive) -> UnarchiveTariffPayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "Tariff")
        await tariffs.unarchive_tariff(await info.context.management(), key)
        return UnarchiveTariffPayload(tariff=await one(info, Tariff, key))
