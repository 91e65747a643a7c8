"""Forecasts that others made are taken where they can be scored, and are forecasts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from twinql.domain.forecasting.elsewhere import MOST_STEPS, Elsewhere
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
