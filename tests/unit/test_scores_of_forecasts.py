"""Forecasts are scored beside those that anybody could have made."""

from dataclasses import replace

import numpy as np
import pytest

from twinql.domain.forecasting.bulk import Beside, Made, Task, beside, forecast_all
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.prediction import Refusal
from twinql.domain.forecasting.score import Issued, scored

NAN = np.nan
HOUR = 3600


def issued(median, *, naive=None, scale=2.0, last=10.0, spread=1.0, cumulative=False):
    median = np.array(median, dtype=float)
    naive = median + 2.0 if naive is None else np.array(naive, dtype=float)
    return Issued(median - spread, median, median + spread, naive, scale, last, cumulative)


def test_a_score_worked_out_by_hand():
    score = scored(issued([10.0, 12.0, 14.0], naive=[10.0, 10.0, 10.0]), np.array([11.0, 12.0, 18.0]))
    assert score.count == 3
    assert score.mae == pytest.approx(5 / 3)
    assert score.naive_mae == pytest.approx((1 + 2 + 8) / 3)
    assert score.coverage == pytest.approx(2 / 3)
    assert score.mase == pytest.approx(5 / 3 / 2)
    assert score.naive_mase == pytest.approx(11 / 3 / 2)
    assert score.wape == pytest.approx(5 / 41)
    assert score.size == pytest.approx(41 / 3)


def test_of_a_register_it_is_the_increase_a_step_that_counts():
    score = scored(issued([11.0, 13.0], naive=[12.0, 14.0], cumulative=True), np.array([12.0, 15.0]))
    # It rose by 2 and by 3; 1 and 2 were expected, by the naive forecast 2 and 2.
    assert score.mae == pytest.approx(1.5)
    assert (score.mase, score.naive_mase) == (pytest.approx(0.5), pytest.approx(0.25))
    assert score.wape == pytest.approx(2 / 5)
    assert score.size == pytest.approx(2.5)


def test_a_register_that_was_exchanged_is_no_error_of_the_forecast():
    score = scored(issued([11.0, 12.0, 13.0], cumulative=True), np.array([11.0, 0.0, 1.0]))
    assert score.mase == 0.0


@pytest.mark.parametrize("observed", [[NAN, NAN, NAN], [NAN, NAN, 14.0]])
def test_what_was_not_read_is_no_error(observed):
    score = scored(issued([10.0, 12.0, 14.0]), np.array(observed))
    assert score.count == np.count_nonzero(~np.isnan(observed))
    assert score.mae in (None, 0.0)
    assert score.mase in (None, 0.0)


def test_where_nothing_can_be_compared_nothing_is_said():
    forecast = issued([0.0, 0.0], naive=[NAN, NAN], scale=None, last=None)
    score = scored(forecast, np.zeros(2))
    assert (score.naive_mae, score.mase, score.wape, score.naive_mase) == (None, None, None, None)
    assert scored(replace(forecast, scale=0.0), np.zeros(2)).mase is None


@pytest.mark.parametrize("cumulative", [False, True])
def test_shares_do_not_depend_on_the_unit(cumulative):
    forecast, observed = issued([11.0, 13.0, 16.0], cumulative=cumulative), np.array([12.0, 15.0, 16.5])
    columns = {name: 1000 * getattr(forecast, name) for name in ("lower", "median", "upper", "naive", "scale")}
    big = scored(replace(forecast, **columns, last_value=1e4), 1000 * observed)
    small = scored(forecast, observed)
    assert [big.mase, big.wape, big.naive_mase] == pytest.approx([small.mase, small.wape, small.naive_mase])
    assert big.mae == pytest.approx(1000 * small.mae)


def test_the_naive_forecast_beside_repeats_the_season_and_knows_how_wrong_that_was():
    day = np.arange(24.0)
    past = Past(np.concatenate([day, day + 1.0, day + 2.0]), 0.0, HOUR)
    found = beside(past, steps=24, cumulative=False)
    assert found.expected.tolist() == (day + 2.0).tolist()
    assert found.scale == 1.0


def test_where_no_season_was_seen_twice_the_last_value_stands_beside():
    found = beside(Past(np.array([1.0, 3.0, NAN, 4.0]), 0.0, HOUR), steps=3, cumulative=False)
    assert found.expected.tolist() == [4.0, 4.0, 4.0]
    assert found.scale == pytest.approx(2.0)
    assert beside(Past(np.array([5.0]), 0.0, HOUR), steps=1, cumulative=True).scale is None


