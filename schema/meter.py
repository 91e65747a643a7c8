"""Meters."""

from typing import ClassVar

import strawberry

from schema.asset import Asset
from schema.declared import Asked, column, entity_of, key_of
from schema.described import publish
from schema.orders import NameOrder
from twinql.domain.assets import Commodity
from twinql.storage.read import PageRequest, Question, Table, contains, equals, is_set, one_of
from twinql.storage.read.entity import METERS

publish(
    Commodity,
    "What a meter measures.",
    ELECTRICITY="Electricity.",
    GAS="Gas.",
    WATER="Water.",
    HEAT="Heat.",
    COOLING="Cooling.",
)


@strawberry.type(description="A thing that measures what flows in and out of a site.")
class Meter(Asset):
    """A meter."""

    table: ClassVar[Table] = METERS
    serial_number: str = column(description="What is printed on it, unique in the organisation.")
    commodity: Commodity = column("commodity::text", description="What it measures.")


@strawberry.input(description="Which meters are wanted; what is left out does not matter.")
class MeterFilter:
    """Conditions that all hold."""

    site_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only on these sites.")
    commodity: Commodity | None = strawberry.field(default=None, description="Only of this commodity.")
    search: str | None = strawberry.field(
        default=None, description="Only where the name, serial number or external id contains this text."
    )
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


def meters_asked(
    chosen: MeterFilter | None, order_by: NameOrder, page: PageRequest, *, parent: str | None = None
) -> Asked:
    """Return the question for meters, under a parent column or for all."""
    chosen = chosen or MeterFilter()
    sites = None if chosen.site_ids is None else [key_of(each, "Site") for each in chosen.site_ids]
    where = (
        *one_of("site_id", sites, "uuid"),
        *equals("commodity", chosen.commodity and chosen.commodity.value, "commodity"),
        *contains(("name", "serial_number", "external_id"), chosen.search),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(Meter, Question(entity_of(Meter), order_by.columns, page, where, parent=parent))
