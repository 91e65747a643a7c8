"""In which week what is done."""

from datetime import date, timedelta
from itertools import combinations
from random import Random
from uuid import UUID

import pytest

from twinql.domain.maintenance.rotation import LEAD, Need, rotation
from twinql.domain.maintenance.tasks import MaintenanceKind

THURSDAY = date(2026, 3, 5)
MONDAY = date(2026, 3, 2)
WEEK = timedelta(days=7)


def need(number, *, due=0, stands_in=None, kind=MaintenanceKind.CALIBRATION, planned=None, task=None, weight=0.0):
    return Need(
        kind=kind,
        asset_id=None,
        channel_id=UUID(int=number),
        name=f"Sensor {number:03}",
        stands_in=stands_in,
        due=THURSDAY + timedelta(days=due),
        planned=None if planned is None else THURSDAY + timedelta(days=planned),
        weight=weight,
        reason="It is due.",
        task_id=task and UUID(int=task),
    )


def spread(*needs, weeks=12, capacity=5):
    turns = rotation(needs, THURSDAY, weeks=weeks, capacity=capacity)
    return [(turn.need.channel_id.int, None if turn.week is None else (turn.week - MONDAY) // WEEK) for turn in turns]


def test_redundant_sensors_are_out_one_after_the_other_the_most_urgent_first():
    # All three are due; the first stands alone, the others stand in for each other.
    assert spread(need(1, due=-1), need(2, due=-9, stands_in="T"), need(3, due=-2, stands_in="T")) == [
        (2, 0), (1, 0), (3, 1),
    ]  # fmt: skip


def test_a_week_holds_no_more_than_can_be_done_in_it():
    found = spread(*(need(number, due=-number) for number in range(1, 8)), capacity=3)
    assert found == [(7, 0), (6, 0), (5, 0), (4, 1), (3, 1), (2, 1), (1, 2)]


def test_nothing_is_done_sooner_than_its_lead_before_it_is_due():
    # 58 days from now less 30 is the Thursday in four weeks, in week 4; after twelve weeks nothing is told.
    assert timedelta(days=30) == LEAD
    assert spread(need(1, due=58), need(2, due=200), need(3, due=20)) == [(3, 0), (1, 4)]


def test_what_finds_no_week_is_told_as_late():
    needs = [need(number, stands_in="T") for number in range(3)]
    turns = rotation(needs, THURSDAY, weeks=2, capacity=5)
    assert [(turn.week, turn.late) for turn in turns] == [(MONDAY, False), (MONDAY + WEEK, True), (None, True)]


def test_what_people_have_planned_stays_and_others_make_room_for_it():
    planned = need(1, due=60, planned=1, task=9, stands_in="T")
    assert spread(planned, need(2, due=-5, stands_in="T")) == [(1, 0), (2, 1)]


def test_people_may_plan_what_clashes_and_are_told_so():
    both = [need(number, planned=8, task=number, stands_in="T") for number in (1, 2)]
    turns = rotation(both, THURSDAY, weeks=4, capacity=1)
    assert [(turn.week, turn.clashes) for turn in turns] == [(MONDAY + WEEK, False), (MONDAY + WEEK, True)]


def test_a_task_takes_the_place_of_what_it_asks_for_and_a_swap_that_of_a_calibration():
    swap = need(1, kind=MaintenanceKind.REPLACEMENT)
    assert spread(need(1, due=3), swap) == [(1, 0)]
    assert rotation([need(1, due=3), swap], THURSDAY, weeks=4, capacity=5)[0].need is swap
    asked = need(2, due=40, task=5)
    assert [turn.need for turn in rotation([need(2), asked], THURSDAY, weeks=9, capacity=5)] == [asked]


def test_nothing_to_do_is_an_empty_schedule():
    assert spread() == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_has_to_be_done_no_week_is_too_full_and_nothing_clashes_and_the_order_given_does_not_matter(seed):
    rng = Random(seed)
    needs = [
        need(number, due=rng.randrange(-40, 120), stands_in=rng.choice([None, "T", "P"]), weight=rng.random())
        for number in range(60)
    ]
    turns = rotation(needs, THURSDAY, weeks=12, capacity=4)
    weeks = {}
    for turn in turns:
        weeks.setdefault(turn.week, []).append(turn.need)
    weeks.pop(None, None)
    assert max(map(len, weeks.values())) <= 4
    for together in weeks.values():
        for one, other in combinations(together, 2):
            assert one.stands_in is None or one.stands_in != other.stands_in
    rng.shuffle(needs)
    assert rotation(needs, THURSDAY, weeks=12, capacity=4) == turns
