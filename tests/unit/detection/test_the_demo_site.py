"""The demo site, watched: nothing is found in its usual life, and each switched fault is found for what it is.

The suite looks at a month of readings ten minutes apart and at two hours in full rhythm; tools/quiet_month.py at every
reading of a month.
"""

from copy import deepcopy
from typing import NamedTuple

import pytest

from tests.watched_demo import DAY_S, LIVE_S, MINUTE_S, WatchedDemo, lines, on_delays
from twinql.domain.detection.finding import Cause
from twinql.domain.simulation.faults import FaultName, switched_on

THIN_S = 600
MINUTES = 60.0
HOURS = 3600.0


class Expected(NamedTuple):
    """What a fault leads to.

    Attributes:
        signal: Where it is to be found.
        causes: As which of these, at least one.
        within_s: So soon.
        also: What follows from it in the world, and is as right.
        step_s: At which rhythm it is followed.
    """

    signal: str
    causes: frozenset[Cause]
    within_s: float
    also: frozenset[tuple[str, Cause]] = frozenset()
    step_s: int = 2


LIMITS_OF_TEMPERATURE = frozenset({("mill.temperature", Cause.LIMIT_HIGH), ("mill.temperature", Cause.LIMIT_HIGH_HIGH)})
EXPECTED = {
    FaultName.STUCK_SENSOR: Expected("mill.temperature", frozenset({Cause.STUCK}), 3 * MINUTES),
    FaultName.DRIFT: Expected(
        "mill.temperature",
        frozenset({Cause.DRIFT}),
        5 * HOURS,
        LIMITS_OF_TEMPERATURE | {("mill.temperature", Cause.LEVEL_SHIFT)},
        step_s=MINUTE_S,
    ),
    FaultName.SPIKE: Expected(
        "mill.power",
        frozenset({Cause.SPIKE, Cause.DIP}),
        10 * MINUTES,
        frozenset({("mill.power", Cause.LIMIT_HIGH), ("mill.power", Cause.LIMIT_HIGH_HIGH)}),
    ),
    FaultName.COOLANT_FAILURE: Expected(
        "mill.temperature",
        frozenset({Cause.LIMIT_HIGH}),
        20 * MINUTES,
        LIMITS_OF_TEMPERATURE
        | {("mill.temperature", each) for each in (Cause.DRIFT, Cause.RAPID_CHANGE, Cause.LEVEL_SHIFT, Cause.SPIKE)}
        | {("pump.power", each) for each in (Cause.DIP, Cause.LEVEL_SHIFT, Cause.RAPID_CHANGE, Cause.DRIFT)},
    ),
    FaultName.REGISTER_RESET: Expected("house.import_energy", frozenset({Cause.OUTLIER_TAMPER}), 15 * MINUTES),
    FaultName.CLOCK_OFF: Expected("mill.power", frozenset({Cause.CLOCK_OFF}), 1 * MINUTES),
}
"""The table of docs/detection.md."""


@pytest.fixture(scope="module")
def month() -> WatchedDemo:
    demo = WatchedDemo(seed=1)
    demo.run(30 * DAY_S, step_s=THIN_S)
    return demo


def test_in_a_month_of_its_usual_life_nothing_is_found(month) -> None:
    assert list(lines(month.found(lasting_s=on_delays(THIN_S)))) == []
    assert month.readings > 80_000


def test_nor_in_two_hours_in_full_rhythm_after_it(month) -> None:
    demo = deepcopy(month)
    demo.run(7200)
    assert list(lines(demo.found(after_s=month.at_s, lasting_s=on_delays(LIVE_S)))) == []
    assert demo.readings - month.readings > 30_000


def test_a_sensor_that_sticks_a_minute_after_the_first_start_is_found(month) -> None:
    demo = deepcopy(month)
    demo.run(500 * MINUTE_S, step_s=MINUTE_S)
    demo.run(60)
    demo.switch(switched_on(FaultName.STUCK_SENSOR, at_s=demo.at_s + 2.0))
    stuck_s = demo.at_s
    demo.run(200)
    (found,) = demo.found(after_s=stuck_s, lasting_s=on_delays(LIVE_S))
    assert (found.signal, found.cause) == ("mill.temperature", Cause.STUCK)


@pytest.mark.parametrize("name", FaultName)
def test_a_switched_fault_is_found_for_what_it_is(month, name) -> None:
    expected = EXPECTED[name]
    demo = deepcopy(month)
    demo.run(600, step_s=expected.step_s)
    fault = switched_on(name, at_s=demo.at_s + 2.0)
    demo.switch(fault)
    demo.run(int(expected.within_s) + 600, step_s=expected.step_s)
    found = demo.found(after_s=month.at_s, lasting_s=on_delays(expected.step_s))
    right = [each for each in found if each.signal == expected.signal and each.cause in expected.causes]
    assert right, list(lines(found))
    assert right[0].from_s - fault.since_s <= expected.within_s
    wrong = [each for each in found if each not in right and (each.signal, each.cause) not in expected.also]
    assert list(lines(wrong)) == []
