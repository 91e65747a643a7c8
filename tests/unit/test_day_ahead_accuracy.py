"""How forecasts of days are measured, worked by hand."""

from datetime import UTC, datetime

import numpy as np
import pytest

from tools.accuracy import households, steel
from tools.accuracy.day_ahead import SCALE_DAYS, Days
from twinql.domain.forecasting.past import Past

NAN = np.nan


def test_errors_of_steps_are_multiples_of_the_change_of_days_before_and_those_of_totals_shares():
    values = np.concatenate([np.repeat(2.0 * (np.arange(SCALE_DAYS + 1) % 2), 4), [3.0, 1.0, NAN, 4.0], [0.0]])
    days = Days.of(Past(values, begins_s=0.0, step_s=21_600))
    expected = np.full(values.size, NAN)
    first = SCALE_DAYS  # the series begins at midnight, so its first day is not the first that is cut out
    expected[days.starts[first] : days.starts[first] + 4] = [2.0, 2.0, 5.0, 1.0]
    found = days.errors(expected, first, first + 1)
    assert found.mase == pytest.approx((1.0 + 1.0 + 3.0) / 3 / 2.0)
    assert found.wape == pytest.approx((8.0 - 5.0) / 8.0)


def test_days_are_cut_at_the_midnights_of_the_zone():
    begins_s = datetime(2012, 10, 5, 20, tzinfo=UTC).timestamp()
    days = Days.of(Past(np.zeros(48 * 4), begins_s, 1_800, "Australia/Sydney"))
    assert np.diff(days.starts).tolist() == [46, 48, 48]  # the clock was put forward on 7 October


def test_what_simple_forecasts_expect():
    values = np.repeat(np.arange(1.0, 11.0), 2)
    days = Days.of(Past(values, begins_s=0.0, step_s=43_200))
    found = days.mean_of(7, 8, (1, 2, 3))
    assert found[days.starts[7] : days.starts[8]].tolist() == [7.0, 7.0]
    assert np.count_nonzero(~np.isnan(found)) == 2


def test_half_hours_are_read_with_their_gaps(tmp_path):
    (tmp_path / "half_hourly_kwh.csv").write_text(
        "meter,timestamp,kwh\nA,2012-02-10 10:00:00,0.5\nA,2012-02-10 11:00:00,0.25\nB,2012-02-10 10:00:00,1\n",
        encoding="utf-8",
    )
    found = households.read(tmp_path)
    assert np.isnan(found["A"].values).tolist() == [False, True, False]
    assert found["A"].begins_s == datetime(2012, 2, 10, tzinfo=UTC).timestamp()
    assert found["B"].values.tolist() == [1.0]


def test_a_row_of_the_plant_names_the_end_of_its_quarter_hour(tmp_path):
    rows = [f"01/01/2018 {(15 * step // 60) % 24:02}:{15 * step % 60:02},{step}.0" for step in range(1, 97)]
    (tmp_path / "steel_15min.csv").write_text("date,Usage_kWh\n" + "\n".join(rows), encoding="utf-8")
    found = steel.read(tmp_path)
    assert found.begins_s == datetime(2017, 12, 31, 15, tzinfo=UTC).timestamp()
    assert found.values[[0, 95]].tolist() == [1.0, 96.0]


def test_a_plant_with_a_week_of_its_own_is_forecast_better_than_by_yesterday(tmp_path):
    at = np.arange(96 * 45)
    load = np.where((at // 96 % 7 < 5) & (at % 96 > 32), 50.0, 3.0)
    rows = [f"01/01/2018 00:15,{value}" for value in load]
    (tmp_path / "steel_15min.csv").write_text("date,Usage_kWh\n" + "\n".join(rows), encoding="utf-8")
    got = steel.measure(tmp_path)[0].got
    assert float(got.split(",")[0].removeprefix("MASE ")) < 0.1
