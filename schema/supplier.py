"""Suppliers."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, listed
from schema.lists import TariffConnection
from schema.node import Node
from schema.orders import NameOrder
from schema.tariff import WhichTariffs, tariffs_asked
from schema.viewer_can import viewer_can
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table, contains, is_set
from twinql.storage.read.entity import SUPPLIERS


@strawberry.type(description="Who sells energy, or buys it.")
class Supplier(Node):
    """A supplier."""

    table: ClassVar[Table] = SUPPLIERS
    row_id: strawberry.Private[UUID] = hidden("id")
    name: str = column(description="What people call it.")
    contact: str | None = column(description="How to reach it, in any words; null where nobody said.")
    created_at: datetime = column(description="When it was made.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may change it, and take it out of use and back."
    )

    @listed("row_id", graphql_type=TariffConnection, description="Its tariffs, by name.")
    def tariffs(
        filter_: WhichTariffs = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for the tariffs."""
        return tariffs_asked(filter_, NameOrder.NAME_ASC, page_of(first, after, last, before), parent="supplier_id")


@strawberry.input(description="Which suppliers are wanted; what is left out does not matter.")
class SupplierFilter:
    """Conditions that all hold."""

    search: str | None = strawberry.field(default=None, description="Only where the name contains this text.")
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


def suppliers_asked(chosen: SupplierFilter | None, order_by: NameOrder, page: PageRequest) -> Asked:
    """Return the question for suppliers."""
    chosen = chosen or SupplierFilter()
    where = (*contains(("name",), chosen.search), *is_set("archived_at", wanted=chosen.archived))
    return Asked(Supplier, Question(entity_of(Supplier), order_by.columns, page, where))
