"""Questions about the same past rest on the same fit."""

import numpy as np
import pytest

from twinql.domain.scenarios.fitted import REFIT_STEPS, fitted
from twinql.domain.thermal.drivers import Driver, DriverRole, ThermalPast
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.refusal import Refusal, RefusalCode

HEATER = [Driver("heater", DriverRole.HEAT)]
STEPS = 240


def until(minute, *, warmer=0.0):
    """Return the past of a lump under a heater, in minutes, up to one of them."""
    heater = np.where(np.arange(minute) // 20 % 2 == 0, 1.0, 0.0)
    temperatures, now = [], 20.0
    for power in heater:
        now += (20.0 + 30.0 * power - now) / 15.0
        temperatures.append(now)
    read = np.array(temperatures) + 0.05 * np.sin(17.0 * np.arange(minute)) + warmer
    first = minute - STEPS - REFIT_STEPS
    return ThermalPast(read[first:], {"heater": heater[first:]}, 60.0, first * 60.0)


def test_what_is_read_between_two_marks_needs_no_new_fit():
    first = fitted(until(600), HEATER, steps=STEPS)
    assert isinstance(first, ThermalModel)
    assert first.goodness.count == STEPS
    assert fitted(until(600), HEATER, steps=STEPS) is first
    assert fitted(until(614), HEATER, steps=STEPS) is first
    assert fitted(until(615), HEATER, steps=STEPS) is not first
    assert fitted(until(600, warmer=1.0), HEATER, steps=STEPS) is not first


@pytest.mark.parametrize("minutes", [0, 5, 20])
def test_a_past_that_is_too_short_is_refused(minutes):
    past = ThermalPast(np.full(minutes, 20.0), {"heater": np.arange(minutes) % 2.0}, 60.0)
    refused = fitted(past, HEATER, steps=STEPS)
    assert isinstance(refused, Refusal)
    assert refused.code in {RefusalCode.INSUFFICIENT_HISTORY, RefusalCode.CONSTANT}
