"""Forecasts that others made are taken where they can be scored, and are forecasts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twinql.domain.forecasting.elsewhere import MOST_STEPS, Elsewhere, beside_then
from twinql.domain.forecasting.past import Past
from twinql.errors import InvalidInputError

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
GOOD = Elsewhere("Prophet of doom", NOW, NOW, HALF_HOUR, [1.0, 1.0], [2.0, 2.0], [3.0, 3.0], 0.8)


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"issued_at": NOW - timedelta(days=2), "starts_at": NOW - timedelta(days=1)},
        {"issued_at": NOW + timedelta(minutes=4), "starts_at": NOW + timedelta(minutes=30)},
        {"lower": [2.0, -5.0], "median": [2.0, -5.0], "upper": [2.0, -5.0]},
        {"step": timedelta(hours=1), "level": 0.99},
    ],
)
def test_what_can_be_scored_is_taken(good):
    replace(GOOD, **good).check(now=NOW, resolution_s=1800)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"model": ""}, "model"),
        ({"model": " x"}, "model"),
        ({"model": "x" * 101}, "model"),
        ({"model": "a\nb"}, "model"),
        ({"model": "seasonal_naive"}, "model"),
        ({"model": "\uff21\uff32\uff29\uff2d\uff21"}, "model"),  # ARIMA in full width
        ({"model": "Best"}, "model"),
        ({"step": timedelta(0)}, "step"),
        ({"step": -HALF_HOUR}, "step"),
        ({"step": timedelta(seconds=1.5)}, "step"),
        ({"step": timedelta(minutes=20)}, "step"),
        ({"starts_at": NOW + timedelta(minutes=1)}, "startsAt"),
        ({"issued_at": NOW + timedelta(hours=1)}, "issuedAt"),
        ({"starts_at": NOW - timedelta(hours=1)}, "startsAt"),
        ({"starts_at": NOW + timedelta(days=31)}, "startsAt"),
        ({"issued_at": datetime.min.replace(tzinfo=UTC)}, "startsAt"),
        ({"issued_at": datetime.min.replace(tzinfo=UTC), "starts_at": datetime.max.replace(tzinfo=UTC)}, "startsAt"),
        ({"starts_at": datetime.max.replace(tzinfo=UTC)}, "startsAt"),
        ({"step": timedelta.max - timedelta(microseconds=999_999)}, "step"),
        ({"issued_at": NOW - timedelta(days=31), "starts_at": NOW - timedelta(days=31)}, "startsAt"),
        ({"lower": [], "median": [], "upper": []}, "p50"),
        ({"lower": [1.0] * 2000, "median": [1.0] * 2000, "upper": [1.0] * 2000}, "p50"),
        ({"lower": [1.0] * MOST_STEPS, "median": [1.0] * MOST_STEPS, "upper": [1.0] * MOST_STEPS}, "p50"),
        ({"lower": [1.0]}, "p10"),
        ({"upper": [3.0] * 3}, "p90"),
        ({"lower": [float("-inf"), 1.0]}, "p10"),
        ({"median": [float("nan"), 1.0]}, "p50"),
        ({"upper": [3.0, float("inf")]}, "p90"),
        ({"upper": [3.0, 1.01e100]}, "p90"),
        ({"lower": [-1.7e308, 1.0]}, "p10"),
        ({"lower": [2.5, 1.0]}, "p50"),
        ({"upper": [1.5, 3.0]}, "p50"),
        ({"level": 0.49}, "level"),
        ({"level": float("nan")}, "level"),
    ],
)
def test_what_cannot_be_scored_names_its_field(wrong, path):
    with pytest.raises(InvalidInputError) as error:
        replace(GOOD, **wrong).check(now=NOW, resolution_s=1800)
    assert error.value.path == (path,)
    assert error.value.message.endswith(".")


def test_a_measured_quantity_may_be_cut_as_its_forecaster_likes():
    odd = {"step": timedelta(seconds=7), "starts_at": NOW + timedelta(seconds=3)}
    replace(GOOD, **odd).check(now=NOW, resolution_s=None)


@pytest.mark.parametrize("later", [0, 5, 48, 100])
def test_the_naive_forecast_beside_it_repeats_the_day_up_to_where_it_begins(later):
    day = np.arange(48.0)
    past = Past(np.tile(day, 3), 0.0, 1800)
    made = beside_then(past, (144 + later) * 1800.0, 4, False)
    assert made.expected == pytest.approx(np.arange(later, later + 4) % 48)


def test_seconds_long_after_a_past_without_days_are_the_last_value_at_once():
    past = Past(np.array([np.nan, 3.0, 5.0, np.nan]), 0.0, 1)
    # A forecast of each second between would be 2.6 million values for each of these.
    found = [beside_then(past, 2_592_000.0, 3, cumulative) for cumulative in (False, True) for _ in range(100)]
    assert all(each.expected.tolist() == [5.0, 5.0, 5.0] for each in found)
    assert found[0].scale == pytest.approx(2.0)


def test_beside_it_is_nothing_where_nothing_had_been_read():
    made = beside_then(Past(np.full(4, np.nan), 0.0, 60), 240.0, 3, False)
    assert (made.expected.size, made.scale) == (0, None)
