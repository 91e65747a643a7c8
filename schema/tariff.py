"""Tariffs."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.agreement import agreements_asked
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, key_of, listed, to_one
from schema.lists import AgreementConnection, TariffRevisionConnection
from schema.node import Node
from schema.orders import NameOrder
from schema.tariff_revision import TariffRevision, revision_asked, revisions_asked
from schema.viewer_can import viewer_can
from twinql.domain.channels import FlowDirection
from twinql.domain.membership import Role
from twinql.domain.units import Unit
from twinql.storage.read import PageRequest, Question, Table, contains, equals, is_set, one_of
from twinql.storage.read.entity import TARIFFS

if TYPE_CHECKING:
    from schema.supplier import Supplier

OnDay = Annotated[date, strawberry.argument(description="On which local day.")]
AsOf = Annotated[
    datetime | None,
    strawberry.argument(description="Only what was known at this instant; null for what is known now."),
]


@strawberry.type(
    description="What energy costs, or what is earned by it. What it says from which day on stands in its revisions, "
    "which are only ever added to."
)
class Tariff(Node):
    """A tariff."""

    table: ClassVar[Table] = TARIFFS
    row_id: strawberry.Private[UUID] = hidden("id")
    supplier_id: strawberry.Private[UUID | None] = hidden()
    name: str = column(description="What people call it.")
    direction: FlowDirection = column(
        "direction::text", description="IMPORT for what is paid, EXPORT for what is earned."
    )
    currency: str = column(description="ISO 4217, such as EUR.")
    unit: Unit = column("unit::text", description="What its prices and blocks are for: a unit of energy or of volume.")
    created_at: datetime = column(description="When it was made.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may change it, revise it, and take it out of use and back."
    )
    supplier: Annotated["Supplier", strawberry.lazy("schema.supplier")] | None = to_one(
        "schema.supplier:Supplier", "supplier_id", description="Whose tariff it is; null where nobody said."
    )

    @listed(
        "row_id",
        graphql_type=TariffRevisionConnection,
        description="All that it ever said, as it was recorded, the newest first: former price lists stay visible.",
    )
    def revisions(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return revisions_asked(page_of(first, after, last, before))

    @listed(
        "row_id",
        graphql_type=TariffRevision | None,
        single=True,
        description="The revision that holds on a day; null where none does.",
    )
    def revision(on: OnDay, as_of: AsOf = None) -> Asked:
        """Ask for it."""
        return revision_asked(on, as_of)

    @listed(
        "row_id",
        graphql_type=AgreementConnection,
        description="The agreements by which meters are charged by it, in the order of their days.",
    )
    def agreements(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return agreements_asked(page_of(first, after, last, before), parent="tariff_id")


@strawberry.input(description="Which tariffs are wanted; what is left out does not matter.")
class TariffFilter:
    """Conditions that all hold."""

    supplier_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these suppliers.")
    direction: FlowDirection | None = strawberry.field(
        default=None, description="Only those by which is paid, or by which is earned."
    )
    currency: str | None = strawberry.field(default=None, description="Only in this currency of ISO 4217.")
    search: str | None = strawberry.field(default=None, description="Only where the name contains this text.")
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


WhichTariffs = Annotated[TariffFilter | None, strawberry.argument(name="filter", description="Which tariffs.")]


def tariffs_asked(
    chosen: TariffFilter | None, order_by: NameOrder, page: PageRequest, *, parent: str | None = None
) -> Asked:
    """Return the question for tariffs, under a parent column or for all."""
    chosen = chosen or TariffFilter()
    suppliers = None if chosen.supplier_ids is None else [key_of(each, "Supplier") for each in chosen.supplier_ids]
    where = (
        *one_of("supplier_id", suppliers, "uuid"),
        *equals("direction", chosen.direction and chosen.direction.value, "flow_direction"),
        *equals("currency", chosen.currency),
        *contains(("name",), chosen.search),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(Tariff, Question(entity_of(Tariff), order_by.columns, page, where, parent=parent))
