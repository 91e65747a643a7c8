"""The same bill once more, worked out in another way: by fractions, reading by reading and minute by minute.

It shares nothing with what it judges but the words of the terms: no arrays, no edges, no calendar but Python's.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction

import holidays

from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import Fill, Flag
from twinql.domain.readings import EPOCH, to_us
from twinql.domain.tariffs.terms import ChargePeriod, HolidayRule
from twinql.domain.units import Unit

LONG, UNKNOWN = int(Flag.LONG), int(Flag.UNKNOWN)


UNPAID = "UNPAID"
"""Export for which nobody pays: it earns nothing, and is no problem."""


class SlowBill:
    """Prices of one deal; each minute is looked at once."""

    def __init__(self, deal):
        self.deal, self.step = deal, deal.step * 60_000_000
        self._keys, self._known, self._days, self._months, self._charged = [], {}, {}, {}, {}
        self._points = list(zip(*(each.tolist() for each in _columns(deal.prices)), strict=True))

    def rate(self, history, first, last):
        """Return the exact sums, and how much each line and each kind of problem holds."""
        first, last = to_us(first), to_us(last)
        self.lines, self.problems = defaultdict(Fraction), defaultdict(Fraction)
        self.energy = self.vat = self.standing = Fraction(0)
        month = to_us(self._month_of(first))
        parts = []
        for place, channel in enumerate(history.metered):
            if any(each.tariff.direction is channel.direction for each in self.deal.agreements):
                parts += self._parts(place, channel, history.fill, (first, last, month))
        counted = defaultdict(Fraction)
        for until, _, _, key, amount in sorted(parts, key=lambda part: part[:3]):
            if month < until <= last:
                self._charge(key, amount, counted, until, is_asked=until > first)
        self._charge_days(first, last)
        return self

    def _parts(self, place, channel, fill, bounds):
        first, last, _ = bounds
        columns = channel.intervals
        for start, end, amount, flags in zip(*(each.tolist() for each in _counted(columns)), strict=True):
            long = bool(flags & LONG)
            is_spread = long and fill is Fill.LINEAR
            if start >= last or (end > last and not is_spread):
                continue
            if flags & UNKNOWN:
                self.problems["UNKNOWN_ENERGY"] += end > first
                continue
            keys = [self._key(at, channel) for at in range(start, end, self.step)]
            several = len(set(keys)) > 1
            if is_spread:
                yield from (
                    (until, place, since, key, part)
                    for since, until, key, part in self._divided(start, end, amount, keys, bounds)
                )
            elif long and several:
                self.problems["UNDATED_ENERGY"] += Fraction(amount, 10**9) if end > first else 0
            elif several:
                yield from (
                    (end, place, since, key, part)
                    for since, _, key, part in self._divided(start, end, amount, keys, ())
                )
            else:
                yield end, place, start, keys[0], amount

    def _divided(self, start, end, amount, keys, bounds):
        """Cut where the price changes, and at bounds; each part is what flowed at its end, less what did before."""
        since = start
        for until in range(start + self.step, end + 1, self.step):
            place = (until - start) // self.step
            if until == end or keys[place] != keys[place - 1] or until in bounds or self._begins_month(until):
                yield since, until, keys[place - 1], (amount, start, end, since, until)
                since = until

    def _charge(self, key, amount, counted, until, *, is_asked):
        problem, agreement, revision, band, rate, price = self._keys[key]
        unit = agreement.tariff.unit if agreement else Unit.KILOWATT_HOUR
        energy = self._in_unit(amount, unit)
        if problem:
            if is_asked and problem != UNPAID:
                self.problems[problem] += energy
            return
        sign = 1 if agreement.tariff.direction.name == "IMPORT" else -1
        for block, quantity, each in self._blocks(agreement, band, energy, price, counted=counted, until=until):
            if is_asked:
                self.lines[agreement.id, revision.id, band.name, block, rate] += quantity
                self.energy += sign * quantity * each
                self.vat += sign * quantity * each * rate

    @staticmethod
    def _in_unit(amount, unit):
        """Round to billionths of the unit, half up, and only then divide."""
        whole, *cut = amount if isinstance(amount, tuple) else (amount,)
        if unit is Unit.MEGAWATT_HOUR:
            whole = (whole + 500) // 1000
        if not cut:
            return Fraction(whole, 10**9)
        start, end, since, until = cut
        flowed = [whole * (at - start) // (end - start) for at in (since, until)]
        return Fraction(flowed[1] - flowed[0], 10**9)

    def _blocks(self, agreement, band, energy, price, *, counted, until):
        if not band.blocks:
            yield None, energy, price
            return
        key = agreement.tariff.id, band.name, self._month_of(until - 1)
        for number, block in enumerate(band.blocks, 1):
            room = energy if block.up_to is None else max(Fraction(0), Fraction(block.up_to) - counted[key])
            taken = min(energy, room)
            if taken:
                yield number, taken, Fraction(block.price)
            counted[key] += taken
            energy -= taken

    def _key(self, us, channel):
        """The number of what is charged at a minute: problem, agreement, revision, band, VAT, price."""
        minute = us, channel.direction is FlowDirection.IMPORT, channel.register
        if minute not in self._known:
            charged = self._look_up(us, channel.direction, channel.register)
            named = (charged[0], *map(id, charged[1:4]), *map(str, charged[4:]))
            if named not in self._charged:
                self._charged[named] = len(self._keys)
                self._keys.append(charged)
            self._known[minute] = self._charged[named]
        return self._known[minute]

    def _look_up(self, us, direction, register):
        agreement, revision = self._holding(self._day(us), direction)
        if agreement is None:
            return "NO_AGREEMENT" if direction is FlowDirection.IMPORT else UNPAID, None, None, None, 0, None
        if revision is None:
            return "NO_TERMS", agreement, None, None, 0, None
        rate = self._vat_of(revision, self._day(us))
        band = self._band(revision.terms, register, self._clock(us))
        if band is None:
            return "NO_REGISTER", agreement, revision, None, rate, None
        if band.dynamic is None:
            return None, agreement, revision, band, rate, None if band.price is None else Fraction(band.price)
        told = self._told(us)
        if told is None:
            return "MISSING_PRICE", agreement, revision, band, rate, None
        per_unit = told * (1000 if agreement.tariff.unit is Unit.MEGAWATT_HOUR else 1)
        price = per_unit * Fraction(band.dynamic.factor) + Fraction(band.dynamic.surcharge)
        return None, agreement, revision, band, rate, price

    def _clock(self, us):
        return (EPOCH + timedelta(microseconds=us)).astimezone(self.deal.zone)

    def _day(self, us):
        """The local day of a minute: once it has begun, clocks that go back do not end it."""
        if us not in self._days:
            here = self._clock(us)
            passed = range(61) if here.fold else (0,)
            self._days[us] = max(self._clock(us - minute * 60_000_000).date() for minute in passed)
        return self._days[us]

    def _holding(self, day, direction):
        for agreement in self.deal.agreements:
            begun = agreement.valid_from is None or agreement.valid_from <= day
            ended = agreement.valid_until is not None and agreement.valid_until <= day
            if agreement.tariff.direction is direction and begun and not ended:
                return agreement, self._revision(agreement.tariff, day)
        return None, None

    @staticmethod
    def _revision(tariff, day):
        begun = [each for each in tariff.revisions if each.valid_from <= day]
        while begun:
            latest = max(begun, key=lambda each: (each.valid_from, each.recorded_at))
            if latest.terms is not None:
                return latest
            begun = [each for each in begun if each.valid_from < latest.valid_from]
        return None

    @staticmethod
    def _vat_of(revision, day):
        rate = Fraction(0)
        for each in revision.terms.vat:
            if each.valid_from is None or each.valid_from <= day:
                rate = Fraction(each.rate)
        return rate

    def _band(self, terms, register, clock):
        speaking = [band for band in terms.bands if band.register in {None, register}]
        for band in speaking:
            if any(self._inside(window, terms, clock) for window in band.windows):
                return band
        return next((band for band in speaking if not band.windows), None)

    @staticmethod
    def _inside(window, terms, clock):
        minute, day = clock.hour * 60 + clock.minute, (clock.month, clock.day)
        hours = window.first_minute <= minute < window.last_minute
        if window.first_minute > window.last_minute:
            hours = not window.last_minute <= minute < window.first_minute
        season = window.season is None or (
            window.season.first <= day <= window.season.last
            if window.season.first <= window.season.last
            else not window.season.last < day < window.season.first
        )
        fits = True
        if window.holidays is not HolidayRule.ANY:
            fits = (window.holidays is HolidayRule.ONLY) == (clock.date() in _holidays(terms.holidays))
        return hours and season and fits and clock.isoweekday() in window.weekdays

    def _told(self, us):
        return next((Fraction(price, 10**9) for start, end, price in self._points if start <= us < end), None)

    def _month_of(self, us):
        """The billing month in which a minute lies, by where it begins."""
        day = self._day(us)
        if day not in self._months:
            month = day if day.day >= self.deal.billing_day else day.replace(day=1) - timedelta(days=1)
            self._months[day] = self._midnight(month.replace(day=self.deal.billing_day))
        return self._months[day]

    def _midnight(self, day):
        return datetime(day.year, day.month, day.day, tzinfo=self.deal.zone).astimezone(EPOCH.tzinfo)

    def _begins_month(self, us):
        return to_us(self._month_of(us)) == us

    def _charge_days(self, first, last):
        for at in range(first, last, self.step):
            day = self._day(at)
            if day == self._day(at - self.step):
                continue
            for direction in {each.tariff.direction for each in self.deal.agreements}:
                agreement, revision = self._holding(day, direction)
                due = revision.terms.standing_charge if revision else None
                if due:
                    amount = self._of_day(due, day)
                    self.lines[agreement.id, revision.id, "standing", None, self._vat_of(revision, day)] += 1
                    self.standing += amount
                    self.vat += amount * self._vat_of(revision, day)

    def _of_day(self, due, day):
        if due.per is ChargePeriod.DAY:
            return Fraction(due.amount)
        begins = day.replace(day=self.deal.billing_day)
        if begins > day:
            begins = (begins.replace(day=1) - timedelta(days=1)).replace(day=self.deal.billing_day)
        ends = (begins.replace(day=1) + timedelta(days=32)).replace(day=self.deal.billing_day)
        days = [begins + timedelta(days=number) for number in range((ends - begins).days)]
        days = [each for each in days if self._midnight(each) < self._midnight(each + timedelta(days=1))]
        share = Fraction(int(Fraction(due.amount) * 10**9) // len(days), 10**9)
        return Fraction(due.amount) - share * (len(days) - 1) if day == days[-1] else share


def _counted(columns):
    return columns.starts, columns.ends, columns.amounts, columns.flags


def _columns(points):
    return points.starts, points.ends, points.prices


_KNOWN_HOLIDAYS = {}


def _holidays(calendar):
    if calendar not in _KNOWN_HOLIDAYS:
        _KNOWN_HOLIDAYS[calendar] = holidays.country_holidays(calendar.country, subdiv=calendar.subdivision)
    return _KNOWN_HOLIDAYS[calendar]