def test_a_register_beside_goes_on_counting():
    values = np.cumsum(np.tile(np.arange(24.0), 4))
    found = beside(Past(values, 0.0, HOUR), steps=24, cumulative=True)
    assert np.diff(found.expected, prepend=values[-1]).tolist() == np.arange(24.0).tolist()
    assert found.scale == 0.0


def test_many_are_made_together_and_one_that_cannot_be_keeps_none_from_it():
    good = Task(Past(np.tile(np.arange(24.0), 10), 0.0, HOUR), steps=24)
    found = forecast_all([replace(good, past=Past(np.array([1.0]), 0.0, HOUR)), good])
    assert isinstance(found[0], Refusal)
    assert isinstance(found[1], Made)
    assert found[1].prediction.median.tolist() == found[1].beside.expected.tolist() == list(np.arange(24.0))


def test_a_past_is_only_as_long_as_it_was_read():
    read = np.arange(30.0) ** 2
    for empty in (0, 500):
        found = beside(Past(np.concatenate([np.full(empty, NAN), read]), 0.0, HOUR), steps=3, cumulative=False)
        assert found.scale == pytest.approx(29.0**2 / 29)
        assert found.expected.tolist() == [29.0**2] * 3


@pytest.mark.parametrize("cumulative", [False, True])
@pytest.mark.parametrize("model", [None, *ForecastModel])
def test_values_beyond_all_bounds_are_refused_and_keep_no_others_from_being_made(model, cumulative):
    rng = np.random.default_rng(3)
    good = Task(Past(np.tile(np.arange(24.0), 10), 0.0, HOUR), steps=24)
    huge = np.where(rng.random(240) < 0.01, 1e300, 1.0), 1e308 * np.where(np.arange(240) % 2, 1.0, -1.0)
    bad = [replace(good, past=Past(each, 0.0, HOUR), only=model, cumulative=cumulative) for each in huge]
    found = forecast_all([*bad, replace(bad[0], past=Past(np.full(240, np.inf), 0.0, HOUR)), good])
    assert [getattr(each, "code", None) for each in found] == [*["NOT_COMPUTABLE"] * 3, None]


@pytest.mark.parametrize("model", [None, *ForecastModel])
def test_the_greatest_readings_are_forecast_by_every_model(model):
    values = np.where(np.random.default_rng(3).random(24 * 20) < 0.5, 1e100, -1e100)
    (found,) = forecast_all([Task(Past(values, 0.0, HOUR), steps=24, only=model)])
    assert isinstance(found, Made), found
    assert found.is_finite


class NoErrorOfNumpyError(Exception):
    """statsmodels has some like this one."""


@pytest.mark.parametrize("error", [np.linalg.LinAlgError("Singular matrix"), IndexError(), NoErrorOfNumpyError("odd")])
def test_a_model_that_breaks_is_a_refusal(monkeypatch, error):
    def breaking(*_values, **_more):
        raise error

    monkeypatch.setattr("twinql.domain.forecasting.bulk.forecast", breaking)
    (found,) = forecast_all([Task(Past(np.arange(100.0), 0.0, HOUR), steps=3)])
    assert isinstance(found, Refusal)
    assert found.code == "NOT_COMPUTABLE"


def test_joined_steps_stand_beside_joined_steps():
    past = Past(np.concatenate([[NAN], np.repeat([1.0, 3.0, 2.0], 60), [7.0, 9.0]]), 0.0, 60)
    (found,) = forecast_all([Task(past, steps=10, joined=2)])
    assert isinstance(found, Made)
    assert isinstance(found.beside, Beside)
    assert found.prediction.median.shape == found.beside.expected.shape == (5,)
    assert found.beside.expected.tolist() == [8.0] * 5


def test_a_multiple_of_next_to_nothing_is_no_number_that_could_be_kept():
    score = scored(issued([1e100, -1e100], scale=1e-300), np.array([-1e100, 1e100]))
    assert score.mae == pytest.approx(2e100)
    assert (score.mase, score.naive_mase) == (None, None)
    assert score.wape == pytest.approx(2.0)
    assert scored(issued([1e100]), np.array([1e-250])).wape is None
