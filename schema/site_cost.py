"""What the meters of a site cost together."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.carbon import Carbon, emissions
from schema.cost import Cost, costed
from schema.declared import named, one
from twinql.context import Info
from twinql.domain.tariffs import carbon as emitted
from twinql.domain.tariffs import cost as exact
from twinql.domain.tariffs.money import exact_sum, rounded
from twinql.domain.tariffs.wish import CostWish
from twinql.errors import TwinError
from twinql.storage.costs import Costed, meters_of_sites

if TYPE_CHECKING:
    from schema.meter import Meter


@strawberry.type(description="What one meter of a site cost.")
class MeterCost:
    """A meter beside its cost."""

    meter_id: strawberry.Private[UUID]
    cost: Cost | None = strawberry.field(description="What it cost; null where `refusal` says why.")
    refusal: str | None = strawberry.field(
        description="Why it has no cost, for people; null where it has one. It is then in no sum of the site."
    )

    @strawberry.field(description="The meter.")
    async def meter(self, info: Info) -> Annotated["Meter", strawberry.lazy("schema.meter")] | None:
        """Load it."""
        return await one(info, named("schema.meter:Meter"), self.meter_id)

    @classmethod
    def of(cls, meter_id: UUID, found: Costed | TwinError | None, wish: CostWish) -> Self:
        """Show a cost, or why there is none."""
        if isinstance(found, Costed) and found.charged:
            return cls(meter_id=meter_id, cost=Cost.of(found, wish), refusal=None)
        refusal = found.message if isinstance(found, TwinError) else "It has no agreement in this period; make one."
        return cls(meter_id=meter_id, cost=None, refusal=refusal)


@strawberry.type(description="What the meters cost together that are charged in one currency; rounded half up, once.")
class CostTotal:
    """Sums in one currency."""

    currency: str = strawberry.field(description="The currency, ISO 4217.")
    total: Decimal = strawberry.field(description="Everything, VAT included, rounded to the currency's minor unit.")
    exact_total: Decimal = strawberry.field(description="The same before rounding, in the currency.")
    energy: Decimal = strawberry.field(
        description="What energy cost, less what export earned, without VAT; rounded, in the currency."
    )
    standing: Decimal = strawberry.field(description="Standing charges without VAT; rounded, in the currency.")
    vat: Decimal = strawberry.field(description="VAT on both; rounded, in the currency.")

    @classmethod
    def of(cls, currency: str, costs: Sequence[exact.Cost]) -> Self:
        """Add up exact costs of one currency."""
        total = exact_sum(each.total for each in costs)
        return cls(
            currency=currency,
            total=rounded(total, currency),
            exact_total=total,
            energy=rounded(exact_sum(each.energy for each in costs), currency),
            standing=rounded(exact_sum(each.standing for each in costs), currency),
            vat=rounded(exact_sum(each.vat for each in costs), currency),
        )


@strawberry.type(
    description="What the meters of a site cost together: not those beneath another meter, which counts what they "
    "count. Money of several currencies does not add up: `totals` then has a sum of each, and the sums here are null."
)
class SiteCost:
    """The bills of a site."""

    from_: datetime = strawberry.field(name="from", description="Where the period begins.")
    until: datetime = strawberry.field(
        description="Where it ends. A period that is not over yet is worked out up to now: what comes is not in it."
    )
    currency: str | None = strawberry.field(
        description="The currency of all amounts, ISO 4217; null for none or several."
    )
    total: Decimal | None = strawberry.field(
        description="Everything, VAT included, rounded to the currency's minor unit."
    )
    exact_total: Decimal | None = strawberry.field(description="The same before rounding, in the currency.")
    energy: Decimal | None = strawberry.field(
        description="What energy cost, less what export earned, without VAT; rounded, in the currency."
    )
    standing: Decimal | None = strawberry.field(description="Standing charges without VAT; rounded, in the currency.")
    vat: Decimal | None = strawberry.field(description="VAT on both; rounded, in the currency.")
    totals: list[CostTotal] = strawberry.field(description="The sums in each currency, by its code.")
    complete: bool = strawberry.field(description="Whether every one of its meters has a cost, and each is complete.")
    meters: list[MeterCost] = strawberry.field(description="Its meters with their costs, by name.")
    wish: strawberry.Private[CostWish]

    @strawberry.field(
        description="The carbon dioxide that the energy emitted that its meters took in; null where no channel tells."
    )
    async def carbon(self, info: Info) -> Carbon | None:
        """Work it out, for all meters that ask alike at once."""
        found = await emissions(info, self.wish).load_many([each.meter_id for each in self.meters])
        together = emitted.together(each for each in found if each is not None)
        return None if together is None else Carbon.of(together)

    @classmethod
    def of(cls, meters: Sequence[MeterCost], wish: CostWish) -> Self:
        """Add up what meters cost."""
        costs = [each.cost for each in meters if each.cost is not None]
        currencies = sorted({each.currency for each in costs})
        totals = [
            CostTotal.of(currency, [each.costed.cost for each in costs if each.currency == currency])
            for currency in currencies
        ]
        sums = {name: getattr(totals[0], name) if len(totals) == 1 else None for name in _SUMS}
        return cls(
            from_=wish.first,
            until=wish.last,
            totals=totals,
            complete=len(costs) == len(meters) and all(each.complete for each in costs),
            meters=list(meters),
            wish=wish,
            **sums,
        )


_SUMS = ("currency", "total", "exact_total", "energy", "standing", "vat")


async def site_cost_of(info: Info, site_id: UUID, wish: CostWish) -> SiteCost:
    """Return what the meters of a site cost, worked out with all sites and meters that ask alike at the same moment.

    Raises:
        TwinError: None of them can be rated as it was asked for.
    """
    loader = info.context.batch(
        ("meters of sites", wish), lambda connection, keys: meters_of_sites(connection, wish, keys)
    )
    meter_ids: list[UUID] = await loader.load(site_id)
    return SiteCost.of(await meter_costs(info, [(each, wish) for each in meter_ids]), wish)


async def meter_costs(info: Info, wished: Sequence[tuple[UUID, CostWish]]) -> list[MeterCost]:
    """Return what meters cost, or why they have no cost, worked out together where they ask alike.

    Raises:
        TwinError: None of them can be rated as it was asked for.
    """
    loading = (costed(info, wish).load(meter_id) for meter_id, wish in wished)
    found = await asyncio.gather(*loading, return_exceptions=True)
    meters = []
    for (meter_id, wish), each in zip(wished, found, strict=True):
        if isinstance(each, BaseException) and not isinstance(each, TwinError):
            raise each
        meters.append(MeterCost.of(meter_id, each, wish))
    await info.context.turn()
    return meters
