"""Prices over time: stretches of time over each of which a register is charged alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twinql.domain.metering.intervals import Amounts
from twinql.domain.readings import Instants
from twinql.domain.tariffs.clock import cells, year_start, years_of
from twinql.domain.tariffs.cost import CostProblemCode
from twinql.domain.tariffs.prices import PricePoints
from twinql.domain.tariffs.public_holidays import holidays_of
from twinql.domain.tariffs.spans import Span
from twinql.domain.tariffs.terms import Agreement, Band, HolidayCalendar, Revision, Terms
from twinql.domain.tariffs.windows import Days, Mask, Numbers, bands_for, boundaries, holding
from twinql.domain.units import Unit

Places = NDArray[np.int64]

_NO_BAND = -1


@dataclass(frozen=True, slots=True, eq=False)
class Charge:
    """What is charged in a stretch of time, or why nothing can be.

    Attributes:
        agreement: What charges; None where nothing does.
        revision: The revision that holds; None where the tariff says nothing.
        band: The band that holds.
        vat_rate: The share of VAT.
        problem: Why energy in it has no price; None where it has one.
        order: Its place on a bill: from when on it holds, then where its tariff names the band.
    """

    agreement: Agreement | None
    revision: Revision | None
    band: Band | None
    vat_rate: Decimal
    problem: CostProblemCode | None = None
    order: tuple[int, int] = (0, 0)

    @property
    def unit(self) -> Unit | None:
        """Return the unit of its tariff."""
        return None if self.agreement is None else self.agreement.tariff.unit


@dataclass(slots=True)
class Charges:
    """All that is charged in a period, each once, so that several registers can share a line."""

    all: list[Charge] = field(default_factory=list)
    _places: dict[object, int] = field(default_factory=dict)

    def place(self, span: Span, band: Band | None, problem: CostProblemCode | None = None) -> int:
        """Return the place of a charge, which is made when it is first asked for."""
        key = (id(span.agreement), id(span.revision), span.vat_rate, band and band.name, problem)
        if key not in self._places:
            self._places[key] = len(self.all)
            named = span.terms.bands.index(band) if span.terms is not None and band is not None else _NO_BAND
            order = span.first_us, named
            self.all.append(Charge(span.agreement, span.revision, band, span.vat_rate, problem, order))
        return self._places[key]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a register is charged by; two neighbouring cells always differ.

    Attributes:
        edges: Where cells begin, and where the last ends, shape (n + 1,). [µs since 1970]
        charges: The place of each cell's charge, shape (n,).
        prices: What the channel of a dynamic price tells, else 0, shape (n,). [billionths of currency per kWh]
    """

    edges: Instants
    charges: Places
    prices: Amounts

    def cells(self, starts: Instants, ends: Instants) -> tuple[Places, Places]:
        """Return in which cells intervals begin and in which they end; one that ends at an edge ends before it."""
        last = np.maximum(np.searchsorted(self.edges, ends) - 1, 0)
        return np.minimum(np.searchsorted(self.edges, starts, side="right") - 1, last), last


def timeline(
    spans: Sequence[Span], register: str | None, zone: ZoneInfo, prices: Mapping[UUID, PricePoints], charges: Charges
) -> Timeline:
    """Lay out what a register is charged by over touching spans."""
    starts: list[Instants] = []
    places: list[Places] = []
    channels: dict[UUID, list[tuple[int, int]]] = {}
    for span in spans:
        at, place, dynamic = _cells(span, register, zone, charges)
        starts.append(at)
        places.append(place)
        for channel, pair in dynamic:
            channels.setdefault(channel, []).append(pair)
    edges = np.append(np.concatenate(starts), spans[-1].last_us)
    found = Timeline(edges, np.concatenate(places), np.zeros(len(edges) - 1, dtype=np.int64))
    for channel, pairs in channels.items():
        found = _priced(found, pairs, prices.get(channel))
    return _merged(found)


