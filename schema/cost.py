"""What energy costs: exact sums, the lines they are made of, and what each of them rests on."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from schema.carbon import Carbon, carbon_of
from schema.declared import key_of, several, to_one
from schema.described import publish
from schema.period import PeriodInput
from schema.series import Completeness
from twinql.context import Info
from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import Fill
from twinql.domain.tariffs import cost as exact
from twinql.domain.tariffs.cost import CostProblemCode
from twinql.domain.tariffs.money import rounded
from twinql.domain.tariffs.wish import CostWish
from twinql.domain.units import Unit
from twinql.errors import TwinError
from twinql.storage.costs import Costed, costs_of

if TYPE_CHECKING:
    from schema.agreement import Agreement
    from schema.channel import Channel
    from schema.register_event import RegisterEvent
    from schema.tariff import Tariff
    from schema.tariff_revision import TariffRevision

publish(
    CostProblemCode,
    "Why a part of what was used has no price, or no amount.",
    UNKNOWN_ENERGY="A register fell, and nothing says what it counted: record a register event. Or an event "
    "contradicts what was read beside it: retract it, or correct the reading.",
    UNDATED_ENERGY="Energy flowed between readings too far apart to say at which price: ask with `fill: LINEAR`. It is "
    "told in the period in which it ends.",
    MISSING_READINGS="Readings are missing.",
    MISSING_PRICE="The channel of a dynamic price, or of a carbon intensity, has a hole.",
    NO_AGREEMENT="The meter has no agreement for this time.",
    NO_TERMS="The tariff says nothing of this time.",
    NO_REGISTER="Nothing of the meter counts what the tariff is for.",
)

TariffToTry = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="A tariff in the place of the agreements of its direction, import or export, over the whole "
        "period: what would I have paid? The agreements of the other direction stay. Null takes the agreements alone."
    ),
]
CostAsOf = Annotated[
    datetime | None,
    strawberry.argument(
        description="As it was known at this time: readings, register events, prices and agreements that were recorded "
        "later, and every later correction, are left out. Null is now."
    ),
]
Spread = Annotated[
    Fill, strawberry.argument(description="What becomes of energy that flowed between readings too far apart.")
]


@strawberry.type(description="What a line of a cost rests on.")
class CostEvidence:
    """Where to look when a line is doubted."""

    intervals: int = strawberry.field(
        description="How many intervals between readings it holds, whole or in part; 0 for a standing charge."
    )
    estimated: int = strawberry.field(
        description="How many of them rest on estimates, or were divided or spread over time."
    )
    first: datetime = strawberry.field(description="Where the first of them begins.")
    last: datetime = strawberry.field(description="Where the last of them ends.")
    channel_ids: strawberry.Private[tuple[UUID, ...]]
    event_ids: strawberry.Private[tuple[UUID, ...]]
    agreement_id: strawberry.Private[UUID | None]
    tariff_id: strawberry.Private[UUID]
    revision_id: strawberry.Private[UUID]
    agreement: Annotated["Agreement", strawberry.lazy("schema.agreement")] | None = to_one(
        "schema.agreement:Agreement",
        "agreement_id",
        description="The agreement; null for a tariff that is tried on, or where it was removed since.",
    )
    tariff: Annotated["Tariff", strawberry.lazy("schema.tariff")] = to_one(
        "schema.tariff:Tariff", "tariff_id", description="The tariff."
    )
    revision: Annotated["TariffRevision", strawberry.lazy("schema.tariff_revision")] = to_one(
        "schema.tariff_revision:TariffRevision", "revision_id", description="The revision whose terms it was rated by."
    )

    @strawberry.field(description="The channels that counted it; none for a standing charge.")
    async def channels(self, info: Info) -> list[Annotated["Channel", strawberry.lazy("schema.channel")]]:
        """Load them."""
        return await several(info, "schema.channel:Channel", self.channel_ids)

    @strawberry.field(description="What happened to registers that made some of the intervals known.")
    async def events(self, info: Info) -> list[Annotated["RegisterEvent", strawberry.lazy("schema.register_event")]]:
        """Load them."""
        return await several(info, "schema.register_event:RegisterEvent", self.event_ids)


@strawberry.type(
    description="A line of a bill: what was used at one price, or a standing charge. Earnings are negative."
)
class CostLine:
    """A band at a price."""

    band: str = strawberry.field(description="The name of the band; `standing` for the standing charge.")
    block: int | None = strawberry.field(description="Which block of the band, from 1; null where it has none.")
    direction: FlowDirection = strawberry.field(description="IMPORT costs, EXPORT earns.")
    quantity: Decimal = strawberry.field(description="How much, exactly, in `unit`; for a standing charge the days.")
    unit: Unit | None = strawberry.field(description="The unit of the tariff; null for a standing charge.")
    price: Decimal | None = strawberry.field(
        description="What one `unit` costs, without VAT, in the currency; null where it varied."
    )
    amount: Decimal = strawberry.field(
        description="What it costs without VAT, rounded half up to the currency's minor unit. Sums are rounded by "
        "themselves, so rounded lines may miss them by a little."
    )
    exact_amount: Decimal = strawberry.field(description="The same before rounding, in the currency.")
    vat_rate: Decimal = strawberry.field(description="The share of VAT, such as 0.23.")
    vat: Decimal = strawberry.field(description="That share of the amount, rounded alike, in the currency.")
    evidence: CostEvidence = strawberry.field(description="What it rests on.")

    @classmethod
    def of(cls, line: exact.CostLine, costed: Costed) -> Self:
        """Show a line."""
        evidence, currency = line.evidence, costed.cost.currency
        return cls(
            band=line.band,
            block=line.block,
            direction=line.direction,
            quantity=line.quantity,
            unit=costed.units[evidence.tariff] if evidence.channels else None,
            price=line.price,
            amount=rounded(line.amount, currency),
            exact_amount=line.amount,
            vat_rate=line.vat_rate,
            vat=rounded(line.vat, currency),
            evidence=CostEvidence(
                intervals=evidence.intervals,
                estimated=evidence.estimated,
                first=evidence.first,
                last=evidence.last,
                channel_ids=tuple(costed.channels[number] for number in evidence.channels),
                event_ids=tuple(evidence.events),
                agreement_id=evidence.agreement,
                tariff_id=evidence.tariff,
                revision_id=evidence.revision,
            ),
        )


@strawberry.type(description="A stretch that could not be rated; it is no part of any sum.")
class CostProblem:
    """Why a cost is not complete."""

    code: CostProblemCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, for people, and what to do.")
    from_: datetime = strawberry.field(name="from", description="Where it begins.")
    until: datetime = strawberry.field(description="Where it ends.")
    quantity: Decimal | None = strawberry.field(
        description="How much was not rated, in the unit of the tariff, or else that in which the meter counts; null "
        "where nobody knows."
    )

    @classmethod
    def of(cls, problem: exact.CostProblem) -> Self:
        """Show a problem."""
        return cls(
            code=problem.code,
            message=problem.message,
            from_=problem.first,
            until=problem.last,
            quantity=problem.quantity,
        )


@strawberry.type(
    description="What a meter cost in a period. It is worked out from readings, prices and agreements whenever it is "
    "asked for. Exact sums of periods that touch add up; each amount here is rounded once by itself, half up."
)
class Cost:
    """A bill."""

    currency: str = strawberry.field(description="The currency of all amounts, ISO 4217.")
    from_: datetime = strawberry.field(name="from", description="Where the period begins.")
    until: datetime = strawberry.field(
        description="Where it ends. A period that is not over yet is worked out up to now: what comes is not in it."
    )
    total: Decimal = strawberry.field(description="Everything, VAT included, rounded to the currency's minor unit.")
    exact_total: Decimal = strawberry.field(description="The same before rounding, in the currency.")
    energy: Decimal = strawberry.field(
        description="What energy cost, less what export earned, without VAT; rounded, in the currency."
    )
    standing: Decimal = strawberry.field(
        description="Standing charges without VAT, of the days that have begun by now; rounded, in the currency."
    )
    vat: Decimal = strawberry.field(description="VAT on both; rounded, in the currency.")
    complete: bool = strawberry.field(
        description="Whether all of it could be rated, up to now where it is not over yet: there are no problems."
    )
    completeness: Completeness = strawberry.field(
        description="How many readings the channels that are billed should have in the period, and have."
    )
    costed: strawberry.Private[Costed]
    wish: strawberry.Private[CostWish]

    @strawberry.field(
        description="What it is made of: import before export, each in the order in which terms came into force and "
        "then of the tariff's bands and blocks; standing charges last."
    )
    def lines(self) -> list[CostLine]:
        """Show them."""
        return [CostLine.of(each, self.costed) for each in self.costed.cost.lines]

    @strawberry.field(description="What could not be rated, and is in no sum.")
    def problems(self) -> list[CostProblem]:
        """Show them."""
        return [CostProblem.of(each) for each in self.costed.cost.problems]

    @strawberry.field(
        description="The carbon dioxide that the energy emitted that was taken in, by the meter's own channel of "
        "carbon intensity, or for electricity that of its site. Null where there is none."
    )
    async def carbon(self, info: Info) -> Carbon | None:
        """Work it out, for all meters that ask alike at once."""
        return await carbon_of(info, self.costed.meter_id, self.wish)

    @classmethod
    def of(cls, costed: Costed, wish: CostWish) -> Self:
        """Show a cost."""
        cost = costed.cost
        return cls(
            currency=cost.currency,
            from_=cost.first,
            until=cost.last,
            total=rounded(cost.total, cost.currency),
            exact_total=cost.total,
            energy=rounded(cost.energy, cost.currency),
            standing=rounded(cost.standing, cost.currency),
            vat=rounded(cost.vat, cost.currency),
            complete=not cost.problems,
            completeness=Completeness(expected=cost.expected, actual=cost.actual),
            costed=costed,
            wish=wish,
        )


def wish_of(
    info: Info, during: PeriodInput, *, tariff_id: strawberry.ID | None = None, as_of: datetime | None, fill: Fill
) -> CostWish:
    """Say what is asked of meters.

    Raises:
        InvalidInputError: The period cannot be rated, or the id is not that of a tariff.
    """
    first, last = during.countable()
    tariff = None if tariff_id is None else key_of(tariff_id, "Tariff")
    wish = CostWish(first, last, info.context.now, fill, tariff, as_of)
    wish.check()
    return wish


def costed(info: Info, wish: CostWish) -> DataLoader[UUID, Costed | None]:
    """Return what loads the costs of all meters that ask alike at the same moment."""

    async def load(keys: Sequence[UUID]) -> Sequence[Costed | TwinError | None]:
        return await costs_of(info.context.reading, wish, keys)

    return info.context.together(("cost", wish), load)


async def cost_of(info: Info, meter_id: UUID, wish: CostWish) -> Cost | None:
    """Return what a meter cost; None where it has no agreement at all.

    Raises:
        TwinError: It cannot be rated as it was asked for.
    """
    found = await costed(info, wish).load(meter_id)
    await info.context.turn()
    return None if found is None else Cost.of(found, wish)
