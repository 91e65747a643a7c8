"""Loads as people describe them, in steps of a day: windows over midnight, clock changes, and what can never run."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.errors import InvalidInputError

BERLIN = ZoneInfo("Europe/Berlin")
BOILER = DeferrableLoad(name="Boiler", meter_id=UUID(int=1), power_kw=2.0, run_time=timedelta(hours=3))
QUARTER_S = 900


def steps_of(load, day, *, left=None, starts_at=None):
    begins = starts_at or datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)
    return load.task(day, BERLIN, starts_at=begins, step_s=QUARTER_S, left=left)


@pytest.mark.parametrize(
    ("day", "steps"), [(date(2026, 1, 15), 96), (date(2026, 3, 29), 92), (date(2026, 10, 25), 100)]
)
def test_a_day_has_23_24_or_25_hours(day, steps):
    found = steps_of(BOILER, day)
    assert (found.first, found.last, found.steps, found.power_kw) == (0, steps, 12, 2.0)


def test_a_window_over_midnight_ends_on_the_next_day():
    car = replace(BOILER, name="Car", earliest_minute=22 * 60, latest_minute=7 * 60, usual_minute=30)
    found = steps_of(car.checked(), date(2026, 1, 15))
    # 22:00 is step 88, 07:00 the next day 96 + 28, and half past midnight 98.
    assert (found.first, found.last, found.usual) == (88, 124, 98)


def test_energy_takes_as_many_steps_as_it_must_and_is_spread_over_them():
    found = steps_of(replace(BOILER, run_time=None, energy_kwh=2.2).checked(), date(2026, 1, 15))
    # 1.1 h are 4.4 quarter hours.
    assert found.steps == 5
    assert found.power_kw * 5 / 4 == pytest.approx(2.2)


def test_of_a_window_that_has_begun_the_rest_is_left():
    noon = datetime(2026, 1, 15, 11, 5, tzinfo=UTC)
    found = steps_of(BOILER, date(2026, 1, 15), left=timedelta(hours=1), starts_at=noon)
    assert (found.first, found.last, found.steps, found.usual) == (0, 47, 4, 0)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"power_kw": 0.0}, "power"),
        ({"power_kw": float("nan")}, "power"),
        ({"energy_kwh": 1.0}, "runTime"),
        ({"run_time": None}, "runTime"),
        ({"run_time": None, "energy_kwh": float("inf")}, "energy"),
        ({"run_time": timedelta(hours=25)}, "runTime"),
        ({"earliest_minute": 60, "latest_minute": 120}, "latest"),
        ({"minimum_run": timedelta(hours=4)}, "minimumRun"),
        ({"usual_minute": 22 * 60}, "usual"),
        ({"off_value": 1.0}, "onValue"),
        ({"name": " "}, "name"),
    ],
)
def test_what_can_never_run_is_refused(change, path):
    with pytest.raises(InvalidInputError) as refused:
        replace(BOILER, **change).checked()
    assert refused.value.path == (path,)
