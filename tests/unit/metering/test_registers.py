"""What registers count between readings: exact, never negative, never invented."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.metering.intervals import BILLION, Flag, RegisterEvent, RegisterEventType
from twinql.domain.metering.registers import LARGEST, billionths, of_intervals, of_register
from twinql.domain.readings import QUALITY_CODE, StoredQuality, to_us

START = datetime(2026, 3, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
KWH = Fraction(1)


def read(*values, to_base=KWH, maximum=None, resolution_s=900, events=(), qualities=None, at=None):
    """Read a register once a quarter of an hour."""
    at = [START + QUARTER * place for place in range(len(values))] if at is None else at
    codes = np.zeros(len(values), dtype=np.int8)
    for place, quality in (qualities or {}).items():
        codes[place] = QUALITY_CODE[quality]
    return of_register(
        np.array([to_us(each) for each in at], dtype=np.int64), np.array(values, dtype=np.float64), codes,
        to_base=to_base, maximum=maximum, resolution_s=resolution_s, events=events,
    )  # fmt: skip


def event(minutes, final, start, kind=RegisterEventType.EXCHANGE):
    return RegisterEvent(uuid4(), START + timedelta(minutes=minutes), kind, final, start)


def kwh(found):
    return [amount / BILLION for amount in found.amounts.tolist()]


def test_each_step_is_an_interval_from_one_reading_to_the_next():
    found = read(100.0, 100.5, 101.25)
    assert kwh(found) == [0.5, 0.75]
    assert found.starts[1] == found.ends[0] == to_us(START + QUARTER)
    assert not found.flags.any()
    assert set(found.event.tolist()) == {-1}


def test_tenths_that_binary_numbers_cannot_hold_add_up_exactly():
    values = [round(0.1 * step, 1) for step in range(1001)]
    assert read(*values).amounts.sum() == 100 * BILLION


@pytest.mark.parametrize(
    ("before", "after", "rise"), [(99_999.5, 1.5, 2.0), (99_000.0, 5_000.0, 6_000.0), (100_000.0, 0.0, 0.0)]
)
def test_a_register_near_its_declared_end_rolls_over(before, after, rise):
    found = read(before, after, maximum=100_000.0)
    assert kwh(found) == [rise]
    assert found.flags.tolist() == [Flag.ROLLOVER]


@pytest.mark.parametrize(
    ("before", "after", "maximum"),
    [(501.0, 3.0, None), (501.0, 3.0, 100_000.0), (99_000.0, 12_000.0, 100_000.0), (100_001.0, 2.0, 100_000.0)],
)
def test_any_other_fall_is_unknown_and_never_negative(before, after, maximum):
    found = read(before, after, after + 1.0, maximum=maximum)
    assert kwh(found) == [0.0, 1.0]
    assert found.flags.tolist() == [Flag.UNKNOWN, 0]


def test_an_event_makes_the_energy_across_a_fall_known():
    found = read(500.0, 501.0, 3.0, 3.5, events=[event(20, final=501.5, start=2.0)])
    assert kwh(found) == [1.0, 0.5, 1.0, 0.5]
    assert found.ends[1] == found.starts[2] == to_us(START + timedelta(minutes=20))
    assert found.flags.tolist() == [0, Flag.EVENT | Flag.UNREAD, Flag.EVENT, 0]
    assert found.event.tolist() == [-1, 0, 0, -1]


def test_the_reading_at_the_instant_of_an_event_is_of_the_new_register():
    found = read(500.0, 0.25, 1.0, events=[event(15, final=500.5, start=0.0)])
    assert kwh(found) == [0.75, 0.75], "what the new one shows at once was counted before"
    assert found.flags.tolist() == [Flag.EVENT, 0]


def test_two_events_between_two_readings_are_three_intervals():
    found = read(10.0, 7.0, events=[event(5, 11.0, 0.0), event(10, 2.0, 6.0)])
    assert kwh(found) == [1.0, 2.0, 1.0]


def test_an_event_beyond_the_readings_is_evidence_too():
    found = read(10.0, 11.0, events=[event(-15, 900.0, 9.0), event(30, 12.5, 0.0)])
    assert kwh(found) == [1.0, 1.0, 1.5]


def test_an_event_that_contradicts_its_readings_leaves_them_unknown():
    found = read(500.0, 3.0, events=[event(5, final=499.0, start=2.0)])
    assert kwh(found) == [0.0, 1.0]
    assert found.flags.tolist() == [Flag.UNKNOWN | Flag.EVENT | Flag.UNREAD, Flag.EVENT]


def test_bad_readings_are_left_out_and_doubtful_ones_mark_both_their_steps():
    found = read(1.0, np.nan, 3.0, 4.0, 5.0, qualities={1: StoredQuality.BAD, 3: StoredQuality.ESTIMATED})
    assert kwh(found) == [2.0, 1.0, 1.0]
    assert found.flags.tolist() == [Flag.LONG, Flag.ESTIMATED, Flag.ESTIMATED]


def test_a_bad_value_is_no_value_whatever_it_says():
    assert kwh(read(1.0, 999.0, 3.0, qualities={1: StoredQuality.BAD})) == [2.0]


def test_a_step_is_long_beyond_one_and_a_half_resolutions_and_always_without_one():
    at = [START, START + QUARTER * 1.5, START + QUARTER * 3.01]
    assert read(1.0, 2.0, 3.0, at=at).flags.tolist() == [0, Flag.LONG]
    assert read(1.0, 2.0, 3.0, resolution_s=None).flags.tolist() == [Flag.LONG, Flag.LONG]


def test_multipliers_and_units_are_applied_before_subtracting():
    assert read(1.0, 3.5, to_base=Fraction(40)).amounts.tolist() == [100 * BILLION]
    assert read(1_000.0, 1_500.0, to_base=Fraction(1, 1000)).amounts.tolist() == [BILLION // 2]


def test_one_reading_or_none_is_no_interval():
    assert len(read(5.0)) == len(read()) == 0


def test_what_is_too_large_to_count_is_not_counted():
    amounts, known = billionths(np.array([1.0, LARGEST * 2.0, np.nan, -LARGEST]), KWH)
    assert known.tolist() == [True, False, False, True]
    assert amounts.tolist() == [BILLION, 0, 0, -LARGEST * BILLION]


def test_interval_readings_are_taken_as_they_are():
    ends = np.array([to_us(START + QUARTER * place) for place in (1, 2, 4)], dtype=np.int64)
    codes = np.array([0, QUALITY_CODE[StoredQuality.SUBSTITUTED], 0], dtype=np.int8)
    found = of_intervals(ends, np.array([0.5, 0.25, -1.0]), codes, to_base=KWH, resolution_s=900)
    assert kwh(found) == [0.5, 0.25, 0.0]
    assert found.flags.tolist() == [0, Flag.ESTIMATED, Flag.UNKNOWN]
    assert (found.ends - found.starts).tolist() == [900_000_000] * 3


def test_interval_readings_that_come_too_close_do_not_overlap():
    ends = np.array([to_us(START + timedelta(minutes=each)) for each in (30, 45)], dtype=np.int64)
    found = of_intervals(ends, np.ones(2), np.zeros(2, np.int8), to_base=KWH, resolution_s=1800)
    assert found.starts[1] == found.ends[0]


@given(
    st.lists(st.floats(0, 1e6).map(lambda value: round(value, 3)), min_size=2, max_size=40),
    st.sampled_from([None, 1_000.0, 1e6]),
)
def test_no_history_of_a_register_has_negative_energy_and_known_steps_telescope(values, maximum):
    found = read(*values, maximum=maximum)
    assert (found.amounts >= 0).all()
    counted, _ = billionths(np.array(values), KWH)
    plain = (found.flags & (Flag.UNKNOWN | Flag.ROLLOVER)) == 0
    assert (found.amounts[plain] == np.diff(counted)[plain]).all()
    rising = read(*sorted(values))
    assert rising.amounts.sum() == counted.max() - counted.min()


STEP = st.tuples(
    st.sampled_from(["reading", "reading", "event", "both"]), st.integers(0, 5_000_000), st.integers(0, 90_000_000)
)


@given(st.lists(STEP, max_size=30), st.sampled_from([1, 40]))
def test_however_often_a_register_is_exchanged_what_flowed_is_what_was_told(steps, multiplier):
    """Thousandths of a kWh flow between steps, at which the register is read, exchanged, or both at once."""
    shown, at, readings, events, flowed = 1_000, START, [(START, 1_000)], [], 0
    for kind, energy, start in steps:
        at, shown, flowed = at + QUARTER, shown + energy, flowed + energy
        if kind != "reading":
            said = RegisterEvent(uuid4(), at, RegisterEventType.EXCHANGE, shown / 1_000, start / 1_000)
            events.append(said)
            shown = start
        if kind != "event":
            readings.append((at, shown))
    values = [value / 1_000 for _, value in readings]
    found = read(*values, at=[when for when, _ in readings], to_base=Fraction(multiplier), events=events)
    assert found.amounts.sum() == flowed * multiplier * BILLION // 1_000
    assert not (found.flags & Flag.UNKNOWN).any()
    assert (found.starts < found.ends).all()
    assert (found.starts[1:] == found.ends[:-1]).all()


def test_a_reading_at_the_instant_of_an_event_that_contradicts_it_leaves_all_of_the_step_unknown():
    found = read(500.0, 1.0, 1.5, events=[event(15, final=601.5, start=2.0)])
    assert kwh(found) == [0.0, 0.5]
    assert found.flags.tolist() == [Flag.EVENT | Flag.UNKNOWN, 0]
