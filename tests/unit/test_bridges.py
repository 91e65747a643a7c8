"""Energy and power by their lengths of time, and gas by what it is worth."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.bridges import Gas, fitting, lengths, told_in
from twinql.domain.calendar import edges
from twinql.domain.channels import ReadingKind
from twinql.domain.series import Aggregate, Bucket, Subject
from twinql.domain.units import Quantity, Unit, to_billing_unit
from twinql.errors import InvalidInputError

LONDON = ZoneInfo("Europe/London")
LATER = datetime(2030, 1, 1, tzinfo=UTC)
KWH, KW = Unit.KILOWATT_HOUR, Unit.KILOWATT
GAS = Gas(Decimal("39.5"), Decimal("1.02264"))


def subject(kind=ReadingKind.INTERVAL, unit=KWH, *, resolution_s=1800, schedule=False):
    quantity = next(each for each in Quantity if unit in each.units)
    return Subject(1, kind, quantity, unit, "Europe/London", resolution_s, None, schedule=schedule)


def hours_of(channel, aggregate, bucket, first, last, *, now=LATER):
    bounds = edges(bucket, first, last, LONDON)
    return lengths(channel, aggregate, bounds[:-1], first=first, last=last, now=now)


@pytest.mark.parametrize(
    ("value", "source", "target", "hours", "expected"),
    [
        (0.7, KWH, KW, 0.5, 1.4),
        (24.0, KWH, KW, 24.0, 1.0),
        (250.0, Unit.WATT_HOUR, KW, 0.25, 1.0),
        (1.4, KW, KWH, 0.5, 0.7),
        (3000.0, Unit.WATT, Unit.MEGAJOULE, 1.0, 10.8),
        (1.0, Unit.THERM, KW, 1.0, 29.307111111111111),
        (6.0, Unit.KILOVAR, Unit.KILOVAR_HOUR, 0.25, 1.5),
        (0.5, Unit.KILOVOLT_AMPERE_HOUR, Unit.KILOVOLT_AMPERE, 0.5, 1.0),
        (12.0, Unit.LITRE_PER_MINUTE, Unit.CUBIC_METRE, 24.0, 17.28),
        (0.3, Unit.CUBIC_METRE, Unit.LITRE_PER_HOUR, 0.5, 600.0),
    ],
)
def test_amounts_and_rates_worked_by_hand(value, source, target, hours, expected):
    told = told_in(np.array([value, np.nan]), source=source, target=target, hours=hours)
    assert told[0] == pytest.approx(expected, rel=1e-15)
    assert np.isnan(told[1])


def test_gas_is_worth_what_a_bill_prints():
    # 100 m³ · 1.02264 · 39.5 MJ/m³ / 3.6 = 1122.0633... kWh
    assert GAS.kilowatt_hours(KWH) == Fraction("1.02264") * Fraction("39.5") / Fraction("3.6")
    told = told_in(np.array([100.0]), source=Unit.CUBIC_METRE, target=KWH, gas=GAS)
    assert told[0] == pytest.approx(1122.0633333333333, rel=1e-15)
    back = told_in(told, source=KWH, target=Unit.CUBIC_METRE, gas=GAS)
    assert back[0] == pytest.approx(100.0, rel=1e-15)


def test_gas_is_power_too_over_its_interval():
    told = told_in(np.array([1.0]), source=Unit.CUBIC_METRE, target=KW, hours=0.5, gas=GAS)
    assert told[0] == pytest.approx(2 * 11.220633333333334, rel=1e-15)
    flow = told_in(np.array([2.0]), source=Unit.CUBIC_METRE_PER_HOUR, target=KW, gas=GAS)
    assert flow[0] == pytest.approx(told[0], rel=1e-15)


def test_gas_that_nobody_valued_says_what_to_set():
    with pytest.raises(InvalidInputError, match="set calorificValue on its meter") as caught:
        told_in(np.array([1.0]), source=Unit.CUBIC_METRE, target=KWH, gas=Gas(None, Decimal(1)))
    assert caught.value.path == ("unit",)


def test_water_is_worth_no_energy():
    with pytest.raises(
        InvalidInputError, match="KILOWATT_HOUR does not fit a channel in CUBIC_METRE; ask for CUBIC_METRE"
    ):
        told_in(np.array([1.0]), source=Unit.CUBIC_METRE, target=KWH)


@pytest.mark.parametrize(("source", "target"), [(KWH, KW), (KW, KWH), (Unit.LITRE_PER_HOUR, Unit.LITRE)])
def test_a_value_without_a_length_of_time_is_refused(source, target):
    with pytest.raises(InvalidInputError, match="ask for a series in buckets, without an aggregate"):
        told_in(np.array([1.0]), source=source, target=target)


def test_the_units_that_fit_are_those_over_bridges_too():
    assert fitting(KW)[0] is Unit.WATT
    assert KWH in fitting(KW)
    assert KW in fitting(KWH)
    assert KWH not in fitting(Unit.CUBIC_METRE)
    assert {KWH, KW, Unit.CUBIC_METRE_PER_HOUR} <= set(fitting(Unit.CUBIC_METRE, gas=True))
    assert fitting(Unit.KELVIN) == Quantity.TEMPERATURE.units
    assert Unit.KILOVAR not in fitting(KWH)


def test_a_day_of_a_clock_change_has_its_own_length():
    first, last = datetime(2026, 3, 28, tzinfo=LONDON), datetime(2026, 3, 31, tzinfo=LONDON)
    hours = hours_of(subject(), Aggregate.SUM, Bucket.DAY, first, last)
    assert hours.tolist() == [24.0, 23.0, 24.0]
    told = told_in(np.array([24.0, 23.0, 24.0]), source=KWH, target=KW, hours=hours)
    assert told.tolist() == [1.0, 1.0, 1.0]
    autumn = datetime(2026, 10, 25, tzinfo=LONDON)
    assert hours_of(subject(), Aggregate.SUM, Bucket.DAY, autumn, autumn + timedelta(days=1)).tolist() == [25.0]


def test_a_bucket_that_the_period_cuts_is_as_long_as_what_is_asked_for():
    first = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
    hours = hours_of(subject(), Aggregate.SUM, Bucket.PT1H, first, first + timedelta(hours=2))
    assert hours.tolist() == [0.5, 1.0, 0.5]


def test_of_a_bucket_that_is_not_over_what_has_passed_counts():
    first, last = datetime(2026, 1, 5, 10, tzinfo=UTC), datetime(2026, 1, 5, 13, tzinfo=UTC)
    now = datetime(2026, 1, 5, 11, 15, tzinfo=UTC)
    hours = hours_of(subject(), Aggregate.SUM, Bucket.PT1H, first, last, now=now)
    assert hours[:2].tolist() == [1.0, 0.25]
    assert np.isnan(hours[2])
    planned = subject(schedule=True)
    assert hours_of(planned, Aggregate.SUM, Bucket.PT1H, first, last, now=now).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("kind", "unit", "aggregate", "expected"),
    [
        (ReadingKind.INTERVAL, KWH, Aggregate.MAX, 0.5),
        (ReadingKind.INTERVAL, KWH, Aggregate.MEAN, 0.5),
        (ReadingKind.INTERVAL, KWH, Aggregate.SUM, [24.0]),
        (ReadingKind.INTERVAL, KW, Aggregate.MEAN, [24.0]),
        (ReadingKind.INTERVAL, KW, Aggregate.LAST, 0.5),
        (ReadingKind.INSTANTANEOUS, KW, Aggregate.MEAN, [24.0]),
        (ReadingKind.INSTANTANEOUS, KW, Aggregate.MAX, None),
        (ReadingKind.INSTANTANEOUS, KWH, Aggregate.MEAN, None),
        (ReadingKind.CUMULATIVE, KWH, Aggregate.DELTA, [24.0]),
        (ReadingKind.CUMULATIVE, KWH, Aggregate.LAST, None),
    ],
)
def test_how_long_a_value_lasts_depends_on_what_it_is(kind, unit, aggregate, expected):
    first = datetime(2026, 1, 5, tzinfo=UTC)
    hours = hours_of(subject(kind, unit), aggregate, Bucket.DAY, first, first + timedelta(days=1))
    assert (hours.tolist() if isinstance(hours, np.ndarray) else hours) == expected


def test_readings_themselves_last_where_they_are_of_intervals():
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    for kind, expected in (
        (ReadingKind.INTERVAL, 0.5),
        (ReadingKind.INSTANTANEOUS, None),
        (ReadingKind.CUMULATIVE, None),
    ):
        assert lengths(subject(kind), None, np.zeros(0, np.int64), first=moment, last=moment, now=LATER) == expected


@given(
    st.floats(-1e6, 1e6),
    st.sampled_from(Unit),
    st.sampled_from(Unit),
    st.floats(1e-3, 1e4),
    st.decimals("0.1", "999", places=4),
)
def test_there_and_back_over_any_bridge_is_where_it_began(value, source, target, hours, calorific_value):
    gas = Gas(calorific_value, Decimal("1.02264"))
    if target not in fitting(source, gas=True):
        return
    there = told_in(np.array([value]), source=source, target=target, hours=hours, gas=gas)
    back = told_in(there, source=target, target=source, hours=hours, gas=gas)
    assert back[0] == pytest.approx(value, rel=1e-12, abs=1e-9)


@given(st.lists(st.floats(0, 1e4), min_size=48, max_size=48))
def test_the_mean_powers_of_half_hours_are_the_energy_of_the_day(energies_kwh):
    amounts = np.array(energies_kwh)
    powers = told_in(amounts, source=KWH, target=KW, hours=0.5)
    of_the_day = told_in(np.array([powers.mean()]), source=KW, target=KWH, hours=24.0)
    assert of_the_day[0] == pytest.approx(amounts.sum(), rel=1e-12, abs=1e-12)
    assert to_billing_unit(KWH) == 1