def _cells(
    span: Span, register: str | None, zone: ZoneInfo, charges: Charges
) -> tuple[Instants, Places, list[tuple[UUID, tuple[int, int]]]]:
    """Return where cells begin and what they charge; and for each dynamic band its channel, its charge and its lack."""
    terms = span.terms
    if terms is None:
        problem = CostProblemCode.NO_AGREEMENT if span.agreement is None else CostProblemCode.NO_TERMS
        return np.array([span.first_us]), np.array([charges.place(span, None, problem)]), []
    years = [_bands_of_year(terms, register, zone, year) for year in years_of(span.first_us, span.last_us)]
    starts = np.concatenate([each for each, _ in years]) if len(years) > 1 else years[0][0]
    bands = np.concatenate([each for _, each in years]) if len(years) > 1 else years[0][1]
    begins = np.searchsorted(starts, span.first_us, side="right") - 1
    ends = np.searchsorted(starts, span.last_us)
    starts, bands = starts[begins:ends].copy(), bands[begins:ends]
    starts[0] = span.first_us
    held = np.flatnonzero(np.bincount(bands + 1)) - 1
    place_of = np.zeros(len(terms.bands) + 1, dtype=np.int64)
    dynamic = []
    for band_place in held.tolist():
        if band_place == _NO_BAND:
            known = bool(bands_for(terms.bands, register))
            problem = CostProblemCode.NO_TERMS if known else CostProblemCode.NO_REGISTER
            place_of[_NO_BAND] = charges.place(span, None, problem)
            continue
        band = terms.bands[band_place]
        place_of[band_place] = charges.place(span, band)
        if band.dynamic is not None:
            lack = charges.place(span, band, CostProblemCode.MISSING_PRICE)
            dynamic.append((band.dynamic.channel, (int(place_of[band_place]), lack)))
    return starts, place_of[bands], dynamic


# A year of as many windows as may be takes a megabyte, one of usual terms some kilobytes.
@lru_cache(maxsize=256)
def _bands_of_year(terms: Terms, register: str | None, zone: ZoneInfo, year: int) -> tuple[Instants, Places]:
    """Return where in a year (in UTC) which band begins to hold, by its place; -1 for none."""
    places = bands_for(terms.bands, register)
    if not places:
        return np.array([year_start(year)]), np.array([_NO_BAND])
    bands = [terms.bands[place] for place in places]
    minutes = boundaries(bands)
    cut = cells(zone, year, minutes)
    days, day_of_cell = np.unique(cut.days, return_inverse=True)
    held = holding(bands, _calendar(days, terms.holidays), np.array(minutes, dtype=np.int64))
    which = np.where(held.any(axis=0), np.array(places)[held.argmax(axis=0)], _NO_BAND)
    found = which[day_of_cell, np.searchsorted(minutes, cut.minutes, side="right") - 1]
    keep = np.append(True, found[1:] != found[:-1])
    return cut.starts[keep], found[keep]


def _calendar(days: Numbers, calendar: HolidayCalendar | None) -> Days:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month_days = (
        (months.astype(np.int64) % 12 + 1) * 100 + (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    )
    off: Mask = np.zeros(len(days), dtype=bool)
    if calendar is not None:
        years = np.unique(dates.astype("datetime64[Y]").astype(np.int64) + 1970).tolist()
        free = [each for year in years for each in holidays_of(calendar, year)]
        off = np.isin(dates, np.array(free, dtype="datetime64[D]"))
    # 1970 began on a Thursday.
    return Days((days + 3) % 7 + 1, month_days, off)


def _priced(found: Timeline, pairs: Sequence[tuple[int, int]], points: PricePoints | None) -> Timeline:
    """Cut where the price of a channel changes; what it says nothing of becomes a lack of price."""
    edges, first, last = found.edges, found.edges[0], found.edges[-1]
    dynamic = [place for place, _ in pairs]
    if points is None or not len(points):
        charges = found.charges.copy()
        _replace(charges, np.isin(charges, dynamic), pairs)
        return Timeline(edges, charges, found.prices)
    changes = np.concatenate([points.starts, points.ends])
    cut = np.union1d(edges, changes[(changes > first) & (changes < last)])
    cell = np.searchsorted(edges, cut[:-1], side="right") - 1
    charges, prices = found.charges[cell], found.prices[cell]
    row = np.searchsorted(points.starts, cut[:-1], side="right") - 1
    told = (row >= 0) & (cut[:-1] < points.ends[row])
    here = np.isin(charges, dynamic)
    prices[here & told] = points.prices[row[here & told]]
    _replace(charges, here & ~told, pairs)
    return Timeline(cut, charges, prices)


def _replace(charges: Places, where: Mask, pairs: Sequence[tuple[int, int]]) -> None:
    for dynamic, lacking in pairs:
        charges[where & (charges == dynamic)] = lacking


def _merged(found: Timeline) -> Timeline:
    charges, prices = found.charges, found.prices
    keep = np.append(True, (charges[1:] != charges[:-1]) | (prices[1:] != prices[:-1]))
    if keep.all():
        return found
    return Timeline(np.append(found.edges[:-1][keep], found.edges[-1]), charges[keep], prices[keep])
