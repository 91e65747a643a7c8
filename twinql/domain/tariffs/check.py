"""Whether terms can be charged by: complete, without contradictions, and exact."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from twinql.domain.tariffs.cover import check_cover
from twinql.domain.tariffs.money import PLACES
from twinql.domain.tariffs.public_holidays import check_calendar
from twinql.domain.tariffs.terms import MINUTES_A_DAY, Band, Block, HolidayRule, Season, Terms, VatRate, Window
from twinql.domain.units import Quantity, Unit
from twinql.errors import InvalidInputError

STANDING = "standing"
"""The name of the line of standing charges, which no band may have."""

PER_KWH = {Unit.WATT_HOUR: Decimal("0.001"), Unit.KILOWATT_HOUR: Decimal(1), Unit.MEGAWATT_HOUR: Decimal(1000)}
"""Units in which a channel's price per kWh is a round number, with the kWh that each of them is."""

# What is compared grows with registers, and with the days and times of day at which windows begin and end.
_MOST_BANDS, _MOST_WINDOWS, _MOST_REGISTERS, _MOST_BLOCKS, _MOST_RATES = 50, 100, 10, 50, 50
_MOST_PRICES = 100
"""Each may be a line of a bill."""
_LONGEST_NAME = 80
_LARGEST = Decimal(10) ** 9
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

Path = tuple[str, ...]


def check_terms(terms: Terms, unit: Unit) -> None:
    """Check that a tariff in a unit can be charged by these terms, at every instant and for every register.

    Raises:
        InvalidInputError: It cannot; the message names the first thing that is wrong, and the path its place.
    """
    if unit not in (*Quantity.ENERGY.units, *Quantity.VOLUME.units):
        raise InvalidInputError(f"{unit.name} is no unit of energy or volume; use KILOWATT_HOUR, say.", path=("unit",))
    _check_number_of(terms.bands, _MOST_BANDS, "bands", ("terms", "bands"))
    if not terms.bands:
        raise InvalidInputError("A tariff has at least one band; give one with a price.", path=("terms", "bands"))
    windows = [window for band in terms.bands for window in band.windows]
    _check_number_of(windows, _MOST_WINDOWS, "windows in a tariff", ("terms", "bands"))
    prices = [block for band in terms.bands for block in band.blocks or (None,)]
    _check_number_of(prices, _MOST_PRICES, "prices in a tariff", ("terms", "bands"))
    registers = {band.register for band in terms.bands}
    _check_number_of(list(registers), _MOST_REGISTERS, "registers", ("terms", "bands"))
    for place, band in enumerate(terms.bands):
        _check_band(band, unit, ("terms", "bands", str(place)))
    _check_names(terms.bands)
    if terms.standing_charge is not None:
        _check_number(terms.standing_charge.amount, ("terms", "standingCharge", "amount"))
    _check_vat(terms.vat)
    if terms.holidays is not None:
        check_calendar(terms.holidays)
    elif any(window.holidays is not HolidayRule.ANY for band in terms.bands for window in band.windows):
        message = "A window speaks of public holidays; say in `holidays` of which country."
        raise InvalidInputError(message, path=("terms", "holidays"))
    check_cover(terms)


def _check_band(band: Band, unit: Unit, path: Path) -> None:
    if not band.name.strip() or len(band.name) > _LONGEST_NAME:
        message = f"A band has a name of at most {_LONGEST_NAME} characters, such as day, night or peak."
        raise InvalidInputError(message, path=(*path, "name"))
    if band.name == STANDING:
        message = f"`{STANDING}` is what the line of the standing charge is called; give the band another name."
        raise InvalidInputError(message, path=(*path, "name"))
    if (band.price is not None) + bool(band.blocks) + (band.dynamic is not None) != 1:
        message = f"The band {band.name} has exactly one of a price, blocks and a price channel; give one of them."
        raise InvalidInputError(message, path=path)
    if band.price is not None:
        _check_number(band.price, (*path, "price"))
    _check_blocks(band.blocks, (*path, "blocks"))
    if band.dynamic is not None:
        _check_number(band.dynamic.factor, (*path, "dynamic", "factor"))
        _check_number(band.dynamic.surcharge, (*path, "dynamic", "surcharge"))
        if unit not in PER_KWH:
            message = (
                f"Price channels tell prices per kWh, which {unit.name} is no round number of; "
                f"a tariff that follows one has the unit {', '.join(each.name for each in PER_KWH)}."
            )
            raise InvalidInputError(message, path=("unit",))
    for place, window in enumerate(band.windows):
        _check_window(window, (*path, "windows", str(place)))


