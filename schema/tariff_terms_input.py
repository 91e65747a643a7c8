"""What callers say of a tariff's terms."""

from datetime import date
from decimal import Decimal

import strawberry

from schema.declared import key_of
from schema.tariff_terms import Weekday
from twinql.domain.tariffs.terms import (
    Band,
    Block,
    ChargePeriod,
    Dynamic,
    HolidayCalendar,
    HolidayRule,
    Season,
    StandingCharge,
    Terms,
    VatRate,
    Window,
)
from twinql.domain.tariffs.wire import minute_of, read_day_of_year
from twinql.domain.wording import check_key, cleaned
from twinql.errors import InvalidInputError

LONGEST_BAND = 80


@strawberry.input(description="Days of the year, both inclusive; one that begins after it ends goes over New Year.")
class SeasonInput:
    """A season."""

    first: str = strawberry.field(description="The day on which it begins, month and day: 11-01.")
    last: str = strawberry.field(description="The day on which it ends, month and day: 03-31.")

    def to_domain(self, *path: str) -> Season:
        """Say it in the words of the domain."""
        return Season(_day(self.first, *path, "first"), _day(self.last, *path, "last"))


@strawberry.input(
    description="When a band holds, by the site's clock and calendar. One that begins after it ends goes over "
    "midnight; each instant is judged by the day on which it lies."
)
class TariffWindowInput:
    """A window."""

    weekdays: list[Weekday] = strawberry.field(
        default_factory=lambda: list(Weekday), description="On which days of the week; every day where it is left out."
    )
    from_: str = strawberry.field(name="from", default="00:00", description="From when on, as HH:MM.")
    until: str = strawberry.field(default="24:00", description="Before when, as HH:MM; 24:00 is the end of the day.")
    season: SeasonInput | None = strawberry.field(
        default=None, description="Only on these days of the year; the whole year where it is left out."
    )
    holidays: HolidayRule = strawberry.field(
        default=HolidayRule.ANY,
        description="What public holidays do to it; anything but ANY needs the calendar in `holidays` of the terms.",
    )

    def to_domain(self, *path: str) -> Window:
        """Say it in the words of the domain."""
        return Window(
            weekdays=frozenset(each.value for each in self.weekdays),
            first_minute=_minute(self.from_, *path, "from"),
            last_minute=_minute(self.until, *path, "until"),
            season=None if self.season is None else self.season.to_domain(*path, "season"),
            holidays=self.holidays,
        )


@strawberry.input(description="A price for a stretch of what a billing month uses in a band.")
class TariffBlockInput:
    """A block."""

    up_to: Decimal | None = strawberry.field(
        default=None,
        description="Where it ends, counted from the beginning of the billing month, in the tariff's unit; left out "
        "for the last block, and only there.",
    )
    price: Decimal = strawberry.field(description="What a unit costs in it, in the currency, without VAT.")


@strawberry.input(description="A price that a channel tells: its price, times the factor, plus the surcharge.")
class DynamicPriceInput:
    """Where a price comes from."""

    channel_id: strawberry.ID = strawberry.field(
        description="The channel of the prices, INTERVAL or INSTANTANEOUS, in the tariff's currency per kWh."
    )
    factor: Decimal = strawberry.field(default=Decimal(1), description="What the channel's price is multiplied by.")
    surcharge: Decimal = strawberry.field(
        default=Decimal(0),
        description="What is added to it, in the currency per unit of the tariff, without VAT.",
    )

    def to_domain(self, *path: str) -> Dynamic:
        """Say it in the words of the domain."""
        try:
            key = key_of(self.channel_id, "Channel")
        except InvalidInputError as error:
            raise InvalidInputError(error.message, path=(*path, "channelId")) from error
        return Dynamic(key, self.factor, self.surcharge)


