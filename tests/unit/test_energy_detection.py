"""What is wrong with energy per interval."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.detection.energy import EnergyDetector
from twinql.domain.detection.energy_highs import Highs
from twinql.domain.detection.energy_level import Level, Stretch
from twinql.domain.detection.energy_season import local_time
from twinql.domain.detection.energy_swings import Swings
from twinql.domain.detection.finding import Cause, Watched

STEP_S = 1_800.0
START_S = datetime(2026, 2, 2, tzinfo=UTC).timestamp()
KNOWN_DAYS = 40
MONDAY_S = START_S + 42 * 86_400
FACTS_OF = {
    Cause.SPIKE: "VALUE",
    Cause.DIP: "VALUE",
    Cause.STUCK: "RUN",
    Cause.RAPID_CHANGE: "SWING",
    Cause.LEVEL_SHIFT: "RATIO",
    Cause.OUTLIER_TAMPER: "IMPLAUSIBLE",
}


def watched(**more):
    told = {"resolution_s": STEP_S, "zone": "Europe/Berlin", "direction": FlowDirection.IMPORT} | more
    return Watched(ReadingKind.INTERVAL, "ENERGY", "KILOWATT_HOUR", **told)


def household(days, *, seed=1, step_s=STEP_S):
    """Times and energy of a household: a base load with a refrigerator on it, more in the evening, some appliances."""
    rng = np.random.default_rng(seed)
    at_s = START_S + step_s * np.arange(1, round(days * 86_400 / step_s) + 1)
    hour = (at_s % 86_400) / 3_600
    evening = 0.25 * np.exp(-(((hour - 19) / 2) ** 2))
    begun = (rng.random(len(at_s)) < 0.02) * rng.uniform(0.3, 0.9, len(at_s))
    appliances = np.maximum.reduce([np.roll(begun, later) for later in range(3)])
    return at_s.tolist(), (0.05 + 0.02 * rng.random(len(at_s)) + evening * rng.random(len(at_s)) + appliances).tolist()


def fed(detector, at_s, values):
    return [finding for at, value in zip(at_s, values, strict=True) for finding in detector.update(at, value)]


@cache
def _known(scale=1.0):
    detector = EnergyDetector.of(watched())
    at_s, values = household(KNOWN_DAYS)
    assert fed(detector, at_s, [value * scale for value in values]) == []
    return json.dumps(detector.memory())


def detector(scale=1.0, **more):
    """One that has seen the household for forty days and found nothing."""
    return EnergyDetector.of(watched(**more), json.loads(_known(scale)))


def faulty(change, *, days=10, start=100):
    """Times and values after the forty days, with a fault put in from a place on."""
    at_s, values = household(KNOWN_DAYS + days)
    seen = KNOWN_DAYS * 48
    at_s, values = at_s[seen:], values[seen:]
    for place, value in change(values[start:]):
        values[start + place] = value
    return at_s, values


FAULTS = {
    "spike": (Cause.SPIKE, lambda _: [(0, 3.0)]),
    "nothing": (Cause.DIP, lambda _: [(place, 0.0) for place in range(8)]),
    "equal": (Cause.STUCK, lambda _: [(place, 0.31) for place in range(30)]),
    "to and fro": (Cause.RAPID_CHANGE, lambda _: [(place, (1.2, 0.02)[place % 2]) for place in range(6)]),
    "more": (Cause.LEVEL_SHIFT, lambda rest: [(place, rest[place] + 0.15) for place in range(300)]),
    "watt hours": (Cause.OUTLIER_TAMPER, lambda rest: [(place, rest[place] * 1_000) for place in range(2)]),
}


def begun(found):
    return [finding.cause for finding in found if finding.holds]


def test_the_high_is_the_third_largest_of_the_days_before_worked_by_hand():
    highs = Highs(blocks=4, rank=3)
    for day, (morning, evening) in enumerate([(1, 5), (7, 2), (3, 3), (0, 4)]):
        highs.add(day, morning)
        highs.add(day, evening)
    assert highs.high == 3  # of 5, 7 and 3: the fourth day is not over
    highs.add(4, 9.0)
    assert highs.high == 4  # of 5, 7, 3 and 4
    highs.add(5, 0.0)
    assert highs.high == 4  # of 7, 3, 4 and 9: the first day is forgotten


def test_what_was_found_counts_little_until_it_is_found_often():
    highs = Highs(blocks=90, rank=1)
    highs.add(0, 10.0)
    highs.add(1, 10.0)
    assert highs.high == 10
    found = []
    for day in range(1, 5):
        highs.add_found(day, 100.0)
        found.append(highs.high)
    assert found == pytest.approx([10, 11, 12.1, 100])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_dropping_what_cannot_matter_changes_no_high(maxima):
    highs = Highs(blocks=7, rank=3)
    for day, peak in enumerate(maxima):
        expected = sorted(maxima[max(0, day - 7) : day], reverse=True)[2:3]
        highs.add(day, peak)
        assert highs.high == (expected[0] if expected else None)


def test_a_swing_is_the_smallest_of_alternating_changes_worked_by_hand():
    swings = Swings()
    for day in range(3):
        for change in (1.0, -1.0, 1.0, 1.0, 1.0):
            assert swings.update(day, change, None).score == 0
    swings.update(3, -4.0, 4.0)
    swings.update(3, 4.0, 4.0)
    found = swings.update(3, -6.0, 4.0)
    # Usual are swings of 1, so the threshold is the larger of 1.5 x 1 and 0.85 x 4; four changes alternate by 1 only.
    assert (found.width, found.threshold, found.changes, found.score) == (4.0, 3.4, 3, 4 / 3.4)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_once_as_what_it_is_and_ends(fault):
    cause, change = FAULTS[fault]
    at_s, values = faulty(change, days=10)
    found = fed(detector(), at_s, values)
    assert begun(found) == [cause]
    begin, end = found
    assert end.cause is cause
    assert not end.holds
    assert at_s[100] <= begin.at_s <= at_s[100 + len(change(values[100:])) - 1]
    assert begin.score > 1
    assert begin.facts[0].code == FACTS_OF[cause]
    assert all(fact.first_s <= fact.last_s == begin.at_s for fact in begin.facts)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_unit_changes_nothing(fault):
    at_s, values = faulty(FAULTS[fault][1])
    in_kwh, in_wh = detector(), detector(scale=1_000.0)
    expected = [(each.cause, each.at_s, each.holds) for each in fed(in_kwh, at_s, values)]
    assert [(each.cause, each.at_s, each.holds) for each in fed(in_wh, at_s, [v * 1_000 for v in values])] == expected


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_statistical_is_found_while_little_is_known(fault):
    at_s, values = household(20)
    for place, value in FAULTS[fault][1](values[400:]):
        values[400 + place] = value
    assert fed(EnergyDetector.of(watched()), at_s, values) == []


@settings(max_examples=15, deadline=None)
@given(fault=st.sampled_from(sorted(FAULTS)), cut=st.integers(0, 479))
def test_one_that_is_made_anew_from_memory_goes_on_as_if_nothing_had_happened(fault, cut):
    at_s, values = faulty(FAULTS[fault][1])
    whole = detector()
    expected = fed(whole, at_s, values)
    first = detector()
    found = fed(first, at_s[:cut], values[:cut])
    second = EnergyDetector.of(watched(), json.loads(json.dumps(first.memory())))
    assert found + fed(second, at_s[cut:], values[cut:]) == expected
    assert second.memory() == whole.memory()


def test_memory_of_another_version_begins_afresh():
    assert (
        EnergyDetector.of(watched(), {"version": 0, "who": "knows"}).memory() == EnergyDetector.of(watched()).memory()
    )


@pytest.mark.parametrize("step_s", [1.0, 60.0, 300.0, 900.0, 3_600.0])
def test_memory_stays_small_whatever_the_resolution(step_s):
    made = EnergyDetector.of(watched(resolution_s=step_s))
    at_s, values = household(min(30, step_s / 60), step_s=step_s)
    fed(made, at_s, values)
    assert len(json.dumps(made.memory())) < 12_000


def test_energy_that_runs_backwards_is_found_at_once_and_only_where_it_counts_one_way():
    at_s, values = household(1)
    values[20] = -0.1
    assert begun(fed(EnergyDetector.of(watched()), at_s, values)) == [Cause.OUTLIER_TAMPER]
    assert fed(EnergyDetector.of(watched(direction=None)), at_s, values) == []


def test_a_channel_that_counts_both_ways_may_be_negative():
    at_s, values = household(60)
    both = [value - 0.3 for value in values]
    made = EnergyDetector.of(watched())
    found = fed(made, at_s, both)
    assert {finding.cause for finding in found} == {Cause.OUTLIER_TAMPER}
    assert all(finding.at_s < START_S + 4 * 86_400 for finding in found)
    assert begun(made.update(at_s[-1] + STEP_S, -3.0)) == [Cause.DIP] or begun(
        made.update(at_s[-1] + 2 * STEP_S, -3.0)
    ) == [Cause.DIP]


def test_what_is_naturally_flat_is_not_stuck_and_naturally_zero_is_no_dip():
    at_s, values = household(60)
    heater = [0.0 if (at % 86_400) / 3_600 > 6 else 1.5 + value for at, value in zip(at_s, values, strict=True)]
    assert fed(EnergyDetector.of(watched()), at_s, heater) == []


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_one_value_for_ever_is_found_to_be_nothing_else_than_it_always_was(level):
    at_s, values = household(60)
    assert fed(EnergyDetector.of(watched()), at_s, [level] * len(values)) == []


def test_nothing_is_compared_across_a_hole_of_weeks():
    made = detector()
    at_s, values = household(KNOWN_DAYS + 50)
    later = 48 * (KNOWN_DAYS + 40)
    assert fed(made, at_s[later:], [value + 0.15 for value in values[later:]]) == []
    held = detector()
    held_at = [*at_s[48 * KNOWN_DAYS : 48 * KNOWN_DAYS + 10], at_s[later]]
    assert fed(held, held_at, [0.07] * 11) == []


def test_equal_readings_on_both_sides_of_a_hole_are_no_run():
    at_s, _ = household(KNOWN_DAYS + 5)
    after = at_s[KNOWN_DAYS * 48 :]
    with_hole = after[:10] + after[14:24]
    assert fed(detector(), with_hole, [0.31] * 20) == []


def test_nothing_for_days_is_a_dip_and_then_more_than_that():
    at_s, values = faulty(lambda _: [(place, 0.0) for place in range(200)])
    found = [(each.cause, each.holds) for each in fed(detector(), at_s, values)]
    assert found == [(Cause.DIP, True), (Cause.OUTLIER_TAMPER, True), (Cause.DIP, False), (Cause.OUTLIER_TAMPER, False)]


def test_a_small_rest_of_what_is_usual_is_more_than_a_shift():
    at_s, values = faulty(lambda rest: [(place, rest[place] * 0.15) for place in range(300)])
    assert begun(fed(detector(), at_s, values)) == [Cause.LEVEL_SHIFT, Cause.OUTLIER_TAMPER]


def test_a_new_level_is_taken_as_usual_after_two_weeks():
    at_s, values = faulty(lambda rest: [(place, rest[place] + 0.15) for place in range(1_340)], days=30)
    begin, end = [each for each in fed(detector(), at_s, values) if each.cause is Cause.LEVEL_SHIFT]
    assert begin.holds
    assert not end.holds
    assert 14 < (end.at_s - begin.at_s) / 86_400 < 14.1


def test_sensitivity_finds_more_or_less_readily():
    at_s, values = faulty(lambda _: [(0, 1.2)])
    assert fed(detector(), at_s, values) == []
    assert begun(fed(detector(sensitivity={Cause.SPIKE: 1.5}), at_s, values))[:1] == [Cause.SPIKE]
    at_s, values = faulty(lambda _: [(0, 2.0)])
    assert begun(fed(detector(), at_s, values))[:1] == [Cause.SPIKE]
    assert fed(detector(sensitivity={Cause.SPIKE: 0.2}), at_s, values) == []


def test_however_readily_nothing_is_found_in_what_is_usual():
    at_s, values = household(KNOWN_DAYS + 20)
    found = fed(detector(sensitivity=dict.fromkeys(Cause, 2.0)), at_s[KNOWN_DAYS * 48 :], values[KNOWN_DAYS * 48 :])
    assert len(begun(found)) <= 2


def test_a_spike_says_how_high_it_is_beside_what_is_usual():
    at_s, values = faulty(FAULTS["spike"][1])
    begin = fed(detector(), at_s, values)[0]
    assert [fact.code for fact in begin.facts] == ["VALUE", "USUAL_HIGH", "SEASON_HIGH"]
    known = household(KNOWN_DAYS)[1]
    for fact in begin.facts:
        assert (fact.value, fact.first_s, fact.last_s) == (3.0, begin.at_s, begin.at_s)
        assert min(known) < fact.threshold < 3.0
    assert begin.facts[1].threshold in known


@pytest.mark.parametrize("scale", [3.5, 0.2])
@pytest.mark.parametrize("step_s", [1_800.0, 900.0])
def test_a_shift_is_taken_from_the_very_readings_it_names(scale, step_s):
    at_s, values = household(KNOWN_DAYS + 10, step_s=step_s)
    later = values[: len(at_s) * 4 // 5] + [value * scale for value in values[len(at_s) * 4 // 5 :]]
    found = fed(EnergyDetector.of(watched(resolution_s=step_s)), at_s, later)
    begin = next(each for each in found if each.cause is Cause.LEVEL_SHIFT)
    ratio, median, base = begin.facts
    first, last = at_s.index(median.first_s), at_s.index(median.last_s)
    pairs = np.reshape(later[first : last + 1], (-1, round(STEP_S / step_s))).mean(axis=1)
    assert "left out" not in median.message
    assert (median.value, base.value) == pytest.approx(
        (sorted(pairs)[len(pairs) // 2], sorted(pairs)[len(pairs) // 10])
    )
    soft = 0.05 * median.threshold
    shares = [(each.value + soft) / (each.threshold + soft) for each in (median, base)]
    assert ratio.value == pytest.approx(min(shares) if scale > 1 else max(shares))
    assert begin.score == pytest.approx(np.log(ratio.value) / np.log(ratio.threshold))


def test_a_level_says_how_many_readings_were_left_out():
    level = Level(STEP_S)
    for place in range(100):
        wrong = place % 25 == 10
        level.update(place * STEP_S, place // 48, None if wrong else 1.0, ready=False)
    assert level.stretch == Stretch(0.0, 99 * STEP_S, 4, 1)


def test_days_and_times_are_local_and_the_hour_that_happens_twice_lies_in_one_slot():
    berlin = ZoneInfo("Europe/Berlin")
    twice = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    first, second = (local_time((twice + timedelta(hours=h)).timestamp(), berlin) for h in (0, 1))
    assert first == second
    assert (first.slot, first.weekend) == (0, True)
    monday = local_time(datetime(2026, 10, 25, 23, 15, tzinfo=UTC).timestamp(), berlin)
    assert (monday.day - first.day, monday.week - first.week, monday.slot, monday.weekend) == (1, 1, 0, False)


def test_days_on_which_clocks_change_are_like_others():
    at_s, values = household(90)  # from February into May, in Berlin
    assert fed(EnergyDetector.of(watched()), at_s, values) == []


@settings(max_examples=60, deadline=None)
@given(
    known=st.booleans(),
    direction=st.sampled_from([None, FlowDirection.EXPORT]),
    steps=st.lists(
        st.tuples(
            st.sampled_from([1, 1, 1, 2, 400]),
            st.sampled_from([0.0, 0.07, 0.3, 70.0, -0.2]) | st.floats(-1e100, 1e100),
        ),
        max_size=150,
    ),
)
def test_whatever_comes_each_condition_begins_and_ends_in_turn_and_memory_is_json(known, direction, steps):
    made = detector(direction=direction) if known else EnergyDetector.of(watched(direction=direction))
    at_s, holding = START_S + KNOWN_DAYS * 86_400, set()
    for step, value in steps:
        at_s += step * STEP_S
        for finding in made.update(at_s, value):
            assert finding.holds == (finding.cause not in holding)
            assert finding.score > 0
            holding ^= {finding.cause}
    json.dumps(made.memory(), allow_nan=False)


def test_what_was_zero_for_weeks_and_begins_to_count_is_nothing_that_could_be_compared():
    at_s, values = household(60)
    new = [0.0 if at < START_S + 40 * 86_400 else value for at, value in zip(at_s, values, strict=True)]
    assert fed(EnergyDetector.of(watched()), at_s[: 48 * 41], new[: 48 * 41]) == []


@pytest.mark.parametrize("count", [0, 1, 10])
def test_few_readings_say_nothing(count):
    at_s, values = household(1)
    assert fed(EnergyDetector.of(watched(resolution_s=None)), at_s[:count], values[:count]) == []


def test_an_unknown_resolution_is_learned_from_the_readings():
    at_s, values = household(KNOWN_DAYS)
    made = EnergyDetector.of(watched(resolution_s=None))
    fed(made, at_s, values)
    assert made.memory()["step_s"] == STEP_S
    assert begun(made.update(at_s[-1] + STEP_S, 3.0)) == [Cause.SPIKE]


def test_readings_that_come_twice_or_late_change_nothing():
    made = detector()
    at_s, _ = household(KNOWN_DAYS)
    before = json.dumps(made.memory())
    assert fed(made, at_s[-3:], [9.0, 9.0, 9.0]) == []
    assert json.dumps(made.memory()) == before
