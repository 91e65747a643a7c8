"""What a meter would have counted had energy been used at another time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twinql.domain.metering.intervals import BILLION, Flag, Intervals
from twinql.domain.readings import to_us
from twinql.domain.scenarios.moves import Move
from twinql.domain.scenarios.scenario import ScenarioRefusal
from twinql.domain.scenarios.shifting import Load, cut, in_proportion, shifted
from twinql.errors import InvalidInputError

MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)
HALF = timedelta(minutes=30)


def at(hour):
    return MIDNIGHT + timedelta(hours=hour)


def counted(values, *, first=MIDNIGHT, step=HALF, flags=0):
    """Return intervals that follow each other. [kWh]."""
    edges = to_us(first) + np.arange(len(values) + 1) * round(step.total_seconds()) * 1_000_000
    amounts = np.array([round(each * BILLION) for each in values], dtype=np.int64)
    return Intervals(
        edges[:-1],
        edges[1:],
        amounts,
        np.full(len(values), flags, dtype=np.uint8),
        np.full(len(values), -1, dtype=np.int32),
    )


def kwh(intervals, first, last):
    """Return what was counted from one hour of the day to another. [kWh]."""
    inside = (intervals.starts >= to_us(at(first))) & (intervals.ends <= to_us(at(last)))
    return [each / BILLION for each in intervals.amounts[inside].tolist()]


def move(first, last, to_first, to_last, **how):
    return Move(first=at(first), last=at(last), to_first=at(to_first), to_last=at(to_last), **how)


def test_half_of_an_hour_is_used_evenly_over_two_hours_of_the_night():
    load = shifted(Load(counted([0.1] * 24 + [1.0, 2.0] + [0.1] * 22)), [move(12, 13, 2, 4, share=0.5)])
    # 3 kWh between twelve and one: 1.5 stay, 1.5 come to four half hours of 0.1.
    assert kwh(load.imported, 12, 13) == [0.5, 1.0]
    assert kwh(load.imported, 2, 4) == [0.475] * 4
    assert load.moved == 1.5 * BILLION


def test_what_is_above_a_power_is_moved():
    load = shifted(Load(counted([0.5] * 24 + [1.0, 2.0] + [0.5] * 22)), [move(12, 13, 2, 3, above_kw=1.5)])
    # 1.5 kW are 0.75 kWh in half an hour.
    assert kwh(load.imported, 12, 13) == [0.75, 0.75]
    assert kwh(load.imported, 2, 3) == [1.25, 1.25]


def test_a_move_finds_what_the_one_before_it_left():
    load = shifted(Load(counted([1.0] * 48)), [move(12, 13, 2, 3, share=1.0), move(2, 3, 4, 5, energy_kwh=4.0)])
    assert (kwh(load.imported, 12, 13), kwh(load.imported, 2, 3), kwh(load.imported, 4, 5)) == ([0, 0], [0, 0], [3, 3])
    assert load.moved == 6 * BILLION


def test_what_is_fed_in_is_used_before_the_grid_is():
    sunny = Load(counted([0.0] * 48), counted([0.0] * 24 + [0.4, 0.1] + [0.0] * 22))
    sunny = replace(sunny, imported=counted([1.0] * 4 + [0.0] * 44))
    load = shifted(sunny, [move(0, 2, 12, 13, energy_kwh=1.0)])
    # Half a kWh comes to each half hour: 0.4 and 0.1 of them are no longer fed in.
    assert kwh(load.exported, 12, 13) == [0.0, 0.0]
    assert kwh(load.imported, 12, 13) == [0.1, 0.4]


@pytest.mark.parametrize("seed", range(5))
def test_energy_is_conserved_to_the_last_billionth(seed):
    rng = np.random.default_rng(seed)
    before = Load(counted(rng.exponential(0.4, 96), step=HALF / 2), counted(rng.exponential(0.2, 48)))
    moves = [
        Move(first=at(7.1), last=at(9.7), to_first=at(11.03), to_last=at(14.9), share=float(rng.uniform(0.1, 1.0))),
        Move(first=at(18), last=at(21), to_first=at(1), to_last=at(1.5), above_kw=0.5),
    ]
    after = shifted(before, moves)
    net = [int(each.imported.amounts.sum()) - int(each.exported.amounts.sum()) for each in (before, after)]
    assert net[0] == net[1]
    assert min(after.imported.amounts.min(), after.exported.amounts.min()) >= 0


def test_windows_may_begin_within_an_interval():
    load = shifted(Load(counted([1.0] * 24, step=2 * HALF)), [move(10.5, 11, 3.25, 3.5, share=1.0)])
    parts = cut(load.imported, np.array([to_us(at(10)), to_us(at(11))]))
    assert sum(kwh(parts, 10, 11)) == 0.5
    assert sum(kwh(parts, 3, 4)) == 1.5
    assert load.imported.marked(Flag.ESTIMATED).sum() == 5  # the parts of the two hours that were divided


def test_more_than_there_is_cannot_be_moved():
    refused = shifted(Load(counted([1.0] * 48)), [move(12, 13, 2, 3, energy_kwh=2.5)])
    assert isinstance(refused, ScenarioRefusal)
    assert (refused.code, "2.500 kWh" in refused.message, "2.000 kWh" in refused.message) == (
        "MORE_THAN_THERE_IS",
        True,
        True,
    )


def test_a_load_that_is_low_everywhere_gives_what_it_has():
    low = Load(counted([1.0] * 48))
    load = shifted(low, [move(12, 13, 2, 3, energy_kwh=2.5)], sparing=True)
    assert (kwh(load.imported, 12, 13), kwh(load.imported, 2, 3), load.moved) == ([0, 0], [2, 2], 2 * BILLION)
    nothing = Load(counted([0.0] * 48))
    assert shifted(nothing, [move(12, 13, 2, 3, share=0.5)], sparing=True).moved == 0


def test_nothing_cannot_be_moved():
    refused = shifted(Load(counted([0.0] * 48)), [move(12, 13, 2, 3, share=0.5)])
    assert refused.code == "NOTHING_TO_MOVE"
    assert shifted(Load(counted([0.4] * 48)), [move(12, 13, 2, 3, above_kw=5)]).code == "NOTHING_TO_MOVE"


@pytest.mark.parametrize(
    "load",
    [
        Load(counted([])),
        Load(counted([1.0] * 20)),  # ends at ten
        Load(counted([1.0] * 48, flags=int(Flag.UNKNOWN))),
        Load(counted([1.0] * 2, step=24 * HALF, flags=int(Flag.LONG))),
        Load(counted([1.0] * 48), counted([0.1] * 2)),  # nobody knows what is fed in at two
    ],
)
def test_a_window_with_a_hole_is_refused(load):
    assert shifted(load, [move(12, 13, 2, 3, share=0.5)]).code == "LOAD_UNKNOWN"


def test_a_whole_number_is_divided_without_rest():
    assert in_proportion(10, np.array([1, 1, 1])).tolist() == [3, 3, 4]
    assert in_proportion(0, np.array([0, 0])).tolist() == [0, 0]
    assert in_proportion(7, np.array([7, 0, 0])).tolist() == [7, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (move(12, 13, 12.5, 14, share=0.5), "overlap"),
        (move(12, 13, 23, 25, share=0.5), "within the period"),
        (move(13, 12, 2, 3, share=0.5), "before it begins"),
        (move(12, 13, 2, 3), "exactly one"),
        (move(12, 13, 2, 3, share=0.5, energy_kwh=1.0), "exactly one"),
        (move(12, 13, 2, 3, share=1.5), "at most 1"),
        (move(12, 13, 2, 3, energy_kwh=float("nan")), "absurd"),
        (move(12, 13, 2, 3, energy_kwh=0.0), "more than nothing"),
    ],
)
def test_what_can_never_be_moved_is_refused(wrong, message):
    with pytest.raises(InvalidInputError, match=message):
        wrong.check(MIDNIGHT, at(24), "moves", "0")
