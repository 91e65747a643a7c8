"""Forecasts stay within what can be, and are measured as they are told."""

import numpy as np
import pytest

from twinql.domain.forecasting.bounds import Margins
from twinql.domain.forecasting.forecast import forecast
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.possible import Possible
from twinql.domain.forecasting.scale import PLAIN

HOUR = 3600
NIGHT = [*range(5), *range(20, 24)]
"""Hours that are dark, and whose neighbours are."""


def sun(days, *, seed=5):
    """Hours of a solar panel: nothing from 19 to 6 o'clock, and clouds."""
    at = np.arange(24 * days)
    shape = np.maximum(np.sin(np.pi * (at % 24 - 6) / 12), 0.0) * ((at % 24 > 6) & (at % 24 < 18))
    return np.asarray(shape * np.random.default_rng(seed).uniform(0.1, 1.0, at.size))


@pytest.mark.parametrize("model", [None, ForecastModel.SEASONAL_NAIVE, ForecastModel.AUTOREGRESSION])
def test_the_sun_is_not_foreseen_at_night(model):
    told = forecast(Past(sun(30), 0.0, HOUR), steps=24, only=model)
    np.testing.assert_allclose(told.upper[NIGHT], told.median[NIGHT])
    assert told.upper[12] > told.median[12]
    assert told.accuracy.coverage > 0.7


@pytest.mark.parametrize("model", [None, *ForecastModel])
def test_a_register_of_the_sun_stands_still_at_night_and_never_falls(model):
    counted = 100.0 + np.cumsum(sun(45))
    told = forecast(Past(counted, 0.0, HOUR), steps=24, cumulative=True, only=model)
    sides = np.stack([told.lower, told.median, told.upper])
    assert (np.diff(sides, axis=1, prepend=counted[-1]) >= 0.0).all()
    assert (np.diff(sides, axis=0) >= 0.0).all()
    before_dawn = told.upper[:5] - told.median[:5]
    np.testing.assert_allclose(before_dawn, 0.0, atol=1e-9)
    np.testing.assert_allclose(np.diff((told.upper - told.median)[20:]), 0.0, atol=1e-9)


def test_what_was_dark_for_less_than_two_weeks_may_be_bright():
    told = forecast(Past(sun(12), 0.0, HOUR), steps=24, only=ForecastModel.SEASONAL_NAIVE)
    assert told.upper[2] > 0.0


def test_accuracy_is_that_of_what_is_told():
    rng = np.random.default_rng(2)
    values = -0.5 + 0.2 * rng.standard_normal(24 * 20)
    told = forecast(Past(values, 0.0, HOUR), steps=24, lowest=0.0)
    assert told.lower.tolist() == told.median.tolist() == told.upper.tolist() == [0.0] * 24
    assert told.accuracy.mae == pytest.approx(0.5, abs=0.05)
    assert told.accuracy.coverage < 0.05
    assert told.accuracy.wape > 0.9


def test_bounds_stand_while_nothing_is_counted_by_hand():
    values = np.cumsum(np.tile([0.0, 0.0, 0.0, 1.0], 15))
    past = Past(values, 0.0, 21_600)
    margins = Margins(np.array([-0.1, -0.2, -0.3, -0.4]), np.array([0.1, 0.2, 0.3, 0.4]), PLAIN)
    register = Possible(-np.inf, np.inf, cumulative=True)
    here, expected = np.array([values.size - 1]), np.array([[15.0, 15.0, 15.0, 16.0]])
    told = register.told(past, here, expected, margins, known_until=values.size)
    assert told.upper[0] == pytest.approx([15.0, 15.0, 15.0, 16.4])
    assert told.lower[0] == pytest.approx([15.0, 15.0, 15.0, 15.6])
    unsteady = Past(np.cumsum(np.tile([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0], 15)), 0.0, 21_600)
    told = register.told(unsteady, np.array([119]), expected + 30.0, margins, known_until=120)
    # Only the second quarter of the day has neighbours that are always the same.
    assert told.upper[0] == pytest.approx([45.1, 45.1, 45.3, 46.4])
    assert told.lower[0] == pytest.approx([45.0, 45.0, 45.0, 45.6])
