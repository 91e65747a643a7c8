"""What a tariff says: its bands, blocks, dynamic prices, standing charge, VAT and holidays; all of it is hashable."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from twinql.domain.channels import FlowDirection
from twinql.domain.units import Unit

MINUTES_A_DAY = 1_440


class HolidayRule(Enum):
    """How a window treats public holidays."""

    ANY = "ANY"
    ONLY = "ONLY"
    EXCEPT = "EXCEPT"


class ChargePeriod(Enum):
    """How often a standing charge is due."""

    DAY = "DAY"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Season:
    """Days of the year, both inclusive; one that begins after it ends goes over the turn of the year.

    Attributes:
        first: Month and day on which it begins.
        last: Month and day on which it ends.
    """

    first: tuple[int, int]
    last: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """When a band holds, by what the site's clock and calendar show at each instant.

    A window that begins after it ends goes over midnight; each instant is judged by the day on which it lies.

    Attributes:
        weekdays: Of 1 (Monday) to 7 (Sunday), as ISO 8601 counts.
        first_minute: The minute of the day with which it begins, 0 to 1439.
        last_minute: The minute of the day before which it ends, 1 to 1440.
        season: Only on these days of the year; None for all.
        holidays: Whether it holds on public holidays as on others (ANY), on nothing else (ONLY), or never (EXCEPT).
    """

    weekdays: frozenset[int] = frozenset(range(1, 8))
    first_minute: int = 0
    last_minute: int = MINUTES_A_DAY
    season: Season | None = None
    holidays: HolidayRule = HolidayRule.ANY


@dataclass(frozen=True, slots=True)
class Block:
    """A price for a stretch of the consumption of a billing month.

    Attributes:
        up_to: Where the block ends, counted from the beginning of the billing month; None for the last block.
            [unit of the tariff]
        price: What a unit costs in it. [currency per unit of the tariff, without VAT]
    """

    up_to: Decimal | None
    price: Decimal


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A price that a channel tells: factor · price + surcharge.

    Attributes:
        channel: The channel of the prices. [currency per kWh]
        factor: What the channel's price is multiplied by.
        surcharge: What is added to it. [currency per unit of the tariff, without VAT]
    """

    channel: UUID
    factor: Decimal = Decimal(1)
    surcharge: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Band:
    """A price, and when it holds. Exactly one of `price`, `blocks` and `dynamic` is given.

    Attributes:
        name: What it is called on the bill: day, night, peak.
        windows: When it holds; empty for all the time that no other band takes.
        register: Only what the register of this name counts (day, night); None for every register.
        price: What a unit costs. [currency per unit of the tariff, without VAT]
        blocks: Prices by the consumption of the billing month in this band, in order.
        dynamic: A price that a channel tells.
    """

    name: str
    windows: tuple[Window, ...] = ()
    register: str | None = None
    price: Decimal | None = None
    blocks: tuple[Block, ...] = ()
    dynamic: Dynamic | None = None


@dataclass(frozen=True, slots=True)
class StandingCharge:
    """What is due whatever is used. A day's charge is due where the local day begins; a month's is spread over days.

    Attributes:
        amount: How much. [currency, without VAT]
        per: For each local day, or for each billing month.
    """

    amount: Decimal
    per: ChargePeriod


@dataclass(frozen=True, slots=True)
class VatRate:
    """A rate of value added tax.

    Attributes:
        valid_from: The local day from which on it holds; None for always.
        rate: A share, such as 0.23.
    """

    valid_from: date | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """Whose public holidays count.

    Attributes:
        country: ISO 3166-1 alpha-2, such as PT.
        subdivision: ISO 3166-2 without the country, such as 11 for Lisbon; None for national holidays alone.
    """

    country: str
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a tariff says from some day on.

    Attributes:
        bands: At every instant exactly one of them holds, for each register.
        standing_charge: What is due whatever is used; None for nothing.
        vat: Rates with the days from which they hold, ascending; empty for none.
        holidays: Whose public holidays count; None where no window speaks of them.
    """

    bands: tuple[Band, ...]
    standing_charge: StandingCharge | None = None
    vat: tuple[VatRate, ...] = ()
    holidays: HolidayCalendar | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """The terms of a tariff from a day on, as somebody recorded them; never changed, only followed by others.

    At an instant those hold whose `valid_from` is the latest at or before its local day; of several for one day, the
    one that was recorded last. Without terms, what was recorded for that day is withdrawn.

    Attributes:
        id: Its identity.
        valid_from: The local day from which on it holds.
        recorded_at: When it was recorded.
        terms: What it says; None where it withdraws.
    """

    id: UUID
    valid_from: date
    recorded_at: datetime
    terms: Terms | None


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff with the revisions that were known at some time.

    Attributes:
        id: Its identity.
        name: What it is called.
        direction: IMPORT for what is paid, EXPORT for what is earned.
        currency: ISO 4217, such as EUR.
        unit: What its prices and blocks are for: a unit of energy or of volume.
        revisions: In the order in which they were recorded.
    """

    id: UUID
    name: str
    direction: FlowDirection
    currency: str
    unit: Unit
    revisions: tuple[Revision, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """That a meter is charged by a tariff for some time.

    Attributes:
        id: Its identity; None for a tariff that is only tried on.
        meter_id: The meter.
        tariff: The tariff.
        valid_from: The local day with which it begins; None for always.
        valid_until: The local day before which it ends; None for an open end.
    """

    id: UUID | None
    meter_id: UUID
    tariff: Tariff
    valid_from: date | None = None
    valid_until: date | None = None
