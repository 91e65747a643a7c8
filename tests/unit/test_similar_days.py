"""Days forecast from days like them: worked by hand, over clock changes and holes, and what may not matter."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.forecasting.day_levels import DayLevels
from twinql.domain.forecasting.forecast import forecast
from twinql.domain.forecasting.local_days import LocalDays, clock_of, kinds, weekdays
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.prediction import Prediction, Refusal
from twinql.domain.forecasting.similar_days import SimilarDays, suits
from twinql.domain.forecasting.sums import weighed, wrong
from twinql.domain.forecasting.weighted_quantiles import weighted_quantiles

NAN = np.nan
HOUR = 3600
LISBON = "Europe/Lisbon"
MONDAY = "2025-06-02"


def past_from(values, begins, *, step_s=HOUR, zone="UTC"):
    """A past whose first step begins at a local time."""
    return Past(
        np.asarray(values, dtype=float),
        datetime.fromisoformat(begins).replace(tzinfo=ZoneInfo(zone)).timestamp(),
        step_s,
        zone,
    )


def shop(days, *, noise=0.0, seed=5, spikes=False):
    """Hours of a shop from a Monday on: open from 8 to 18, on weekdays; and a load that comes and goes."""
    rng = np.random.default_rng(seed)
    at = np.arange(24 * days)
    is_open = ((at // 24) % 7 < 5) & (at % 24 >= 8) & (at % 24 < 18)
    load = np.where(is_open, 5.0, 1.0) * np.exp(noise * rng.standard_normal(at.size))
    return load + spikes * 12.0 * (rng.random(at.size) < 0.2)


def ahead(past, *, steps=24):
    """What is expected of the next steps, learned from all of the past."""
    size = past.values.size
    return SimilarDays().paths(past, np.array([size - 1]), steps=steps, learned_until=size)[0]


class TestWeightedQuantiles:
    def test_the_least_value_up_to_which_lies_the_share(self):
        found = weighted_quantiles(
            np.array([3.0, 1.0, NAN, 2.0]),
            np.array([[1.0, 1.0, 9.0, 2.0], [5.0, 0.0, 0.0, 1.0]]),
            np.array([0.25, 0.5]),
        )
        assert found.T.tolist() == [[1.0, 2.0], [3.0, 3.0]]

    def test_without_weight_there_is_none(self):
        assert np.isnan(weighted_quantiles(np.array([1.0, NAN]), np.array([[0.0, 1.0]]), np.array([0.5]))).all()
        assert np.isnan(weighted_quantiles(np.array([NAN]), np.array([[1.0]]), np.array([0.5]))).all()

    def test_neither_the_order_nor_the_scale_of_weights_matters(self):
        rng = np.random.default_rng(1)
        values, weights, shares = rng.random(40), rng.random((3, 40)), np.array([0.1, 0.5, 0.93])
        order = rng.permutation(40)
        found = weighted_quantiles(values, weights, shares)
        assert found.tolist() == weighted_quantiles(values[order], 4.0 * weights[:, order], shares).tolist()


class TestLocalDays:
    @pytest.mark.parametrize(("begins", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-05-04", 24)])
    def test_a_day_has_as_many_hours_as_its_clock_shows(self, begins, hours):
        clock = clock_of(past_from(np.zeros(24), begins, zone=LISBON), 48)
        assert np.count_nonzero(clock.day == clock.day[0]) == hours
        assert clock.slot[hours] == 0

    def test_an_hour_left_out_is_a_gap_and_one_had_twice_the_mean(self):
        spring = LocalDays.of(past_from(np.arange(23.0), "2025-03-30", zone=LISBON), 1)
        assert np.isnan(spring.values[0, 1])
        assert spring.values[0, 2] == 1.0
        autumn = LocalDays.of(past_from(np.arange(25.0), "2025-10-26", zone=LISBON), 1)
        assert autumn.values[0, :3].tolist() == [0.0, 1.5, 3.0]

    def test_a_day_is_over_with_its_last_step(self):
        days = LocalDays.of(past_from(np.zeros(48), "2025-05-04"), 1)
        assert days.complete_until()[[0, 22, 23, 24, 46, 47]].tolist() == [-1, -1, 0, 0, 0, 1]

    def test_weekdays_and_kinds(self):
        friday = np.array([(date(2025, 5, 2) - date(1970, 1, 1)).days])
        assert weekdays(friday + np.arange(4)).tolist() == [4, 5, 6, 0]
        assert kinds(friday + np.arange(4)).tolist() == [0, 1, 2, 0]


class TestDayLevels:
    def test_days_alike_are_told_by_the_level_of_such_days(self):
        days = LocalDays.of(past_from(shop(42), MONDAY), 72)
        levels = DayLevels.of(days, 3, 42)
        until, target = np.array([41]), np.array([42])
        found = levels.to_level(levels.expected(until, target, levels.weights(until, target)))
        assert found == pytest.approx((10 * 5.0 + 14 * 1.0) / 24, rel=0.1)

    def test_a_house_that_was_left_is_expected_to_stay_empty(self):
        # It is left now and then for a week: so the days after a surprise are like it.
        values = np.repeat(np.where((np.arange(56) // 7) % 3 == 2, 0.1, 2.0), 24)
        days = LocalDays.of(past_from(values, MONDAY), 24)
        levels = DayLevels.of(days, 1, 17)
        expected = [
            levels.to_level(levels.expected(*pair, levels.weights(*pair)))[0]
            for pair in ((np.array([day]), np.array([day + 1])) for day in (36, 37))
        ]
        assert levels.known.size == 56
        assert expected[1] < expected[0] < 2.0

    def test_levels_of_both_signs_are_compared_as_they_are(self):
        cold = LocalDays.of(past_from(np.full(24 * 20, -5.0), MONDAY), 1)
        assert DayLevels.of(cold, 1, 20).floor is None


class TestSimilarDays:
    def test_a_weekend_is_expected_to_be_one(self):
        past = past_from(shop(40, noise=0.05), MONDAY)  # up to a Friday
        saturday, monday = ahead(past, steps=72)[:24], ahead(past, steps=72)[48:]
        assert saturday == pytest.approx(np.ones(24), rel=0.15)
        assert monday[8:18] == pytest.approx(np.full(10, 5.0), rel=0.15)

    def test_loads_that_come_and_go_are_in_the_sum(self):
        past = past_from(shop(56, spikes=True), MONDAY)
        days = past.values.reshape(-1, 24)
        working = days[np.arange(56) % 7 < 5]
        low, mean = np.median(working, axis=0).sum(), working.sum(axis=1).mean()
        assert low < 0.6 * mean
        assert low + 0.3 * (mean - low) < ahead(past).sum() < 1.1 * mean

    @pytest.mark.parametrize(("begins", "hours"), [("2025-02-17", 23), ("2025-09-15", 25)])
    def test_the_day_of_a_clock_change_is_lived_by_the_clock(self, begins, hours):
        past = past_from(shop(41), begins, zone=LISBON)  # from a Monday to the Saturday before
        found = forecast(past, steps=hours + 24, only=ForecastModel.SIMILAR_DAYS)
        assert isinstance(found, Prediction)
        assert found.median[hours : hours + 8] == pytest.approx(np.ones(8))
        assert found.median[hours + 8 : hours + 18] == pytest.approx(np.full(10, 5.0))

    def test_weeks_without_readings_are_borne(self):
        values = shop(56)
        values[24 * 20 : 24 * 41] = NAN
        found = ahead(past_from(values, MONDAY))
        assert found == pytest.approx(shop(1), rel=0.05)

    def test_it_scales_with_the_unit(self):
        values = shop(50, noise=0.3, spikes=True)
        found = ahead(past_from(values, MONDAY))
        assert ahead(past_from(1e-6 * values, MONDAY)) == pytest.approx(1e-6 * found, rel=1e-6)
        assert ahead(past_from(1e9 * values, MONDAY)) == pytest.approx(1e9 * found, rel=1e-6)

    def test_what_comes_later_is_not_known(self):
        values = shop(56, noise=0.3, spikes=True)
        past = past_from(values, MONDAY)
        other = past_from(np.where(np.arange(values.size) < 24 * 45 + 7, values, 99.0), MONDAY)
        origins = np.array([24 * 35 + 11, 24 * 44 + 23, 24 * 45 + 6])
        first, second = (
            SimilarDays().paths(each, origins, steps=48, learned_until=24 * 40 + 5) for each in (past, other)
        )
        assert first.tolist() == second.tolist()

    def test_a_register_repeats_the_increase_of_days(self):
        change = shop(45)
        past = past_from(100.0 + np.cumsum(change), MONDAY)
        found = SimilarDays(cumulative=True).paths(past, np.array([past.values.size - 1]), steps=24, learned_until=1080)
        assert np.diff(found[0], prepend=past.values[-1]) == pytest.approx(shop(46)[-24:], rel=0.05)

    @pytest.mark.parametrize("values", [np.full(24 * 50, 7.0), np.zeros(24 * 50), np.full(24 * 50, -3.0)])
    def test_what_never_changes_is_expected_to_stay(self, values):
        assert ahead(past_from(values, MONDAY)) == pytest.approx(values[:24])

    @pytest.mark.parametrize("values", [np.array([1.0]), np.ones(10), np.full(24 * 20, NAN), shop(13)])
    def test_too_short_a_past_is_refused(self, values):
        found = forecast(past_from(values, MONDAY), steps=24, only=ForecastModel.SIMILAR_DAYS)
        assert isinstance(found, Refusal)

    def test_it_is_tried_for_days_ahead_alone(self):
        past = past_from(shop(42), MONDAY)
        assert suits(past, 24)
        assert not suits(past, 23)
        assert not suits(past_from(shop(41), MONDAY), 24)
        assert not suits(past_from(shop(42), MONDAY, step_s=7 * 60), 240)

    def test_it_is_chosen_where_it_does_best(self):
        found = forecast(past_from(shop(56, noise=0.3), MONDAY), steps=24)
        assert isinstance(found, Prediction)
        assert found.model is ForecastModel.SIMILAR_DAYS
        assert found.accuracy.mase < 0.6 * found.accuracy.naive_mase


class TestSums:
    def test_steps_and_days_apart(self):
        error = np.array([[1.0, -1.0, 2.0, 2.0], [1.0, 1.0, NAN, 3.0]])
        assert wrong(error, 2) == (11.0 / 7.0, (0.0 + 2.0 + 1.0) / 3.0)

    def test_nothing_to_compare(self):
        assert np.isnan(wrong(np.full((2, 4), NAN), 2)).all()

    def test_the_best_in_both_has_six(self):
        assert weighed(np.array([[1.0, 2.0], [2.0, 2.0], [1.0, 4.0]])).tolist() == [6.0, 11.0, 7.0]

    def test_without_days_the_steps_decide(self):
        found = weighed(np.array([[1.0, NAN], [2.0, NAN]]))
        assert found[0] < found[1]

    def test_no_error_at_all_is_best(self):
        found = weighed(np.array([[0.0, 0.0], [0.5, 0.0]]))
        assert found[0] < found[1]
