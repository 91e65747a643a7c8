"""Spikes, dips and shifts of level."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Cause, Watched
from twinql.domain.detection.stream import CAUSES, StreamDetector
from twinql.domain.detection.stream_scale import LISTED_SENSITIVITY

DAY_S = 86_400.0
HALF_HOUR_S = 1_800.0
FIVE_MINUTES_S = 300.0
A_DAY = 288
MONDAY_S = 1_790_553_600.0
ALARMS = Watched(ReadingKind.INSTANTANEOUS, "TEMPERATURE", "DEGREE_CELSIUS", HALF_HOUR_S, "UTC")
LISTED = replace(ALARMS, sensitivity=dict.fromkeys(CAUSES, LISTED_SENSITIVITY))


def days(count, step_s=HALF_HOUR_S):
    return MONDAY_S + step_s * np.arange(int(count * DAY_S / step_s))


def daily(at_s, seed=5):
    """Between 15 and 25 °C, coldest at midnight, with a noise of 0.3 °C."""
    noise = np.random.default_rng(seed).normal(0.0, 0.3, len(at_s))
    return 20.0 - 5.0 * np.cos(2.0 * np.pi * at_s / DAY_S) + noise


def found(detector, at_s, values):
    return [
        each
        for at, value in zip(at_s.tolist(), np.asarray(values).tolist(), strict=True)
        for each in detector.update(at, value)
    ]


def begun(findings):
    return [(each.cause, each.at_s) for each in findings if each.holds]


def test_a_spike_is_found_where_it_is_and_ends_with_the_next_reading() -> None:
    at_s = days(28)
    values = daily(at_s)
    values[1000] += 60.0
    spike, over = found(StreamDetector.of(ALARMS), at_s, values)
    assert (spike.cause, spike.at_s, spike.holds) == (Cause.SPIKE, at_s[1000], True)
    assert (over.cause, over.at_s, over.holds) == (Cause.SPIKE, at_s[1001], False)
    assert spike.score >= 1.0


def test_what_is_usual_at_noon_is_a_spike_at_midnight_and_the_other_way_round_a_dip() -> None:
    at_s = days(49)
    for hour, other, cause in ((0, 12, Cause.SPIKE), (12, 0, Cause.DIP)):
        values = daily(at_s)
        place = 47 * 48 + 2 * hour
        values[place] = values[46 * 48 + 2 * other]
        said = begun(found(StreamDetector.of(LISTED), at_s, values))
        assert (cause, at_s[place]) in said


def test_a_finding_says_what_was_expected_at_that_hour() -> None:
    at_s = days(42)
    values = daily(at_s)
    values[41 * 48 + 24] = -40.0
    (dip, _) = found(StreamDetector.of(ALARMS), at_s, values)
    value, returns = dip.facts
    assert (dip.cause, value.value, value.unit) == (Cause.DIP, -40.0, "DEGREE_CELSIUS")
    assert value.threshold == pytest.approx(25.0, abs=1.5)
    assert value.first_s == value.last_s == dip.at_s
    assert returns.value is not None
    assert returns.threshold == pytest.approx(1e7)
    assert dip.score == pytest.approx(math.log10(returns.value) / 7.0)
    assert (returns.first_s, returns.last_s) == (at_s[0], dip.at_s)


def test_a_shift_of_level_is_found_soon_and_becomes_usual() -> None:
    at_s = days(60)
    values = np.random.default_rng(3).normal(20.0, 0.3, len(at_s))
    values[1500:] += 2.0
    shifts = [each for each in found(StreamDetector.of(LISTED), at_s, values) if each.cause is Cause.LEVEL_SHIFT]
    first, over = shifts
    assert (first.holds, over.holds) == (True, False)
    assert at_s[1500] <= first.at_s <= at_s[1520]
    mean = first.facts[0]
    assert mean.value is not None
    assert mean.threshold == pytest.approx(20.0, abs=0.2)
    assert mean.value > 20.1
    assert mean.first_s == first.at_s - 35 * HALF_HOUR_S


@pytest.mark.parametrize("step_s", [60.0, HALF_HOUR_S, 3_600.0])
def test_nothing_is_found_in_weeks_without_anything(step_s) -> None:
    at_s = days(14 if step_s < HALF_HOUR_S else 70, step_s)
    assert found(StreamDetector.of(replace(ALARMS, resolution_s=step_s)), at_s, daily(at_s)) == []


@pytest.mark.parametrize(
    "values",
    [[], [20.0], [20.0] * 2_000, [0.0] * 2_000, [20.0, 21.0] * 1_000, [0.0, 1e100] * 1_000, [-1e100, 1e-300] * 1_000],
    ids=["none", "one", "equal", "zero", "two values", "far apart", "farther apart"],
)
def test_what_tells_nothing_is_never_found(values) -> None:
    at_s = days(len(values) / 48)
    assert found(StreamDetector.of(LISTED), at_s, values) == []


def test_nothing_is_found_before_a_day_and_no_alarm_before_a_week() -> None:
    for watched, spikes_at, expected in ((LISTED, 0.9, 0), (LISTED, 4.0, 1), (ALARMS, 4.0, 0), (ALARMS, 8.0, 1)):
        at_s = days(9, 300.0)
        values = daily(at_s)
        values[int(spikes_at * 288)] += 500.0
        said = begun(found(StreamDetector.of(replace(watched, resolution_s=300.0)), at_s, values))
        assert len([cause for cause, _ in said if cause is Cause.SPIKE]) == expected


def test_after_a_hole_of_weeks_another_level_is_no_anomaly() -> None:
    before, after = days(28), days(14) + 60 * DAY_S
    at_s = np.concatenate([before, after])
    values = np.concatenate([daily(before), daily(after) - 12.0])
    assert found(StreamDetector.of(ALARMS), at_s, values) == []


FINE = replace(ALARMS, resolution_s=FIVE_MINUTES_S)
BAD = [85.0, 65_535.0, -65_535.0, 3.4e38, -3.4e38]
BAD_DAY = 14


def noise_with(bad, until_day, seed=1):
    """20 °C with a noise of 1 °C every five minutes, and one bad reading."""
    at_s = days(until_day, FIVE_MINUTES_S)
    values = np.random.default_rng(seed).normal(20.0, 1.0, len(at_s))
    values[BAD_DAY * A_DAY] = bad
    return at_s, values


@pytest.mark.parametrize("bad", BAD)
def test_after_a_bad_reading_nothing_usual_is_found(bad) -> None:
    at_s, values = noise_with(bad, 28)
    (begins, ends) = found(StreamDetector.of(FINE), at_s, values)
    cause = Cause.SPIKE if bad > 0.0 else Cause.DIP
    assert (begins.cause, begins.at_s, begins.facts[0].value) == (cause, at_s[BAD_DAY * A_DAY], bad)
    assert (ends.cause, ends.at_s, ends.holds) == (cause, at_s[BAD_DAY * A_DAY + 1], False)


@pytest.mark.parametrize("bad", [85.0, 65_535.0, 3.4e38])
@pytest.mark.parametrize("day", [15, 17, 21, 28])
def test_after_a_bad_reading_the_next_one_far_out_is_found(bad, day) -> None:
    at_s, values = noise_with(bad, day + 1)
    values[day * A_DAY] = 200.0
    said = begun(found(StreamDetector.of(FINE), at_s, values))
    assert [at for cause, at in said if cause is Cause.SPIKE and at > at_s[BAD_DAY * A_DAY]] == [at_s[day * A_DAY]]


@pytest.mark.parametrize("bad", [20.0, 85.0, 65_535.0])
def test_after_a_bad_reading_a_shift_of_level_is_found_once_and_becomes_usual(bad) -> None:
    at_s, values = noise_with(bad, 42)
    values[28 * A_DAY :] += 20.0
    later = [each for each in found(StreamDetector.of(FINE), at_s, values) if each.at_s > at_s[15 * A_DAY]]
    begins, ends = later
    assert (begins.cause, ends.cause, ends.holds) == (Cause.LEVEL_SHIFT, Cause.LEVEL_SHIFT, False)
    assert at_s[28 * A_DAY] <= begins.at_s <= at_s[28 * A_DAY + 24]


def test_what_a_machine_does_every_day_becomes_usual_after_a_few_times() -> None:
    at_s, values = noise_with(20.0, 45)
    values[30 * A_DAY :: A_DAY] += 60.0
    said = begun(found(StreamDetector.of(FINE), at_s, values))
    assert {cause for cause, _ in said} == {Cause.SPIKE}
    assert at_s[30 * A_DAY] == said[0][1] <= said[-1][1] <= at_s[35 * A_DAY]


def test_a_level_a_thousand_times_as_high_is_adopted() -> None:
    at_s, values = noise_with(20.0, 60)
    values[30 * A_DAY :] *= 1_000.0
    said = begun(found(StreamDetector.of(FINE), at_s, values))
    assert said[0] == (Cause.SPIKE, at_s[30 * A_DAY])
    assert len(said) <= 10
    assert said[-1][1] <= at_s[40 * A_DAY]


def test_irregular_readings_are_followed_too() -> None:
    random = np.random.default_rng(8)
    at_s = MONDAY_S + np.cumsum(random.exponential(HALF_HOUR_S, 1_400) + 1.0)
    values = daily(at_s)
    values[1_200] -= 60.0
    assert begun(found(StreamDetector.of(replace(ALARMS, resolution_s=None)), at_s, values)) == [
        (Cause.DIP, at_s[1_200])
    ]


def test_a_series_that_goes_on_with_finer_steps_is_no_anomaly() -> None:
    coarse = days(9, 300.0)
    fine = coarse[-1] + 2.0 * np.arange(1, 3_600)
    at_s = np.concatenate([coarse, fine])
    machine = 5.0 + 5.0 * (at_s // 600.0 % 2) + np.random.default_rng(4).normal(0.0, 0.3, len(at_s))
    detector = StreamDetector.of(replace(LISTED, resolution_s=2.0))
    assert [each for each in found(detector, at_s, machine) if each.at_s >= fine[0]] == []
    (spike,) = detector.update(float(fine[-1]) + 2.0, 60.0)
    assert (spike.cause, spike.holds) == (Cause.SPIKE, True)


@pytest.mark.parametrize(("scale", "offset"), [(1.8, 32.0), (1_000.0, 0.0), (1e-6, 0.0), (1.0, 273.15), (-1.0, 0.0)])
def test_another_unit_changes_nothing_but_the_numbers(scale, offset) -> None:
    at_s = days(56)
    values = daily(at_s)
    values[[1_000, 1_700, 2_400]] += [40.0, -15.0, 8.0]
    values[2_500:] += 3.0
    here = found(StreamDetector.of(LISTED), at_s, values)
    there = found(StreamDetector.of(LISTED), at_s, values * scale + offset)
    mirrored = {Cause.SPIKE: Cause.DIP, Cause.DIP: Cause.SPIKE} if scale < 0.0 else {}
    assert {each.cause for each in here} == set(CAUSES)
    said = sorted((each.at_s, mirrored.get(each.cause, each.cause).value, each.holds) for each in here)
    assert sorted((each.at_s, each.cause.value, each.holds) for each in there) == said
    assert sorted(each.score for each in there) == pytest.approx(sorted(each.score for each in here), rel=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_made_anew_from_its_memory_it_goes_on_as_if_nothing_had_happened(seed) -> None:
    random = np.random.default_rng(seed)
    at_s = MONDAY_S + np.cumsum(random.choice([60.0, 300.0, 3_600.0, 9.0 * DAY_S], 3_000, p=[0.4, 0.5, 0.099, 0.001]))
    values = daily(at_s, seed) + np.where(random.random(3_000) < 0.01, 30.0 * random.standard_t(2, 3_000), 0.0)
    watched = replace(LISTED, resolution_s=None, zone="Europe/Lisbon")
    whole = StreamDetector.of(watched)
    said = found(whole, at_s, values)
    assert len({each.cause for each in said}) > 1
    cuts = [0, *sorted(random.choice(3_000, 12, replace=False).tolist()), 3_000]
    pieces = StreamDetector.of(watched)
    again = []
    for first, last in pairwise(cuts):
        pieces = StreamDetector.of(watched, json.loads(json.dumps(pieces.memory())))
        again += found(pieces, at_s[first:last], values[first:last])
    assert again == said
    assert pieces.memory() == whole.memory()


def test_its_memory_does_not_grow() -> None:
    at_s = days(40, 300.0)
    values = daily(at_s) * np.random.default_rng(1).standard_t(1.5, len(at_s))
    detector = StreamDetector.of(replace(LISTED, resolution_s=300.0))
    sizes = []
    for part in np.array_split(np.arange(len(at_s)), 2):
        found(detector, at_s[part], values[part])
        sizes.append(len(json.dumps(detector.memory())))
    assert max(sizes) < 14_000
    assert sizes[1] < 1.2 * sizes[0]


def test_what_happens_again_soon_after_is_one_finding_unless_it_is_far_rarer() -> None:
    at_s = days(28)
    values = daily(at_s)
    values[[1_000, 1_010, 1_020]] += [15.0, 15.0, 600.0]
    spikes = [at for cause, at in begun(found(StreamDetector.of(LISTED), at_s, values)) if cause is Cause.SPIKE]
    assert spikes == [at_s[1_000], at_s[1_020]]


def test_in_fine_sampling_it_is_one_finding_for_as_long() -> None:
    at_s = days(9, 60.0)
    values = daily(at_s)
    values[[11_600, 11_800, 12_000]] += 15.0
    found_at = begun(found(StreamDetector.of(replace(LISTED, resolution_s=60.0)), at_s, values))
    assert [at for cause, at in found_at if cause is Cause.SPIKE] == [at_s[11_600]]
