"""What followed a decision is measured beside what was expected if nobody did anything."""

from datetime import UTC, datetime

import numpy as np
import pytest

from twinql.domain.decisions.realised import Course, Power, realised
from twinql.domain.decisions.saving import Price
from twinql.domain.decisions.vocabulary import DecisionAction
from twinql.domain.outlook import Limit

HIGH = Limit(65.0, is_high=True)
AT_S = np.arange(10.0, 301.0, 10.0)
FORESEEN = Course(AT_S, 43.0 + 0.1 * AT_S)
NOTHING = Course(np.zeros(0), np.zeros(0))


def measured(
    values, *, action=DecisionAction.REDUCE_LOAD, limit=HIGH, expected=FORESEEN, power=None, price=None, until_s=300.0
):
    read = Course(AT_S[: len(values)], np.array(values, dtype=np.float64))
    return realised(
        action, made_at_s=0.0, until_s=until_s, limit=limit, read=read, expected=expected, power=power, price=price
    )


def test_what_was_avoided_is_the_worst_value_foreseen_less_the_worst_one_read():
    found = measured(np.minimum(43.0 + 0.1 * AT_S, 46.0))
    assert (found.limit_crossed, found.time_to_threshold_s, found.extreme_value) == (False, None, 46.0)
    assert found.avoided == pytest.approx(43.0 + 30.0 - 46.0)
    assert found.observed_until == datetime.fromtimestamp(300, UTC)
    assert (found.energy_kwh, found.peak_kw) == (None, None)


def test_a_limit_that_is_crossed_after_all_says_when():
    found = measured(43.0 + 0.1 * AT_S)
    assert (found.limit_crossed, found.time_to_threshold_s) == (True, 230.0)
    assert found.avoided == pytest.approx(0.0)


def test_a_low_limit_is_measured_the_other_way_round():
    foreseen = Course(AT_S, -FORESEEN.values)
    found = measured([-44.0, -45.0], limit=Limit(-65.0, is_high=False), expected=foreseen)
    assert (found.limit_crossed, found.extreme_value, found.avoided) == (False, -45.0, pytest.approx(28.0))


def test_what_a_meter_reads_less_is_energy_and_peak_saved():
    power = Power(np.full(30, 8.0), np.array([8.0] + [2.0] * 29), 300.0)
    found = measured([44.0], power=power)
    assert found.energy_kwh == pytest.approx((8.0 - 2.2) * 300.0 / 3600.0)
    assert found.peak_kw == 0.0
    priced = measured([44.0], power=power, price=Price(0.3, "EUR"))
    assert (priced.cost, priced.currency) == (f"{found.energy_kwh * 0.3:.4f}", "EUR")
    # Cooling takes energy where a load saves it: nothing is said of what was not meant to save.
    assert measured([44.0], power=power, action=DecisionAction.RESTORE_COOLING).energy_kwh is None
    assert measured([44.0], power=Power(np.ones(2), np.ones(30), 300.0)).energy_kwh is None


def test_nothing_read_or_expected_gives_nulls_and_no_figure():
    found = measured([])
    assert (found.limit_crossed, found.extreme_value, found.avoided) == (None, None, None)
    assert measured([44.0], expected=NOTHING).avoided is None
    assert measured([44.0], limit=None).limit_crossed is None
    assert measured([np.nan, 44.0]).extreme_value == 44.0
