"""Models that learn: worked by hand, at the edges, and what must not change them."""

from itertools import pairwise

import numpy as np
import pytest

from twinql.domain.forecasting.arima import Arima
from twinql.domain.forecasting.autoregression import Autoregression, gaps_filled
from twinql.domain.forecasting.bounds import LEARNED_TWICE, Margins
from twinql.domain.forecasting.forecast import forecast
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.prediction import Prediction, Refusal
from twinql.domain.forecasting.scale import PLAIN, Scale
from twinql.domain.forecasting.sparse import SparseRegression

NAN = np.nan
HOUR_S = 3600
WEEK = 168


def load(weeks, *, noise=0.03, seed=11):
    """Hours of a building, never below zero: a day's shape, quiet weekends, and noise that lasts for some hours."""
    rng = np.random.default_rng(seed)
    at = np.arange(WEEK * weeks)
    shape = 1.0 + 0.8 * np.sin(2 * np.pi * (at - 7) / 24) ** 2
    weekend = np.where((at // 24) % 7 >= 5, 0.5, 1.0)
    drift = np.zeros(at.size)
    for place in range(1, at.size):
        drift[place] = 0.9 * drift[place - 1] + noise * rng.standard_normal()
    return shape * weekend * np.exp(drift)


def ahead(values, steps=48, **options):
    result = forecast(Past(values, begins_s=0.0, step_s=HOUR_S), steps=steps, **options)
    assert isinstance(result, Prediction), result
    return result


class TestSparseRegression:
    def test_weights_of_a_made_series_are_found_again(self):
        values = np.array([1.0, 2.0, *[0.0] * 58])
        for place in range(2, 60):
            values[place] = 3.0 + 0.5 * values[place - 1] - 0.25 * values[place - 2]
        fitted = SparseRegression.fitted(values, values, (1, 2), half_life=1e9)
        np.testing.assert_allclose(fitted.weights, [0.5, -0.25], atol=1e-4)
        assert fitted.constant == pytest.approx(3.0, abs=1e-3)

    def test_a_look_ahead_feeds_on_itself(self):
        model = SparseRegression((1, 3), np.array([0.5, 0.25]), 1.0, -np.inf, np.inf)
        values = np.array([4.0, 8.0, 2.0, 6.0])
        first = 1.0 + 0.5 * 6.0 + 0.25 * 8.0
        second = 1.0 + 0.5 * first + 0.25 * 2.0
        third = 1.0 + 0.5 * second + 0.25 * 6.0
        fourth = 1.0 + 0.5 * third + 0.25 * first
        np.testing.assert_allclose(model.ahead(values, np.array([3]), 4), [[first, second, third, fourth]])

    def test_many_points_at_once_are_what_each_is_alone(self):
        values = load(4)
        model = SparseRegression.fitted(values, values, (1, 2, 24, 168), half_life=336.0)
        origins = np.array([200, 400, values.size - 1])
        together = model.ahead(values, origins, 30)
        for row, origin in zip(together, origins, strict=True):
            known = values[: origin + 1]
            np.testing.assert_allclose(model.ahead(known, np.array([known.size - 1]), 30)[0], row)

    def test_what_explodes_stays_within_reach_of_the_past(self):
        values = 1.5 ** np.arange(40.0)
        found = SparseRegression.fitted(values, values, (1,), half_life=1e9).ahead(values, np.array([39]), 700)
        assert np.isfinite(found).all()
        assert found.max() <= 1.5 * values.max()

    def test_before_its_longest_lag_it_knows_nothing(self):
        model = SparseRegression((1, 3), np.array([1.0, 0.0]), 0.0, -np.inf, np.inf)
        found = model.ahead(np.arange(5.0), np.array([1, 2]), 2)
        assert np.isnan(found[0]).all()
        assert found[1].tolist() == [2.0, 2.0]

    def test_too_few_rows_learn_nothing(self):
        assert SparseRegression.fitted(np.arange(8.0), np.arange(8.0), (1, 2, 3), half_life=10.0) is None
        gaps = np.where(np.arange(60) % 10 == 0, 1.0, NAN)
        assert SparseRegression.fitted(np.ones(60), gaps, (1, 2, 3), half_life=10.0) is None


class TestGaps:
    def test_a_gap_is_filled_from_a_season_earlier(self):
        values = np.array([1.0, NAN, 3.0, 4.0, NAN, NAN, NAN, 8.0, NAN])
        assert gaps_filled(values, (3,)).tolist() == [1.0, 1.0, 3.0, 4.0, 1.0, 3.0, 4.0, 8.0, 3.0]

    def test_a_weekend_is_filled_from_a_weekend_once_there_was_one(self):
        values = np.arange(20.0)
        values[[3, 15]] = NAN
        assert gaps_filled(values, (2, 6))[[3, 15]].tolist() == [1.0, 9.0]

    def test_nothing_later_is_used(self):
        values = load(3)
        values[100:220] = NAN
        cut = gaps_filled(values[:300], (24, WEEK))
        np.testing.assert_array_equal(gaps_filled(values, (24, WEEK))[:300], cut)

    def test_without_any_value_gaps_stay(self):
        assert np.isnan(gaps_filled(np.full(7, NAN), (3,))).all()


class TestScale:
    def test_roots_are_for_what_is_never_negative(self):
        assert Scale.of(np.array([0.0, 4.0, NAN])).there(np.array([4.0])).tolist() == [2.0]
        prices = np.array([30.0, -5.0])
        assert Scale.of(prices) == PLAIN
        assert Scale.of(prices).back(prices).tolist() == [30.0, -5.0]

    def test_there_and_back_is_the_same(self):
        values = load(1)
        np.testing.assert_allclose(Scale.of(values).back(Scale.of(values).there(values)), values)


class TestMargins:
    def test_of_what_was_learned_they_lie_between_quantile_and_normal(self):
        error = np.tile(np.array([-1.0, 0.0, 1.0])[:, None], (1, 2))
        plain = Margins.of(np.zeros((3, 2)), error, 0.8, PLAIN, looks=None)
        learned = Margins.of(np.zeros((3, 2)), error, 0.8, PLAIN, looks=30.0)
        assert plain.high.tolist() == pytest.approx([0.8, 0.8])
        assert plain.low.tolist() == pytest.approx([-0.8, -0.8])
        normal = 1.2815515655 * np.sqrt(2.0 / 3.0)
        assert learned.high.tolist() == pytest.approx([LEARNED_TWICE * (0.75 * 0.8 + 0.25 * normal)] * 2)

    def test_with_few_looks_the_normal_distribution_counts_and_with_many_the_errors(self):
        error = np.zeros((200, 1))
        error[:2] = 100.0
        few, many = (Margins.of(np.zeros((200, 1)), error, 0.9, PLAIN, looks=looks).high[0] for looks in (0.0, 1e9))
        assert few == pytest.approx(LEARNED_TWICE * 1.6448536 * 10.0)
        assert many == pytest.approx(0.0, abs=1e-5)

    def test_without_any_error_known_they_are_nothing(self):
        found = Margins.of(np.zeros((2, 3)), np.full((2, 3), NAN), 0.8, PLAIN, looks=1.0)
        assert found.low.tolist() == found.high.tolist() == [0.0, 0.0, 0.0]

    def test_on_the_scale_of_roots_nothing_falls_below_zero(self):
        expected = np.full((50, 1), 1.0)
        error = np.linspace(-1.0, 3.0, 50)[:, None]
        lower, upper = Margins.of(expected, error, 0.9, Scale(is_root=True), looks=5.0).around(np.array([0.1]))
        assert lower[0] == 0.0
        assert upper[0] > 0.1


class TestAutoregression:
    def test_it_is_chosen_for_a_load_and_far_better_than_yesterday(self):
        accuracy = ahead(load(5)).accuracy
        assert ahead(load(5)).model is ForecastModel.AUTOREGRESSION
        assert accuracy.mase < 0.6 * accuracy.naive_mase
        assert accuracy.wape < 0.12

    @pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
    def test_bounds_hold_what_they_say_on_what_comes_next(self, level):
        held = []
        for seed in range(20):
            values = load(5, seed=seed)
            made = ahead(values[:-48], level=level, only=ForecastModel.AUTOREGRESSION)
            held.append(((values[-48:] >= made.lower) & (values[-48:] <= made.upper)).mean())
        assert abs(np.mean(held) - level) < 0.12

    def test_what_comes_later_changes_nothing_that_was_learned_earlier(self):
        values = load(5)
        changed = np.concatenate([values[:500], 3.0 + 2.0 * values[500:]])
        origins = np.array([300, 400, 499])
        one, other = (
            Autoregression().paths(Past(each, 0.0, HOUR_S), origins, steps=24, learned_until=500)
            for each in (values, changed)
        )
        np.testing.assert_array_equal(one, other)

    def test_negative_prices_are_foreseen_below_zero(self):
        prices = 40.0 * load(5) - 50.0
        made = ahead(prices)
        assert made.model is ForecastModel.AUTOREGRESSION
        assert made.median.min() < 0.0
        assert made.accuracy.mase < made.accuracy.naive_mase

    def test_nothing_is_used_at_night_and_never_less(self):
        values = np.where(np.arange(WEEK * 5) % 24 < 8, 0.0, load(5))
        made = ahead(values, level=0.95)
        assert made.lower.min() >= 0.0
        assert made.median.min() < 0.1

    def test_holes_of_weeks_are_no_hindrance(self):
        values = load(10)
        values[3 * WEEK : 5 * WEEK] = NAN
        values[7 * WEEK : 7 * WEEK + 30] = NAN
        made = ahead(values)
        assert made.accuracy.mase < made.accuracy.naive_mase
        assert np.isfinite(made.upper).all()

    def test_a_hole_just_before_now_is_bridged(self):
        values = load(6)
        values[-30:] = NAN
        made = ahead(values, only=ForecastModel.AUTOREGRESSION)
        assert np.isfinite(made.median).all()
        np.testing.assert_allclose(made.median, load(7, noise=0.0)[6 * WEEK :][:48], rtol=0.3)

    def test_a_constant_stays_constant(self):
        made = ahead(np.full(WEEK * 3, 5.0), only=ForecastModel.AUTOREGRESSION)
        np.testing.assert_allclose(made.median, 5.0)
        np.testing.assert_allclose(made.upper, 5.0)

    def test_a_short_past_is_refused_by_name_and_left_to_others_without_one(self):
        values = load(1)[:100]
        by_name = forecast(Past(values, 0.0, HOUR_S), steps=12, only=ForecastModel.AUTOREGRESSION)
        assert isinstance(by_name, Prediction | Refusal)
        assert ahead(values, steps=12).model in ForecastModel
        refused = forecast(Past(values[:80], 0.0, HOUR_S), steps=12, only=ForecastModel.AUTOREGRESSION)
        assert isinstance(refused, Refusal)

    def test_a_register_is_foreseen_by_what_it_counts(self):
        used = load(5)
        register = 1e5 + np.concatenate([[0.0], np.cumsum(used)])
        counted, plain = ahead(register, cumulative=True), ahead(used)
        assert counted.model is ForecastModel.AUTOREGRESSION
        np.testing.assert_allclose(np.diff(counted.median, prepend=register[-1]), plain.median, rtol=0.02)
        assert (counted.lower >= register[-1]).all()
        assert counted.accuracy.wape == pytest.approx(plain.accuracy.wape, rel=0.1)


class TestArima:
    def test_a_made_series_is_foreseen_by_its_own_rule(self):
        rng = np.random.default_rng(2)
        change, surprise = np.zeros(800), rng.standard_normal(800)
        for place in range(2, 800):
            change[place] = (
                1.2 * change[place - 1] - 0.4 * change[place - 2] + surprise[place] + 0.5 * surprise[place - 1]
            )
        values = np.cumsum(change)
        past = Past(values, 0.0, 10)
        found = Arima(season=1).paths(past, np.array([799]), steps=2, learned_until=800)[0]
        first = 1.2 * change[799] - 0.4 * change[798] + 0.5 * surprise[799]
        second = 1.2 * first - 0.4 * change[799]
        assert found[0] - values[-1] == pytest.approx(first, abs=0.4)
        assert found[1] - found[0] == pytest.approx(second, abs=0.6)

    def test_asked_for_by_name_it_beats_yesterday_and_is_never_used_by_itself(self):
        values = load(5)
        accuracy = ahead(values, only=ForecastModel.ARIMA).accuracy
        assert accuracy.mase < accuracy.naive_mase
        assert ahead(values).model is not ForecastModel.ARIMA

    def test_a_constant_and_a_short_past_have_an_answer(self):
        np.testing.assert_allclose(ahead(np.full(100, 3.0), steps=24, only=ForecastModel.ARIMA).median, 3.0)
        short = forecast(Past(load(1)[:30], 0.0, HOUR_S), steps=12, only=ForecastModel.ARIMA)
        assert isinstance(short, Prediction | Refusal)


def test_a_wider_level_never_gives_narrower_bounds():
    made = [ahead(load(5), level=level) for level in (0.5, 0.8, 0.9, 0.95, 0.99)]
    for narrow, wide in pairwise(made):
        assert (wide.upper >= narrow.upper).all()
        assert (wide.lower <= narrow.lower).all()