@strawberry.input(description="A price, and when it holds. Give exactly one of `price`, `blocks` and `dynamic`.")
class TariffBandInput:
    """A band."""

    name: str = strawberry.field(
        description=f"What it is called on the bill: day, night, peak; no other band's, "
        f"at most {LONGEST_BAND} characters."
    )
    windows: list[TariffWindowInput] = strawberry.field(
        default_factory=list,
        description="When it holds; left out, it holds whenever no other band does.",
    )
    register: str | None = strawberry.field(
        default=None,
        description="Only for what the meter's register of this name counts; left out, for every register, and "
        "for meters that have one.",
    )
    price: Decimal | None = strawberry.field(
        default=None, description="What a unit costs, in the currency, without VAT; it may be negative."
    )
    blocks: list[TariffBlockInput] = strawberry.field(
        default_factory=list,
        description="Prices by how much the billing month has used in this band, by where they end.",
    )
    dynamic: DynamicPriceInput | None = strawberry.field(default=None, description="A price that a channel tells.")

    def to_domain(self, *path: str) -> Band:
        """Say it in the words of the domain."""
        if self.register is not None:
            check_key(self.register, "register", "day", *path, "register")
        return Band(
            name=cleaned(self.name, "name of a band", *path, "name", longest=LONGEST_BAND),
            windows=tuple(each.to_domain(*path, "windows", str(place)) for place, each in enumerate(self.windows)),
            register=self.register,
            price=self.price,
            blocks=tuple(Block(each.up_to, each.price) for each in self.blocks),
            dynamic=None if self.dynamic is None else self.dynamic.to_domain(*path, "dynamic"),
        )


@strawberry.input(description="What is due whatever is used.")
class StandingChargeInput:
    """A standing charge."""

    amount: Decimal = strawberry.field(description="How much, in the currency, without VAT.")
    per: ChargePeriod = strawberry.field(description="How often.")


@strawberry.input(description="A rate of value added tax, from a day on.")
class VatRateInput:
    """A rate of VAT."""

    valid_from: date | None = strawberry.field(
        default=None,
        description="The local day from which on it holds, until the next one does; only the first may leave it out.",
    )
    rate: Decimal = strawberry.field(description="A share from 0 to 1, such as 0.23.")


@strawberry.input(description="Whose public holidays count.")
class HolidayCalendarInput:
    """A calendar of holidays."""

    country: str = strawberry.field(description="ISO 3166-1 alpha-2, such as PT.")
    subdivision: str | None = strawberry.field(
        default=None,
        description="ISO 3166-2 without the country, such as 11 for Lisbon; left out, national holidays alone count.",
    )


@strawberry.input(description="All that a tariff says from some day on.")
class TariffTermsInput:
    """The terms."""

    bands: list[TariffBandInput] = strawberry.field(
        description="Prices: at every instant exactly one of them must hold, for each register."
    )
    standing_charge: StandingChargeInput | None = strawberry.field(
        default=None, description="What is due whatever is used."
    )
    vat: list[VatRateInput] = strawberry.field(
        default_factory=list, description="Rates of VAT, by the days from which they hold; left out for none."
    )
    holidays: HolidayCalendarInput | None = strawberry.field(
        default=None, description="Whose public holidays count, where a window speaks of them."
    )

    def to_domain(self) -> Terms:
        """Say it in the words of the domain.

        Raises:
            InvalidInputError: A name, a time or a day is none; the path says which.
        """
        due, calendar = self.standing_charge, self.holidays
        return Terms(
            bands=tuple(each.to_domain("terms", "bands", str(place)) for place, each in enumerate(self.bands)),
            standing_charge=None if due is None else StandingCharge(due.amount, due.per),
            vat=tuple(VatRate(each.valid_from, each.rate) for each in self.vat),
            holidays=None if calendar is None else HolidayCalendar(calendar.country, calendar.subdivision),
        )


def _minute(text: str, *path: str) -> int:
    try:
        return minute_of(text)
    except ValueError as error:
        raise InvalidInputError("This is no time of day; write it as HH:MM, from 00:00 to 24:00.", path=path) from error


def _day(text: str, *path: str) -> tuple[int, int]:
    try:
        return read_day_of_year(text)
    except ValueError as error:
        raise InvalidInputError("This is no day of the year; write month and day, such as 03-31.", path=path) from error