def _check_names(bands: Sequence[Band]) -> None:
    for name, times in Counter(band.name for band in bands).items():
        if times > 1:
            message = f"{times} bands are called {name}; give each a name of its own, or one band several windows."
            raise InvalidInputError(message, path=("terms", "bands"))


def _check_blocks(blocks: Sequence[Block], path: Path) -> None:
    _check_number_of(blocks, _MOST_BLOCKS, "blocks in a band", path)
    for place, block in enumerate(blocks):
        _check_number(block.price, (*path, str(place), "price"))
        if (block.up_to is None) != (place == len(blocks) - 1):
            message = "The last block, and only that, has no end: leave `upTo` out there, and give it everywhere else."
            raise InvalidInputError(message, path=(*path, str(place), "upTo"))
        if block.up_to is not None:
            _check_number(block.up_to, (*path, str(place), "upTo"))
    ends = [Decimal(0), *(block.up_to for block in blocks if block.up_to is not None)]
    for place, (before, end) in enumerate(pairwise(ends)):
        if before >= end:
            message = f"A block that ends at {end} cannot follow {before}; order the blocks by where they end."
            raise InvalidInputError(message, path=(*path, str(place), "upTo"))


def _check_window(window: Window, path: Path) -> None:
    if not window.weekdays or not window.weekdays <= frozenset(range(1, 8)):
        raise InvalidInputError("A window holds on at least one weekday.", path=(*path, "weekdays"))
    if not 0 <= window.first_minute < MINUTES_A_DAY:
        raise InvalidInputError("A window begins between 00:00 and 23:59.", path=(*path, "from"))
    if not 0 < window.last_minute <= MINUTES_A_DAY:
        message = "A window ends between 00:01 and 24:00; write 24:00 for the end of the day."
        raise InvalidInputError(message, path=(*path, "until"))
    if window.first_minute == window.last_minute:
        message = "A window that ends when it begins holds at no time; write 00:00 to 24:00 for the whole day."
        raise InvalidInputError(message, path=(*path, "until"))
    if window.season is not None:
        _check_season(window.season, (*path, "season"))


def _check_season(season: Season, path: Path) -> None:
    for name, (month, day) in (("first", season.first), ("last", season.last)):
        if not (1 <= month <= len(_LONGEST_MONTHS) and 1 <= day <= _LONGEST_MONTHS[month - 1]):
            message = f"There is no day {day} of month {month}; a season begins and ends on days such as 03-31."
            raise InvalidInputError(message, path=(*path, name))


def _check_vat(rates: Sequence[VatRate]) -> None:
    _check_number_of(rates, _MOST_RATES, "rates of VAT", ("terms", "vat"))
    for place, each in enumerate(rates):
        _check_number(each.rate, ("terms", "vat", str(place), "rate"))
        if not 0 <= each.rate <= 1:
            message = "A rate of VAT is a share between 0 and 1: write 0.23 for 23 %."
            raise InvalidInputError(message, path=("terms", "vat", str(place), "rate"))
    for place, (before, after) in enumerate(pairwise(rates), start=1):
        if after.valid_from is None or (before.valid_from is not None and before.valid_from >= after.valid_from):
            message = "Rates of VAT follow each other by the day from which they hold; only the first may leave it out."
            raise InvalidInputError(message, path=("terms", "vat", str(place), "validFrom"))


def _check_number(number: Decimal, path: Path) -> None:
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -PLACES or abs(number) >= _LARGEST:
        message = f"{number} does not fit: a number here has at most {PLACES} decimal places and is below {_LARGEST:,}."
        raise InvalidInputError(message, path=path)


def _check_number_of(things: Sequence[object], most: int, name: str, path: Path) -> None:
    if len(things) > most:
        raise InvalidInputError(f"{len(things)} are too many {name}; {most} may be given.", path=path)
