"""A day has 23, 24 or 25 hours; what people do at six in the evening they do at six by the clock on the wall."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.forecasting.bulk import Made, Task, beside, forecast_all
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.wall_clock import on_wall_clock

BERLIN = ZoneInfo("Europe/Berlin")
HALF_HOUR = 1800
SPRING, AUTUMN = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
DAY_S = 86_400.0


def load(instant_s):
    """A load that peaks from six to eight in the evening, by the clock on the wall. [kWh]."""
    local = datetime.fromtimestamp(instant_s, BERLIN)
    return 6.0 if local.hour in {18, 19} else 1.0 + (local.hour == 7)


def past_until(end, *, days=28, zone="Europe/Berlin", step_s=HALF_HOUR):
    begins_s = end.timestamp() - days * DAY_S
    size = int(days * DAY_S / step_s)
    return Past(np.array([load(begins_s + step_s * place) for place in range(size)]), begins_s, step_s, zone)


def ahead(end, steps, *, step_s=HALF_HOUR):
    return np.array([load(end.timestamp() + step_s * place) for place in range(steps)])


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@pytest.mark.parametrize("hours", [-13, -1, 1, 11, 36])
def test_the_evening_peak_stays_in_the_evening_across_a_change_of_the_clock(change, hours):
    end = datetime.fromtimestamp(change.timestamp() + 3600 * hours, UTC)
    past = past_until(end)
    (found,) = forecast_all([Task(past, steps=96, only=ForecastModel.SEASONAL_NAIVE)])
    assert isinstance(found, Made)
    expected = ahead(end, 96)
    assert found.prediction.median.shape == found.beside.expected.shape == (96,)
    assert found.prediction.median == pytest.approx(expected)
    assert found.beside.expected == pytest.approx(expected)


@pytest.mark.parametrize(("change", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_the_day_of_the_change_has_as_many_steps_as_any_other(change, hours):
    midnight = datetime.fromtimestamp(change.timestamp(), BERLIN).replace(hour=0, minute=0)
    past = Past(np.arange(28 * 48.0), midnight.timestamp() - 28 * DAY_S, HALF_HOUR, "Europe/Berlin")
    clock = on_wall_clock(past, 2 * hours)
    assert clock.past.values.tolist() == past.values.tolist()
    assert clock.steps == 48
    slots = clock.places.tolist()
    assert slots[:4] == [0, 1, 2, 3]
    assert slots[-1] == 47
    # Two o'clock is left out in spring, and had twice in autumn.
    assert {each: slots.count(each) for each in (4, 5)} == dict.fromkeys((4, 5), 0 if change is SPRING else 2)


def test_an_hour_that_is_left_out_is_a_gap_and_one_that_is_had_twice_its_mean():
    def around(change):
        begins_s = change.timestamp() - 5 * DAY_S
        return on_wall_clock(Past(np.arange(480.0), begins_s, HALF_HOUR, "Europe/Berlin"), 2).past.values

    spring, autumn = around(SPRING), around(AUTUMN)
    assert spring.size == 482
    assert np.flatnonzero(np.isnan(spring)).tolist() == [240, 241]
    assert autumn.size == 478
    assert autumn[238:240].tolist() == [239.0, 240.0]
    assert not np.isnan(autumn).any()


@pytest.mark.parametrize(
    "past",
    [
        past_until(SPRING, zone="UTC"),
        past_until(datetime(2026, 6, 1, tzinfo=UTC)),
        past_until(SPRING, step_s=21_600),  # longer than the change
        past_until(SPRING, days=1),
        Past(np.empty(0), 0.0, HALF_HOUR, "Europe/Berlin"),
        Past(np.ones(1), 0.0, HALF_HOUR, "Europe/Berlin"),
    ],
)
def test_where_the_clock_goes_on_evenly_or_no_day_was_seen_twice_nothing_changes(past):
    clock = on_wall_clock(past, 4)
    assert clock.past is past
    assert (clock.steps, clock.places.tolist()) == (4, [0, 1, 2, 3])


def test_a_zone_whose_clock_changes_by_half_an_hour_is_followed_too():
    change = datetime(2026, 4, 4, 15, tzinfo=UTC)  # Lord Howe
    past = Past(np.arange(480.0), change.timestamp() - 5 * DAY_S, HALF_HOUR, "Australia/Lord_Howe")
    assert on_wall_clock(past, 2).past.values.size == 479


def test_a_register_goes_on_counting_whatever_the_clock_does():
    values = np.cumsum(np.tile(np.arange(48.0), 10))
    past = Past(values, SPRING.timestamp() - 5 * DAY_S, HALF_HOUR, "Europe/Berlin")
    expected = beside(past, steps=48, cumulative=True).expected
    assert np.all(np.diff(expected, prepend=values[-1]) >= 0.0)
