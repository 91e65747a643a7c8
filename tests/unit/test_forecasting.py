"""What comes next, worked by hand, at the edges, and against the naive forecast."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.bounds import quantile
from twinql.domain.forecasting.forecast import forecast, unrolled
from twinql.domain.forecasting.grid import bridged, grid_for, working_grid
from twinql.domain.forecasting.measured import measured, naive_scale
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.possible import Possible
from twinql.domain.forecasting.prediction import Prediction, Refusal
from twinql.domain.forecasting.simple import Simple, last_known
from twinql.domain.forecasting.trial import Origins, Trial

NAN = np.nan
ANYTHING = Possible(-np.inf, np.inf, cumulative=False)
HALF_HOUR = 1800
HOUR = 3600


def household(days, *, noise=0.0, seed=7):
    """Half hours of a household: a day's shape, weekends higher, and noise."""
    rng = np.random.default_rng(seed)
    at = np.arange(48 * days)
    day_shape = 0.4 + 0.3 * np.sin(2 * np.pi * (at - 14) / 48) ** 2 + 0.5 * ((at % 48 > 34) & (at % 48 < 44))
    return day_shape * np.where((at // 48) % 7 >= 5, 1.3, 1.0) + noise * rng.standard_normal(at.size)


def spindle(after_stop, *, before=720, seed=3):
    """A spindle's temperature every 10 s: work that comes and goes, then no coolant for `after_stop` steps."""
    rng = np.random.default_rng(seed)
    values = [40.0]
    for step in range(1, before):
        steady = 43.0 if (step // 60) % 2 else 40.0
        values.append(values[-1] + (steady - values[-1]) / 18.0)
    for _ in range(after_stop):
        values.append(values[-1] + (180.0 - values[-1]) / 158.0)
    return (np.asarray(values) + 0.03 * rng.standard_normal(len(values)))[-before:]


def paths(method, values, *, steps):
    """What a method expects at every point of the past."""
    past = Past(values, begins_s=0.0, step_s=10)
    return method.paths(past, np.arange(values.size), steps=steps, learned_until=values.size)


def attempted(values, *, step_s=10, **options):
    """A forecast, or why there is none."""
    return forecast(Past(values, begins_s=0.0, step_s=step_s), **options)


def issued(*arguments, **options):
    result = attempted(*arguments, **options)
    assert isinstance(result, Prediction), result
    return result


class TestModels:
    def test_the_seasonal_naive_repeats_the_last_season_and_again(self):
        values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        result = paths(Simple(ForecastModel.SEASONAL_NAIVE, season=3), values, steps=5)
        assert result[-1].tolist() == [4.0, 5.0, 6.0, 4.0, 5.0]
        assert result[2].tolist() == [1.0, 2.0, 3.0, 1.0, 2.0]

    def test_a_gap_in_the_last_season_is_taken_from_the_one_before(self):
        values = np.array([1.0, 2.0, 3.0, 4.0, NAN, 6.0])
        result = paths(Simple(ForecastModel.SEASONAL_NAIVE, season=3), values, steps=3)
        assert result[-1].tolist() == [4.0, 2.0, 6.0]

    def test_a_register_goes_on_by_last_seasons_increase(self):
        values = np.array([0.0, 1.0, 3.0, 6.0, 7.0, 9.0, 12.0])
        result = paths(Simple(ForecastModel.SEASONAL_NAIVE, season=3, cumulative=True), values, steps=3)
        assert result[-1].tolist() == [13.0, 15.0, 18.0]

    def test_persistence_carries_the_last_value_over_a_gap(self):
        values = np.array([NAN, 5.0, NAN])
        assert np.isnan(last_known(values)[0])
        result = paths(Simple(ForecastModel.PERSISTENCE), values, steps=2)
        assert result[-1].tolist() == [5.0, 5.0]

    def test_a_clear_slope_goes_on_and_fades(self):
        values = 20.0 + 2.0 * np.arange(10.0)
        straight = paths(Simple(ForecastModel.LOCAL_TREND, window=6), values, steps=3)[-1]
        fading = paths(Simple(ForecastModel.LOCAL_TREND, window=6, damping=1.0), values, steps=3)[-1]
        assert straight == pytest.approx([40.0, 42.0, 44.0])
        assert fading == pytest.approx(38.0 + 2.0 * (1.0 - np.exp([-1.0, -2.0, -3.0])))

    def test_a_slope_within_the_noise_is_the_last_value_repeated(self):
        values = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
        result = paths(Simple(ForecastModel.LOCAL_TREND, window=6), values, steps=2)[-1]
        assert result.tolist() == [-1.0, -1.0]

    def test_nothing_after_a_point_is_known_to_it(self):
        values = household(6, noise=0.1)
        changed = np.concatenate([values[:200], values[200:] + 50.0])
        for candidate in (
            Simple(ForecastModel.SEASONAL_NAIVE, season=48),
            Simple(ForecastModel.PERSISTENCE),
            Simple(ForecastModel.LOCAL_TREND, window=6, damping=12.0),
        ):
            one = paths(candidate, values, steps=8)[:200]
            other = paths(candidate, changed, steps=8)[:200]
            np.testing.assert_array_equal(one, other)


class TestForecast:
    def test_a_strict_daily_pattern_is_foreseen_without_error(self):
        values = np.tile(np.arange(48.0), 12)
        result = issued(values, steps=48, step_s=HALF_HOUR)
        assert result.model is ForecastModel.SEASONAL_NAIVE
        np.testing.assert_array_equal(result.median, np.arange(48.0))
        assert result.accuracy.mae == 0.0
        assert result.accuracy.coverage == 1.0
        assert result.last_value == 47.0

    def test_a_household_is_foreseen_better_than_by_repeating_the_last_value(self):
        accuracy = issued(household(28, noise=0.1), steps=48, step_s=HALF_HOUR).accuracy
        assert accuracy.mae < 0.62 * accuracy.naive_mae
        assert 0.7 <= accuracy.coverage <= 0.9
        assert accuracy.count > 4000

    def test_noise_without_a_pattern_costs_no_more_than_the_naive_forecast(self):
        walk = np.cumsum(np.random.default_rng(5).standard_normal(720))
        accuracy = issued(walk, steps=60).accuracy
        assert accuracy.mae <= 1.05 * accuracy.naive_mae

    def test_a_spindle_without_coolant_is_foreseen_above_its_limit_within_a_minute(self):
        before, after = issued(spindle(0), steps=90), issued(spindle(6), steps=90)
        assert before.median.max() < 50.0
        assert after.last_value < 50.0
        assert after.median.max() > 60.0
        assert after.model is ForecastModel.LOCAL_TREND

    def test_a_third_experiment_is_noticed_as_soon_as_the_first(self):
        warming = np.cumsum(np.full(24, 1.0))
        cooling = warming[-1] * np.exp(-np.arange(1, 25) / 8.0)
        rng = np.random.default_rng(3)
        calm = 41.0 + 1.5 * np.sin(np.arange(624) / 12.0)
        values = np.concatenate([calm, *(41.0 + part for part in (warming, cooling) * 2)])
        seen = [
            issued((stretch + 0.05 * rng.standard_normal(stretch.size))[-720:], steps=90)
            for stretch in (np.concatenate([calm, 41.0 + warming[:9]]), np.concatenate([values, 41.0 + warming[:9]]))
        ]
        for result in seen:
            assert result.model is ForecastModel.LOCAL_TREND
            assert result.median.max() > 65.0
            assert result.median.max() < 95.0

    def test_the_accuracy_is_that_of_the_model_that_is_named(self):
        values = spindle(8)
        result = issued(values, steps=90)
        assert result.model is ForecastModel.LOCAL_TREND
        assert result.accuracy.mae != result.accuracy.naive_mae
        plain = issued(values, steps=90, only=ForecastModel.PERSISTENCE).accuracy
        assert plain.mae == plain.naive_mae == result.accuracy.naive_mae

    def test_a_longer_horizon_says_the_same_of_the_time_that_both_cover(self):
        for values in (spindle(0), spindle(8)):
            short, long = issued(values, steps=90), issued(values, steps=360)
            assert short.model is long.model
            np.testing.assert_allclose(short.median, long.median[:90])

    def test_steps_are_joined_to_their_mean(self):
        short = issued(spindle(8), steps=90)
        joined = short.joined(3)
        assert joined.median.shape == (30,)
        assert joined.median[1] == pytest.approx(short.median[3:6].mean())
        assert joined.accuracy == short.accuracy

    def test_a_wider_level_gives_wider_bounds_around_the_same_median(self):
        values = household(14, noise=0.1)
        narrow, wide = (issued(values, steps=48, step_s=HALF_HOUR, level=level) for level in (0.5, 0.95))
        np.testing.assert_array_equal(narrow.median, wide.median)
        assert (wide.upper - wide.lower).mean() > 1.5 * (narrow.upper - narrow.lower).mean()

    def test_the_bounds_enclose_the_median_and_never_narrow(self):
        result = issued(household(14, noise=0.1), steps=48, step_s=HALF_HOUR)
        assert (result.lower <= result.median).all()
        assert (result.median <= result.upper).all()
        assert (np.diff(np.sqrt(result.upper) - np.sqrt(result.median)) >= -1e-12).all()

    def test_shift_and_scale_go_through_a_model_that_learns_nothing(self):
        values = household(14, noise=0.1)
        plain, moved = (
            issued(each, steps=24, step_s=HALF_HOUR, only=ForecastModel.SEASONAL_NAIVE)
            for each in (values, 7.0 + 3.0 * values)
        )
        np.testing.assert_allclose(moved.median, 7.0 + 3.0 * plain.median, atol=1e-9)
        np.testing.assert_allclose(moved.upper - moved.median, 3.0 * (plain.upper - plain.median), atol=1e-9)
        assert moved.accuracy.mae == pytest.approx(3.0 * plain.accuracy.mae)
        assert moved.accuracy.coverage == pytest.approx(plain.accuracy.coverage)

    @pytest.mark.parametrize("shift", [0.0, -2.0])
    def test_another_unit_changes_nothing_but_the_unit(self, shift):
        values = np.maximum(household(14, noise=0.1), 0.0) + shift
        plain, thousandfold = (issued(each, steps=24, step_s=HALF_HOUR) for each in (values, 1000.0 * values))
        assert plain.model is ForecastModel.AUTOREGRESSION
        np.testing.assert_allclose(thousandfold.median, 1000.0 * plain.median, rtol=1e-6)
        np.testing.assert_allclose(thousandfold.upper, 1000.0 * plain.upper, rtol=1e-6)
        assert thousandfold.accuracy.mase == pytest.approx(plain.accuracy.mase)

    def test_what_cannot_be_is_not_foreseen(self):
        falling = np.maximum(20.0 - 0.1 * np.arange(200), 0.2)[:190]
        assert issued(falling[:185], steps=40, lowest=0.0).lower.min() >= 0.0
        assert issued(falling, steps=40, highest=0.1).upper.max() <= 0.1

    def test_a_constant_series_stays_constant(self):
        result = issued(np.full(100, 3.0), steps=10, step_s=HOUR)
        assert result.median.tolist() == [3.0] * 10
        assert result.upper.tolist() == [3.0] * 10
        assert result.accuracy.mae == 0.0

    def test_a_register_never_falls_and_its_reset_is_no_consumption(self):
        register = 1000.0 + np.cumsum(household(14))
        register[400:] -= register[400] - 17.25
        result = issued(register, steps=48, step_s=HALF_HOUR, cumulative=True)
        assert (np.diff(np.concatenate([[register[-1]], result.median])) >= -1e-9).all()
        assert result.median[-1] - register[-1] == pytest.approx(household(15)[-48:].sum(), rel=0.01)

    def test_a_register_that_was_reset_is_laid_end_to_end(self):
        assert unrolled(np.array([90.0, NAN, 95.0, 2.0, 5.0])).tolist()[2:] == [2.0, 2.0, 5.0]
        assert unrolled(np.array([90.0, NAN, 95.0, 2.0, 5.0]))[0] == -3.0

    def test_a_model_can_be_asked_for_by_name(self):
        values = household(14)
        for model in ForecastModel:
            assert issued(values, steps=24, step_s=HALF_HOUR, only=model).model is model

    def test_holes_in_the_past_are_allowed(self):
        values = household(28, noise=0.05)
        values[300:420] = NAN
        values[700:705] = NAN
        accuracy = issued(values, steps=48, step_s=HALF_HOUR).accuracy
        assert accuracy.mae < 0.7 * accuracy.naive_mae

    @pytest.mark.parametrize(
        "values", [np.array([]), np.array([1.0]), np.full(500, NAN), household(1), np.full(40, 1.0)]
    )
    def test_a_past_that_is_too_short_is_refused_with_what_is_needed(self, values):
        result = attempted(values, steps=30)
        assert isinstance(result, Refusal)
        assert result.code == "INSUFFICIENT_HISTORY"
        assert "PT9M30S" in result.message

    def test_a_season_never_seen_twice_is_refused_by_name(self):
        result = attempted(household(1)[:40], steps=10, step_s=HALF_HOUR, only=ForecastModel.SEASONAL_NAIVE)
        assert isinstance(result, Refusal)
        assert result.code == "NO_SEASON"

    @settings(max_examples=25, deadline=None)
    @given(
        arrays(np.float64, 80, elements=st.one_of(st.just(NAN), st.floats(-1e6, 1e6))),
        st.integers(1, 30),
        st.booleans(),
    )
    def test_whatever_the_past_the_answer_is_finite_or_a_refusal(self, values, steps, cumulative):
        result = attempted(values, steps=steps, step_s=2 * HOUR, cumulative=cumulative)
        if isinstance(result, Prediction):
            stacked = np.stack([result.lower, result.median, result.upper])
            assert stacked.shape == (3, steps)
            assert np.isfinite(stacked).all()
            assert (np.diff(stacked, axis=0) >= 0.0).all()


class TestAccuracy:
    def test_the_scale_is_the_mean_error_of_yesterday_within_the_past(self):
        assert naive_scale(np.array([1.0, 2.0, 4.0, 6.0, NAN, 9.0]), 2) == pytest.approx((3 + 4 + 3) / 3)
        assert naive_scale(np.array([1.0, 2.0, 4.0]), 1) == 1.5
        assert naive_scale(np.array([1.0, NAN]), 1) is None

    def test_a_strict_pattern_costs_the_seasonal_naive_nothing_and_has_no_scale(self):
        accuracy = issued(np.tile(np.arange(1.0, 49.0), 12), steps=48, step_s=HALF_HOUR).accuracy
        assert (accuracy.wape, accuracy.mase, accuracy.naive_mase) == (0.0, None, None)

    def test_repeating_yesterday_is_measured_as_itself(self):
        values = household(28, noise=0.1)
        naive = issued(values, steps=48, step_s=HALF_HOUR, only=ForecastModel.SEASONAL_NAIVE).accuracy
        assert 0.8 < naive.naive_mase < 1.2
        chosen = issued(values, steps=48, step_s=HALF_HOUR).accuracy
        assert chosen.naive_mase == naive.naive_mase
        assert chosen.mase <= naive.naive_mase

    def test_mase_stands_beside_the_naive_one_on_the_same_pairs(self):
        past = Past(np.array([1.0, 3.0, 2.0, 4.0]), begins_s=0.0, step_s=10)
        origins = Origins(np.array([0, 1]), older=1, steps=2, now=3)
        naive = Simple(ForecastModel.PERSISTENCE)
        used, persistence, seasonal = (
            Trial(naive, np.full((2, 2), 10.0), np.array([[0.5, 0.5], errors]), origins)
            for errors in ([2.0, -4.0], [8.0, 8.0], [6.0, NAN])
        )
        found = measured(past, used, persistence=persistence, seasonal=seasonal, level=0.8, possible=ANYTHING)
        scale = (2.0 + 1.0 + 2.0) / 3
        assert (found.count, found.mae, found.naive_mae, found.coverage) == (2, 3.0, 8.0, 0.0)
        assert found.mase == pytest.approx(2.0 / scale)
        assert found.naive_mase == pytest.approx(6.0 / scale)
        assert found.wape == pytest.approx(3.0 / 9.0)

    def test_a_register_is_measured_by_what_it_counts_a_step(self):
        used = household(28, noise=0.01) + 0.1
        plain = issued(used, steps=48, step_s=HALF_HOUR, only=ForecastModel.SEASONAL_NAIVE).accuracy
        for start in (0.0, 1e6):
            register = start + np.concatenate([[0.0], np.cumsum(used)])
            counted = issued(
                register, steps=48, step_s=HALF_HOUR, cumulative=True, only=ForecastModel.SEASONAL_NAIVE
            ).accuracy
            assert counted.mase == pytest.approx(plain.mase, rel=0.02)
            assert counted.wape == pytest.approx(plain.wape, rel=0.02)


def test_quantiles_of_columns_with_gaps_are_numpys_own():
    error = np.random.default_rng(8).standard_normal((57, 9))
    error[np.random.default_rng(9).random(error.shape) < 0.3] = NAN
    error[1:, 0] = NAN
    error[:, 1] = NAN
    ordered = np.sort(error, axis=0)
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        expected = [np.nan if np.isnan(column).all() else np.nanquantile(column, share) for column in error.T]
        np.testing.assert_allclose(quantile(ordered, share), expected)


class TestGrid:
    def test_a_quarter_of_an_hour_is_cut_into_ten_seconds(self):
        grid = grid_for(horizon_s=900, spacing_s=2, kind=ReadingKind.INSTANTANEOUS)
        assert grid == (10, 90, 720, (8640, 60_480))

    def test_a_day_of_half_hours_keeps_them_whole_and_looks_back_eight_weeks(self):
        grid = grid_for(horizon_s=86_400, spacing_s=1800, kind=ReadingKind.INTERVAL)
        assert grid == (1800, 48, 2688, (48, 336))

    def test_an_odd_interval_is_its_own_step(self):
        assert grid_for(horizon_s=3600, spacing_s=420, kind=ReadingKind.INTERVAL)[:2] == (420, 9)

    def test_swapping_horizon_and_spacing_is_seen(self):
        assert grid_for(horizon_s=60, spacing_s=3600, kind=ReadingKind.INSTANTANEOUS)[:2] == (3600, 1)

    def test_an_hour_is_worked_out_on_the_steps_of_a_quarter(self):
        machine = {"spacing_s": 2, "kind": ReadingKind.INSTANTANEOUS}
        usual, hour, day = (grid_for(horizon_s=span, **machine) for span in (900, 3600, 86_400))
        assert (hour.step_s, hour.steps) == (30, 120)
        assert working_grid(hour, usual)[:3] == (10, 360, 720)
        assert working_grid(usual, usual) == usual
        assert working_grid(day, usual) == day

    def test_readings_a_minute_apart_are_joined_and_a_real_gap_stays(self):
        values = np.full(30, NAN)
        values[[0, 6, 12, 24]] = [0.0, 6.0, 12.0, 24.0]
        result = bridged(values, reach=1)
        assert result[:13].tolist() == list(range(13))
        assert np.isnan(result[13:24]).all()
        assert result[24] == 24.0
        assert np.isnan(result[25:]).all()

    def test_one_reading_or_none_makes_no_line(self):
        assert np.isnan(bridged(np.full(4, NAN), reach=3)).all()
        one = np.array([NAN, 1.0, NAN])
        np.testing.assert_array_equal(bridged(one, reach=3), one)
