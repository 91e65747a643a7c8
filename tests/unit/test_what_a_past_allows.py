"""What a past is long enough for, what is said where it is not, and on what basis accuracy is told."""

import numpy as np
import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.bounds import within
from twinql.domain.forecasting.forecast import forecast
from twinql.domain.forecasting.grid import grid_for, horizon_to_see, past_steps
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.prediction import Prediction, Refusal

HOUR = 3600
DAY = 86_400


def past_of(days, step_s, *, seed=4):
    """A day's shape and noise."""
    rng = np.random.default_rng(seed)
    at = np.arange(round(days * DAY / step_s))
    return Past(5.0 + np.sin(2 * np.pi * at * step_s / DAY) + 0.3 * rng.standard_normal(at.size), 0.0, step_s)


def refused(past, **options):
    result = forecast(past, **options)
    assert isinstance(result, Refusal)
    return result


class TestLength:
    def test_sixty_days_less_a_step_foresee_thirty(self):
        grid = grid_for(horizon_s=30 * DAY, spacing_s=1800, kind=ReadingKind.INTERVAL)
        past = Past(past_of(60, grid.step_s).values[1:], 0.0, grid.step_s)
        result = forecast(past, steps=grid.steps)
        assert isinstance(result, Prediction)
        assert result.accuracy.count > 0

    def test_what_is_needed_is_said_in_time_and_does_not_contradict_itself(self):
        past = past_of(50, 6 * HOUR)
        result = refused(past, steps=120)
        assert result.message.startswith("The past is P50D long, with readings in P50D of it; looking P30D ahead")
        assert "takes P57D, with readings in P30D of it" in result.message
        holes = past_of(60, 6 * HOUR)
        holes.values[10:200] = np.nan
        assert "readings in P12DT12H of it" in refused(holes, steps=120).message


class TestSeason:
    def test_waiting_helps_a_minute_channel_to_its_seasonal_naive(self):
        naive = {"steps": 60, "only": ForecastModel.SEASONAL_NAIVE}
        assert "Wait" in refused(past_of(1.9, 60), **naive).message
        assert past_steps(60) >= 2 * 1440 + 30
        assert isinstance(forecast(past_of(2.5, 60), **naive), Prediction)

    @pytest.mark.parametrize("step_s", [10, 30, 60])
    @pytest.mark.parametrize("model", [ForecastModel.AUTOREGRESSION, ForecastModel.SIMILAR_DAYS])
    def test_where_waiting_never_helps_the_horizon_that_does_is_named(self, step_s, model):
        held = past_steps(step_s)
        result = refused(Past(past_of(5, step_s).values[:held], 0.0, step_s), steps=15, only=model)
        assert result.code == "NO_SEASON"
        assert "Wait" not in result.message
        days, horizon = {
            ForecastModel.AUTOREGRESSION: (4, "PT2H"),
            ForecastModel.SIMILAR_DAYS: (14, "PT4H"),
        }[model]
        assert f"a past of P{days}D" in result.message
        assert f"a horizon of more than {horizon}," in result.message
        longer = grid_for(horizon_s=horizon_to_see(days * DAY) + 1, spacing_s=step_s, kind=ReadingKind.INSTANTANEOUS)
        assert longer.past_steps * longer.step_s >= days * DAY

    def test_steps_that_go_into_no_day_are_told_so(self):
        odd = refused(Past(np.arange(200.0), 0.0, 11), steps=5, only=ForecastModel.AUTOREGRESSION)
        assert "go into a day or a week" in odd.message
        weekly = refused(Past(np.arange(200.0), 0.0, 7 * DAY), steps=5, only=ForecastModel.SEASONAL_NAIVE)
        assert "these are P7D long" in weekly.message

    @pytest.mark.parametrize("days", [2.0, 2.1, 3.0])
    def test_from_two_days_on_the_seasonal_naive_stands_beside_and_is_the_scale(self, days):
        past = past_of(days, 900)
        accuracy = forecast(past, steps=96).accuracy
        season = np.abs(past.values[96:] - past.values[:-96]).mean()
        apart = forecast(past, steps=96, only=ForecastModel.PERSISTENCE).accuracy
        assert accuracy.naive_mase == apart.naive_mase
        assert accuracy.naive_mase != pytest.approx(apart.mase)
        if days > 2.5:
            naive = forecast(past, steps=96, only=ForecastModel.SEASONAL_NAIVE).accuracy
            assert naive.mase == naive.naive_mase == pytest.approx(naive.mae / season)

    def test_where_the_season_says_nothing_the_last_value_stands_beside(self):
        past = past_of(20, HOUR)
        past.values[170:480] = np.nan
        past.values[-20:] = past_of(2, HOUR).values[-20:]
        accuracy = forecast(past, steps=24, only=ForecastModel.LOCAL_TREND).accuracy
        assert accuracy.count > 0
        assert accuracy.mase is not None
        assert accuracy.naive_mase is not None

    def test_before_the_last_value_stands_beside_and_one_step_is_the_scale(self):
        past = past_of(1.9, 900)
        accuracy = forecast(past, steps=48, only=ForecastModel.PERSISTENCE).accuracy
        assert accuracy.mase == accuracy.naive_mase == pytest.approx(accuracy.mae / np.abs(np.diff(past.values)).mean())


class TestRounding:
    @pytest.mark.parametrize("model", [None, ForecastModel.ARIMA, ForecastModel.AUTOREGRESSION])
    @pytest.mark.parametrize("value", [5.0, 0.1, 3.3, 0.0, -7.7])
    def test_what_never_changes_stays_within_its_bounds(self, model, value):
        result = forecast(Past(np.full(24 * 20, value), 0.0, HOUR), steps=24, only=model)
        assert isinstance(result, Prediction)
        assert result.accuracy.coverage == 1.0
        assert result.upper == pytest.approx(np.full(24, value), rel=1e-12, abs=0.0)

    def test_only_rounding_is_forgiven(self):
        observed = np.array([5.0, 5.0, -5.0, np.nan])
        bounds = np.array([5.0 + 1e-15, 5.0 + 1e-9, -5.0, 5.0])
        assert within(observed, bounds, bounds).tolist() == [True, False, True, False]
        assert not within(np.array([np.nan]), np.zeros(1), np.zeros(1)).any()
        assert within(np.empty(0), np.empty(0), np.empty(0)).size == 0
