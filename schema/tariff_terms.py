"""What a tariff says: bands and when they hold, blocks, dynamic prices, standing charge, VAT and holidays."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.declared import to_one
from schema.described import publish
from twinql.domain.tariffs import terms
from twinql.domain.tariffs.terms import ChargePeriod, HolidayRule
from twinql.domain.tariffs.wire import clock_time, day_of_year

if TYPE_CHECKING:
    from schema.channel import Channel

publish(
    HolidayRule,
    "How a window treats public holidays.",
    ANY="It holds on public holidays as on other days.",
    ONLY="It holds on public holidays alone.",
    EXCEPT="It never holds on public holidays.",
)
publish(
    ChargePeriod,
    "How often a standing charge is due.",
    DAY="For each local day, where it begins.",
    MONTH="For each billing month, spread over its days.",
)


class Weekday(Enum):
    """Days of the week as ISO 8601 counts them."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


publish(Weekday, "A day of the week.", **{each.name: f"{each.name.capitalize()}." for each in Weekday})


@strawberry.type(description="Days of the year, both inclusive; one that begins after it ends goes over New Year.")
class Season:
    """A season."""

    first: str = strawberry.field(description="The day on which it begins, month and day: 11-01.")
    last: str = strawberry.field(description="The day on which it ends, month and day: 03-31.")


@strawberry.type(
    description="When a band holds, by what the site's clock and calendar show at each instant. One that begins after "
    "it ends goes over midnight, and each instant is judged by the day on which it lies."
)
class TariffWindow:
    """A window."""

    weekdays: list[Weekday] = strawberry.field(description="On which days of the week, Monday first.")
    from_: str = strawberry.field(name="from", description="From when on, as HH:MM.")
    until: str = strawberry.field(description="Before when, as HH:MM; 24:00 is the end of the day.")
    season: Season | None = strawberry.field(description="Only on these days of the year; null for all.")
    holidays: HolidayRule = strawberry.field(description="What public holidays do to it.")

    @classmethod
    def of(cls, window: terms.Window) -> Self:
        """Show a window."""
        season = window.season
        return cls(
            weekdays=[Weekday(each) for each in sorted(window.weekdays)],
            from_=clock_time(window.first_minute),
            until=clock_time(window.last_minute),
            season=None if season is None else Season(first=day_of_year(season.first), last=day_of_year(season.last)),
            holidays=window.holidays,
        )


@strawberry.type(description="A price for a stretch of what a billing month uses in a band.")
class TariffBlock:
    """A block."""

    up_to: Decimal | None = strawberry.field(
        description="Where it ends, counted from the beginning of the billing month, in the tariff's unit; null for "
        "the last block."
    )
    price: Decimal = strawberry.field(description="What a unit costs in it, in the currency, without VAT.")


@strawberry.type(description="A price that a channel tells: its price, times the factor, plus the surcharge.")
class DynamicPrice:
    """Where a price comes from."""

    channel_id: strawberry.Private[UUID]
    factor: Decimal = strawberry.field(description="What the channel's price is multiplied by.")
    surcharge: Decimal = strawberry.field(
        description="What is added to it, in the currency per unit of the tariff, without VAT."
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "channel_id",
        description="The channel of the prices, in the currency per kWh; null where you may not see it.",
    )


@strawberry.type(description="A price, and when it holds. Exactly one of `price`, `blocks` and `dynamic` is there.")
class TariffBand:
    """A band."""

    name: str = strawberry.field(description="What it is called on the bill: day, night, peak.")
    windows: list[TariffWindow] = strawberry.field(
        description="When it holds; empty where it holds whenever no other band does."
    )
    register: str | None = strawberry.field(
        description="Only for what the meter's register of this name counts; null for every register, and for "
        "meters that have one."
    )
    price: Decimal | None = strawberry.field(
        description="What a unit costs, in the currency, without VAT; negative where it is given away with money."
    )
    blocks: list[TariffBlock] = strawberry.field(
        description="Prices by how much the billing month has used in this band, in order; empty for none."
    )
    dynamic: DynamicPrice | None = strawberry.field(description="A price that a channel tells.")

    @classmethod
    def of(cls, band: terms.Band) -> Self:
        """Show a band."""
        told = band.dynamic
        dynamic = None
        if told is not None:
            dynamic = DynamicPrice(channel_id=told.channel, factor=told.factor, surcharge=told.surcharge)
        return cls(
            name=band.name,
            windows=[TariffWindow.of(each) for each in band.windows],
            register=band.register,
            price=band.price,
            blocks=[TariffBlock(up_to=each.up_to, price=each.price) for each in band.blocks],
            dynamic=dynamic,
        )


@strawberry.type(description="What is due whatever is used.")
class StandingCharge:
    """A standing charge."""

    amount: Decimal = strawberry.field(description="How much, in the currency, without VAT.")
    per: ChargePeriod = strawberry.field(description="How often.")


@strawberry.type(description="A rate of value added tax, from a day on.")
class VatRate:
    """A rate of VAT."""

    valid_from: date | None = strawberry.field(
        description="The local day from which on it holds, until the next one does; null for always."
    )
    rate: Decimal = strawberry.field(description="A share, such as 0.23.")


@strawberry.type(description="Whose public holidays count.")
class HolidayCalendar:
    """A calendar of holidays."""

    country: str = strawberry.field(description="ISO 3166-1 alpha-2, such as PT.")
    subdivision: str | None = strawberry.field(
        description="ISO 3166-2 without the country, such as 11 for Lisbon; null for national holidays alone."
    )


@strawberry.type(description="All that a tariff says from some day on.")
class TariffTerms:
    """The terms."""

    bands: list[TariffBand] = strawberry.field(
        description="Prices: at every instant exactly one of them holds, for each register."
    )
    standing_charge: StandingCharge | None = strawberry.field(
        description="What is due whatever is used; null for nothing."
    )
    vat: list[VatRate] = strawberry.field(
        description="Rates of VAT by the days from which they hold, ascending; empty for none."
    )
    holidays: HolidayCalendar | None = strawberry.field(
        description="Whose public holidays count; null where no window speaks of them."
    )

    @classmethod
    def of(cls, said: terms.Terms) -> Self:
        """Show terms."""
        due, calendar = said.standing_charge, said.holidays
        return cls(
            bands=[TariffBand.of(each) for each in said.bands],
            standing_charge=None if due is None else StandingCharge(amount=due.amount, per=due.per),
            vat=[VatRate(valid_from=each.valid_from, rate=each.rate) for each in said.vat],
            holidays=None
            if calendar is None
            else HolidayCalendar(country=calendar.country, subdivision=calendar.subdivision),
        )
