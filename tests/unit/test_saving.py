"""The power that goes with a load tells what lowering it saves; where it does not go with it, nothing is told."""

from uuid import UUID

import numpy as np
import pytest

from twinql.domain.decisions.recommendation import Impact, Proposal, Recommendation
from twinql.domain.decisions.saving import Gain, Price, gain_of, with_saving
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency

SPEED = np.tile([12000.0, 9000.0, 0.0, 11000.0], 60)
LOWER = Recommendation(
    "LIMIT_WILL_BE_CROSSED",
    DecisionAction.REDUCE_LOAD,
    Urgency.HIGH,
    0.9,
    (),
    impact=Impact(time_to_threshold_s=220.0),
    proposal=Proposal(UUID(int=1), 3000.0, None, 120.0),
)


def test_power_that_goes_with_a_speed_is_a_line_while_it_runs():
    power = np.where(SPEED > 0.0, 1.0 + 7.5e-4 * SPEED, 0.3)
    found = gain_of(SPEED, power)
    assert (found.kw_per_unit, found.correlation, found.pairs) == (pytest.approx(7.5e-4), pytest.approx(1.0), 180)
    assert gain_of(2.0 * SPEED, power).kw_per_unit == pytest.approx(7.5e-4 / 2.0)


@pytest.mark.parametrize(
    "power",
    [
        np.full(240, 5.0),
        np.random.default_rng(1).random(240),
        10.0 - 5e-4 * SPEED,
        np.where(np.arange(240) < 120, SPEED * 1e-3, np.nan),
    ],
    ids=["constant", "noise", "the other way", "too few"],
)
def test_nothing_is_learned_where_power_does_not_go_with_it(power):
    assert gain_of(SPEED, power) is None


def test_what_is_lowered_saves_power_energy_and_money_for_a_quarter_of_an_hour():
    found = with_saving(LOWER, now=11000.0, gain=Gain(7.5e-4, 0.95, 500), price=Price(0.2, "EUR"))
    assert (found.impact.peak_kw, found.impact.energy_kwh) == (pytest.approx(6.0), pytest.approx(1.5))
    assert (found.impact.cost, found.impact.currency) == ("0.3000", "EUR")
    assert found.impact.time_to_threshold_s == 220.0
    assert (found.reasons[-1].code, found.reasons[-1].value) == ("POWER_GOES_WITH_LOAD", 0.95)


def test_no_figure_is_invented():
    unpriced = with_saving(LOWER, now=11000.0, gain=Gain(7.5e-4, 0.95, 500), price=None).impact
    assert (unpriced.energy_kwh, unpriced.cost, unpriced.currency) == (pytest.approx(1.5), None, None)
    assert with_saving(LOWER, now=11000.0, gain=None, price=Price(0.2, "EUR")) == LOWER
    assert with_saving(LOWER, now=3000.0, gain=Gain(7.5e-4, 0.95, 500), price=None) == LOWER
