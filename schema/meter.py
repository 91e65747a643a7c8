"""Meters."""

from decimal import Decimal
from typing import ClassVar

import strawberry

from schema.agreement import agreements_asked
from schema.asset import Asset
from schema.connection import After, Before, First, Last, page_of
from schema.consumption import FillIn, Flowing, WholeBuckets, consumption_for
from schema.cost import Cost, CostAsOf, Spread, TariffToTry, cost_of, wish_of
from schema.declared import Asked, column, entity_of, key_of, listed
from schema.described import publish
from schema.lists import AgreementConnection
from schema.meter_forecasts import MeterForecasts
from schema.orders import NameOrder
from schema.period import AsOf, DuringPeriod
from schema.scalars import plain
from schema.series import AtMost, InUnit, Series
from twinql.context import Info
from twinql.domain.assets import Commodity
from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import Fill
from twinql.storage.consumption import ConsumptionWish, consumption_of, residual_of
from twinql.storage.read import PageRequest, Question, Table, contains, equals, is_set, json_text, one_of
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
class Meter(Asset, MeterForecasts):
    """A meter."""

    table: ClassVar[Table] = METERS
    serial_number: str = column(description="What is printed on it, unique in the organisation.")
    commodity: Commodity = column("commodity::text", description="What it measures.")
    billing_day: int = column(description="The day of the month, 1 to 28, with which its billing months begin.")
    calorific_value: Decimal | None = column(
        read=plain,
        written=json_text.plain_decimal,
        description="The energy of a cubic metre of gas, in MJ/m³: with it, volumes are billed in kWh. Null where "
        "nobody said.",
    )
    volume_correction: Decimal = column(
        read=plain,
        written=json_text.plain_decimal,
        description="What a volume of gas is multiplied by for temperature, pressure and altitude before it becomes "
        "energy; 1 where nothing is said.",
    )

    @listed(
        "row_id",
        graphql_type=AgreementConnection,
        description="By which tariffs it is charged, in the order of their days.",
    )
    def agreements(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return agreements_asked(page_of(first, after, last, before), parent="meter_id")

    @strawberry.field(
        description="What it took in, or gave, by the site's clock: of its interval channel where it has one, else "
        "what its registers counted together. Null where it has neither."
    )
    async def consumption(
        self,
        info: Info,
        during: DuringPeriod,
        bucket: WholeBuckets,
        *,
        unit: InUnit = None,
        direction: Flowing = FlowDirection.IMPORT,
        fill: FillIn = Fill.NONE,
        max_points: AtMost = 1_000,
        as_of: AsOf = None,
    ) -> Series | None:
        """Read it, for all meters that ask alike at once."""
        wish = ConsumptionWish(*during.countable(), bucket, max_points, direction, fill, as_of)
        return await consumption_for(info, self.row_id, wish, unit, consumption_of)

    @strawberry.field(
        description="What it counted and the meters right beneath it did not, those that measure the same: what has no "
        "meter of its own, and losses. Each counts from its first reading on, and until it is archived. Null where one "
        "of them is not known; UNCERTAIN where one of them misses readings in the bucket, and below zero, where "
        "they counted more. Null altogether where nothing counts."
    )
    async def residual(
        self,
        info: Info,
        during: DuringPeriod,
        bucket: WholeBuckets,
        *,
        unit: InUnit = None,
        direction: Flowing = FlowDirection.IMPORT,
        fill: FillIn = Fill.NONE,
        max_points: AtMost = 1_000,
        as_of: AsOf = None,
    ) -> Series | None:
        """Read it, for all meters that ask alike at once."""
        wish = ConsumptionWish(*during.countable(), bucket, max_points, direction, fill, as_of, info.context.now)
        return await consumption_for(info, self.row_id, wish, unit, residual_of)

    @strawberry.field(
        description="What a period cost, by what was agreed then, or by the tariff named in the place of what was "
        "agreed for its direction: under aliases, several are compared on the same past. Null where the meter has no "
        "agreement at all, and no tariff is named; time that none of its agreements covers is a problem, NO_AGREEMENT."
    )
    async def cost(
        self,
        info: Info,
        during: DuringPeriod,
        *,
        tariff_id: TariffToTry = None,
        as_of: CostAsOf = None,
        fill: Spread = Fill.NONE,
    ) -> Cost | None:
        """Work it out, for all meters that ask alike at once."""
        wish = wish_of(info, during, tariff_id=tariff_id, as_of=as_of, fill=fill)
        return await cost_of(info, self.row_id, wish)


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
