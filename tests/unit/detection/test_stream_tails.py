"""How rarely a magnitude was met."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.detection.stream_scale import CLIP
from twinql.domain.detection.stream_season import Baseline, WeekProfile
from twinql.domain.detection.stream_tail import LEAST_INDEX, Tail

MONDAY_S = 1_790_553_600.0


def tail_of(magnitudes, slots=1.0):
    tail = Tail()
    for each in magnitudes:
        tail.add(each, slots)
    return tail


def test_within_what_was_met_rarity_is_the_share_of_larger_ones() -> None:
    tail = tail_of([4.0] + [2.0] * 9 + [1.0] * 4_990)
    assert tail.rarity(2.0) == pytest.approx(math.log10(5_001 / (10 + 1)))
    assert tail.rarity(4.0) == pytest.approx(math.log10(5_001 / (1 + 1)))


def test_beyond_the_record_it_goes_on_as_a_power() -> None:
    tail = tail_of([4.0] + [2.0] * 9 + [1.0] * 4_990)
    octaves_beyond_the_bin_of_the_record = 0.75
    expected = math.log10(5_001) + octaves_beyond_the_bin_of_the_record * math.log10(2.0) / LEAST_INDEX
    assert tail.rarity(8.0) == pytest.approx(expected)


def test_a_short_past_counts_as_one_of_fourteen_days() -> None:
    assert tail_of([1.0] * 99).rarity(1.0) == pytest.approx(math.log10(4_001 / (99 + 1)))


def test_fine_sampling_makes_nothing_rarer() -> None:
    random = np.random.default_rng(7).exponential(1.0, 5_000)
    coarse, fine = tail_of(random.tolist()), tail_of(np.repeat(random, 10).tolist(), slots=0.1)
    for each in (4.0, 6.0, 8.0):
        assert fine.rarity(each) == pytest.approx(coarse.rarity(each), abs=0.05)


def test_nothing_is_rare_while_nothing_is_known() -> None:
    assert Tail().rarity(5.0) == 0.0
    assert tail_of([0.0] * 100).rarity(5.0) == 0.0
    assert tail_of([1.0] * 100).rarity(0.0) == 0.0


def test_magnitudes_beyond_all_measure_stay_finite() -> None:
    tail = tail_of([1e-300] * 100)
    assert math.isfinite(tail.rarity(1e200))
    assert tail.clipped(1e200) == pytest.approx(1e-300 * 2.0**0.25 * CLIP)


def test_what_lies_beyond_twice_the_record_is_clipped_to_that() -> None:
    tail = tail_of([4.0] + [1.0] * 4_999)
    end_of_the_bin_of_the_record = 4.0 * 2.0**0.25
    for magnitude in (0.0, 1.0, 4.0, 9.5):
        assert tail.clipped(magnitude) == magnitude
    for magnitude in (9.6, 85.0, 65_535.0, 3.4e38):
        assert tail.clipped(magnitude) == pytest.approx(CLIP * end_of_the_bin_of_the_record)
    assert Tail().clipped(85.0) == 85.0


def test_the_past_is_forgotten_by_halves() -> None:
    tail = tail_of([100.0] * 5 + [1.0] * 50_000)
    assert 4_000.0 <= tail.total < 8_000.0
    assert tail.rarity(100.0) > tail_of([100.0] * 5 + [1.0] * 6_000).rarity(100.0)


@pytest.mark.parametrize("index", [0.25, 0.5, 1.0])
def test_the_rarity_of_what_follows_a_power_law_is_right(index) -> None:
    magnitudes = np.random.default_rng(2).pareto(1.0 / index, 4_000) + 1.0
    tail = tail_of(magnitudes.tolist())
    for share in (1e-2, 1e-3, 1e-5):
        assert tail.rarity(share**-index) == pytest.approx(-math.log10(share), abs=0.75)


@pytest.mark.parametrize("scale", [1e-9, 0.3048, 7.0, 1e12])
def test_a_change_of_unit_changes_no_rarity(scale) -> None:
    magnitudes = np.random.default_rng(6).exponential(1.0, 2_000)
    here, there = tail_of(magnitudes.tolist()), tail_of((magnitudes * scale).tolist())
    for each in (2.0, 5.0, 9.0, 30.0):
        assert there.rarity(each * scale) == pytest.approx(here.rarity(each), abs=1e-6)


def usual(profile, at_s, value):
    before = profile.usual(at_s)
    profile.learn(value)
    return before


def test_an_hour_of_the_week_is_known_a_week_later_in_local_time() -> None:
    profile = WeekProfile("Europe/Lisbon")
    for hour in range(168):
        assert usual(profile, MONDAY_S + 3_600.0 * hour, float(hour)) is None
        usual(profile, MONDAY_S + 3_600.0 * hour + 1_800.0, float(hour) + 1.0)
    assert usual(profile, MONDAY_S + 168 * 3_600.0, 100.5) == 0.5
    for hour in range(169, 336):
        usual(profile, MONDAY_S + 3_600.0 * hour, 0.0)
    assert usual(profile, MONDAY_S + 336 * 3_600.0, 0.0) == 0.5 + 0.25 * (100.5 - 0.5)


def test_an_hour_of_which_nothing_was_learned_stays_unknown() -> None:
    profile = WeekProfile("UTC")
    assert [profile.usual(MONDAY_S + 3_600.0 * hour) for hour in range(170)] == [None] * 170


def test_across_a_change_of_clocks_local_hours_stay_what_they_are() -> None:
    profile = WeekProfile("Europe/Lisbon")
    beginning = datetime(2026, 10, 15, tzinfo=UTC)
    for hours in range(21 * 24):
        at = beginning + timedelta(hours=hours)
        local_hour = float(at.astimezone(ZoneInfo("Europe/Lisbon")).hour)
        known = usual(profile, at.timestamp(), local_hour)
        assert known == local_hour or (known is None and hours <= 169)


def test_a_baseline_takes_as_much_of_a_profile_as_there_is_in_the_series() -> None:
    random = np.random.default_rng(9)
    wave = np.sin(np.arange(4_000) / 7.0)
    for share, noise in ((1.0, 0.1), (0.5, 0.1), (0.0, 1.0)):
        baseline = Baseline()
        for usual, value in zip(wave, 20.0 + share * wave + noise * random.normal(size=4_000), strict=True):
            pair = float(value), float(usual)
            baseline.learn(pair, pair, weight=0.007, share_weight=0.001)
        taken = baseline.expected(1.0) - baseline.expected(0.0)
        assert taken == pytest.approx(share, abs=0.1)
