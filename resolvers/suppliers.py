"""Questions about suppliers, and their changes."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, Sought, key_of, listed, one
from schema.lists import SupplierConnection
from schema.orders import NameOrder
from schema.payload import mutation
from schema.site import OrderBy
from schema.supplier import Supplier, SupplierFilter, suppliers_asked
from schema.supplier_changes import (
    ArchiveSupplierInput,
    ArchiveSupplierPayload,
    CreateSupplierInput,
    CreateSupplierPayload,
    UnarchiveSupplierInput,
    UnarchiveSupplierPayload,
    UpdateSupplierInput,
    UpdateSupplierPayload,
)
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage import suppliers

Which = Annotated[SupplierFilter | None, strawberry.argument(name="filter", description="Which suppliers.")]
SupplierId = Annotated[strawberry.ID, strawberry.argument(description="The supplier's id.")]
ToCreate = Annotated[CreateSupplierInput, strawberry.argument(description="The new supplier.")]
ToUpdate = Annotated[UpdateSupplierInput, strawberry.argument(description="The supplier, and what changes.")]
ToArchive = Annotated[ArchiveSupplierInput, strawberry.argument(description="The supplier.")]
ToUnarchive = Annotated[UnarchiveSupplierInput, strawberry.argument(description="The supplier.")]


@strawberry.type
class SupplierQuery:
    """Root fields about suppliers."""

    @listed(
        graphql_type=Supplier | None,
        single=True,
        description="One supplier; null where there is none with this id that you may see.",
    )
    def supplier(id: SupplierId) -> Sought:
        """Ask for it."""
        return Sought(Supplier, key_of(id, "Supplier"))

    @listed(graphql_type=SupplierConnection, description="The suppliers of your organisation.")
    def suppliers(
        filter_: Which = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return suppliers_asked(filter_, order_by, page_of(first, after, last, before))


@strawberry.type
class SupplierMutation:
    """Root fields that change suppliers."""

    @mutation(needs=Role.OWNER, description="Make a supplier.")
    async def create_supplier(self, info: Info, input: ToCreate) -> CreateSupplierPayload:
        """Make it."""
        key = await suppliers.create_supplier(await info.context.management(), input.to_domain())
        return CreateSupplierPayload(supplier=await one(info, Supplier, key))

    @mutation(needs=Role.OWNER, description="Change what is said of a supplier.")
    async def update_supplier(self, info: Info, input: ToUpdate) -> UpdateSupplierPayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "Supplier")
        await suppliers.update_supplier(await info.context.management(), key, input.changes())
        return UpdateSupplierPayload(supplier=await one(info, Supplier, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a supplier out of use: its tariffs stay as they are, and it gets no new ones. Nothing "
        "changes where it is archived already. `unarchiveSupplier` undoes it.",
    )
    async def archive_supplier(self, info: Info, input: ToArchive) -> ArchiveSupplierPayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "Supplier")
        await suppliers.archive_supplier(await info.context.management(), key)
        return ArchiveSupplierPayload(supplier=await one(info, Supplier, key))

    @mutation(needs=Role.OWNER, description="Take a supplier back into use. Nothing changes where it is in use.")
    async def unarchive_supplier(self, info: Info, input: ToUnarchive) -> UnarchiveSupplierPayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "Supplier")
        await suppliers.unarchive_supplier(await info.context.management(), key)
        return UnarchiveSupplierPayload(supplier=await one(info, Supplier, key))
