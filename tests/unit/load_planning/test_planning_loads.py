"""When loads run: by hand, against all choices there are, and what must not matter."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.load_days import hard, problem, task
from twinql.domain.load_planning.model import least_peak
from twinql.domain.load_planning.outcome import do_nothing, outcome_of, runs_of, without
from twinql.domain.load_planning.problem import LoadPlanObjective
from twinql.domain.load_planning.reasons import ImpossiblePlan
from twinql.domain.load_planning.solving import LoadPlan, plan_loads


def planned(asked):
    found = plan_loads(asked)
    assert isinstance(found, LoadPlan)
    return found


def test_a_boiler_runs_in_the_two_cheapest_hours_that_touch():
    found = planned(problem(task(2), price=[5, 1, 4, 2, 2, 9]))
    # 1 and 4 are 5, 2 and 2 are 4: hours alone are cheaper, but it does not pause.
    assert found.runs == (((3, 5),),)
    assert (found.baseline.cost, found.planned.cost) == (6.0, 4.0)
    assert found.usual == (((0, 2),),)
    assert (found.optimal, found.gap) == (True, 0.0)


def test_one_that_may_pause_takes_the_cheapest_hours_apart():
    found = planned(problem(task(2, power=3.0, interruptible=True), price=[5, 1, 4, 2, 2, 9]))
    assert found.planned.cost == 3.0 * (1 + 2)
    assert runs_of(np.array([False, True, False, True])) == ((1, 2), (3, 4))
    assert found.runs[0][0] == (1, 2)


def test_no_run_is_shorter_than_its_minimum():
    found = planned(problem(task(4, interruptible=True, minimum_steps=2), price=[1, 4, 9, 2, 4, 1]))
    # 1 + 4 at the beginning and 4 + 1 at the end; the four cheapest hours are 8, but the first would stand alone.
    assert found.runs == (((0, 2), (4, 6)),)
    assert found.planned.cost == 10.0


def test_sun_is_used_before_the_grid():
    sun = [0, 0, 1.5, 0, 0, 0]
    found = planned(problem(task(1, power=2.0), exported=sun, price=[30] * 6, export_price=np.full(6, 5.0)))
    # At noon 1.5 kWh earn nothing any more, and 0.5 cost 30; at any other hour 2 cost 30, and the sun earns 7.5.
    assert found.runs == (((2, 3),),)
    assert (found.planned.cost, found.baseline.cost) == (15.0, 60.0 - 7.5)
    np.testing.assert_allclose(found.planned.imported_kw, [0, 0, 0.5, 0, 0, 0])
    np.testing.assert_allclose(found.planned.exported_kw, 0.0)


def test_where_feeding_in_earns_more_than_taking_in_costs_the_sun_still_comes_first():
    asked = problem(task(1, power=2.0), exported=[0, 2, 2], price=[1, -3, 4], export_price=np.full(3, 2.0))
    found = planned(replace(asked, tasks=(task(1, power=2.0, last=3, usual=2),)))
    # The meter cannot take 2 kWh in at -3 while it feeds in as much: they are worth 2 each, and an hour without sun 1.
    assert found.runs == (((0, 1),),)
    assert found.planned.cost == pytest.approx(2.0 - 8.0)


def test_what_saves_nothing_stays_where_it_is():
    found = planned(problem(task(2, usual=3), task(1, usual=5, name="Pump"), price=[2.0] * 6))
    assert found.runs == found.usual == (((3, 5),), ((5, 6),))


def test_the_limit_holds_though_the_cheapest_hour_would_pass_it():
    asked = problem(task(1, power=3.0), task(1, power=2.0, name="Car"), imported=[1] * 4, price=[1, 2, 3, 4])
    asked = replace(asked, tasks=tuple(replace(each, last=4) for each in asked.tasks), limit_kw=4.0)
    found = planned(asked)
    assert found.runs == (((0, 1),), ((1, 2),))
    assert found.planned.peak_kw == 4.0
    assert found.baseline_above_kw == 2.0


def test_the_flattest_course_fills_the_valleys():
    asked = problem(task(1, power=2.0), task(1, power=1.0, name="Pump"), imported=[3, 1, 2, 3, 3, 3])
    found = planned(replace(asked, objective=LoadPlanObjective.PEAK))
    assert found.planned.peak_kw == 3.0
    assert found.runs == (((1, 2),), ((2, 3),))


def test_a_peak_that_costs_is_weighed_against_cheap_hours():
    price = [1.0, 5.0, 5.0]
    tasks = task(1, power=2.0, last=3), task(1, power=2.0, last=3, name="Car")
    together = planned(problem(*tasks, price=price))
    apart = planned(problem(*tasks, price=price, demand_price=10.0))
    paid = planned(problem(*tasks, price=price, demand_price=10.0, peak_so_far_kw=4.0))
    assert [each.planned.peak_kw for each in (together, apart, paid)] == [4.0, 2.0, 4.0]
    # 2 kWh at 1, 2 at 5, and 2 kW at 10; a peak of the month so far costs nothing anew.
    assert (apart.planned.cost, paid.planned.cost) == (2.0 + 10.0 + 20.0, 4.0)


def test_the_cleanest_hours_need_no_price():
    carbon = np.array([300.0, 100.0, 200.0, 400.0])
    boiler = task(1, power=2.0, last=4)
    found = planned(problem(boiler, imported=[1] * 4, carbon=carbon, objective=LoadPlanObjective.CARBON))
    assert found.runs == (((1, 2),),)
    assert found.planned.cost is None
    assert found.planned.carbon_kg == pytest.approx(1.0 + 0.2)


def test_a_window_that_is_too_short_is_told_by_how_much():
    found = plan_loads(problem(task(3, first=4), price=[1] * 6))
    assert isinstance(found, ImpossiblePlan)
    assert [(each.code, each.by, each.unit, each.task) for each in found.reasons] == [
        ("WINDOW_TOO_SHORT", 1.0, "HOUR", 0)
    ]
    assert found.reasons[0].message == "Boiler runs for 3 h, and its window has 2 h of the period; it needs 1 h more."


def test_a_limit_that_is_passed_without_any_load_is_told():
    found = plan_loads(problem(task(1), imported=[1, 5, 1, 1, 1, 1], price=[1] * 6, limit_kw=4.5))
    assert isinstance(found, ImpossiblePlan)
    (reason,) = found.reasons
    assert (reason.code, reason.by) == ("EXPECTED_LOAD_ABOVE_LIMIT", 0.5)
    assert "2026-01-15T01:00:00Z" in reason.message


def test_no_plan_gets_below_the_least_peak_of_each_task():
    asked = problem(imported=[5, 1, 4, 2, 3, 9], exported=[0, 0, 0, 1, 0, 0])
    # At once it is lowest with 2 + 3 - 1 and 3 + 3; apart with 1 + 3 and, of the sun's hour, 2 + 3 - 1.
    assert least_peak(asked, task(2, power=3.0)) == 6.0
    assert least_peak(asked, task(2, power=3.0, interruptible=True)) == 4.0


def test_the_limit_that_would_do_is_rounded_up_and_does():
    def found(limit_kw):
        return plan_loads(problem(task(1, power=2.0), imported=[5.3018] * 6, price=[1] * 6, limit_kw=limit_kw))

    for tried, by in ((5.5, "1.81"), (7.30, "0.01")):
        refused = found(tried)
        assert isinstance(refused, ImpossiblePlan)
        (message,) = [each.message for each in refused.reasons if each.code == "LIMIT_TOO_LOW"]
        assert f"is passed by {by} kW" in message
        assert "a limit of 7.31 kW would do" in message
    assert isinstance(found(7.31), LoadPlan)


def test_a_limit_that_cannot_be_kept_is_told_with_what_would_help():
    tasks = task(2, power=3.0, last=2), task(1, power=2.0, last=2, name="Car")
    found = plan_loads(problem(*tasks, imported=[0.5, 1.0], price=[1, 1], limit_kw=4.0))
    assert isinstance(found, ImpossiblePlan)
    assert found.code == "INFEASIBLE"
    # The boiler takes 3 in both hours; with the car the first has 5.5 and the second 6.
    assert [(each.code, pytest.approx(each.by), each.task) for each in found.reasons] == [
        ("LIMIT_TOO_LOW", 1.5, None),
        ("LOAD_LEFT_OUT", 2.0, 1),
    ]
    raised = planned(problem(*tasks, imported=[0.5, 1.0], price=[1, 1], limit_kw=5.5))
    assert raised.planned.peak_kw == pytest.approx(5.5)


def test_no_time_is_said_and_not_taken_for_impossible():
    found = plan_loads(replace(hard(0), time_limit_s=0.0))
    assert isinstance(found, ImpossiblePlan)
    assert found.code == "OUT_OF_TIME"


@pytest.mark.parametrize("objective", list(LoadPlanObjective))
def test_a_search_that_is_broken_off_says_how_far_it_may_be_from_the_best(objective):
    asked = replace(hard(6), time_limit_s=0.05, objective=objective, carbon=np.linspace(100.0, 300.0, 96))
    found = plan_loads(replace(asked, limit_kw=None))
    if isinstance(found, LoadPlan):
        assert np.isfinite(found.gap)
        assert found.optimal == (found.gap == 0.0)
        assert found.planned.of(objective) <= found.baseline.of(objective)
    else:
        assert found.code == "OUT_OF_TIME"


def test_nothing_to_plan_is_a_plan():
    found = planned(problem(price=[1.0, 2.0]))
    assert (found.runs, found.planned.cost) == ((), 0.0)


def test_what_is_taken_out_leaves_more_to_feed_in():
    imported, exported = without(np.array([3.0, 1.0]), np.array([0.0, 0.5]), np.array([2.0, 2.0]))
    np.testing.assert_allclose(imported, [1.0, 0.0])
    np.testing.assert_allclose(exported, [0.0, 1.5])


def test_a_usual_time_too_late_for_the_window_is_moved_into_it():
    (found,) = do_nothing([task(2, usual=5)], 6)
    assert runs_of(found) == ((4, 6),)


def test_a_day_of_quarter_hours_with_ten_loads_keeps_what_each_of_them_needs():
    asked = replace(hard(2), time_limit_s=30.0)
    found = planned(asked)
    assert found.planned.peak_kw <= 14.0 + 1e-6
    assert found.planned.cost < found.baseline.cost
    assert found.gap < 0.2
    for runs, each in zip(found.runs, asked.tasks, strict=True):
        assert sum(last - first for first, last in runs) == each.steps
        assert each.first <= runs[0][0] <= runs[-1][1] <= each.last
        assert len(runs) == 1 or (each.interruptible and min(b - a for a, b in runs) >= each.minimum_steps)


@st.composite
def tiny(draw):
    count = draw(st.integers(3, 6))
    prices = st.lists(st.integers(-3, 9), min_size=count, max_size=count)
    powers = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=count, max_size=count)
    tasks = []
    for name in draw(st.sampled_from(["A", "AB"])):
        steps = draw(st.integers(1, count - 1))
        first = draw(st.integers(0, count - steps))
        last = draw(st.integers(first + steps, count))
        power = draw(st.sampled_from([0.5, 1.0, 3.0]))
        minimum = draw(st.integers(1, steps))
        often = draw(st.booleans())
        tasks.append(
            task(steps, power, first, last, usual=first, name=name, interruptible=often, minimum_steps=minimum)
        )
    return problem(
        *tasks,
        imported=draw(powers),
        exported=draw(powers),
        price=draw(prices),
        export_price=np.array(draw(prices), dtype=float),
        carbon=np.array(draw(st.lists(st.integers(0, 500), min_size=count, max_size=count)), dtype=float),
        demand_price=draw(st.sampled_from([0.0, 2.0])),
        limit_kw=draw(st.sampled_from([None, 1.5, 3.0, 5.0])),
        objective=draw(st.sampled_from(list(LoadPlanObjective))),
    )


def every_choice(each, count):
    """Return all ways in which one task may run."""
    for steps in combinations(range(each.first, each.last), each.steps):
        chosen = np.zeros(count, dtype=bool)
        chosen[list(steps)] = True
        runs = runs_of(chosen)
        if len(runs) == 1 or (each.interruptible and min(b - a for a, b in runs) >= each.minimum_steps):
            yield chosen


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tiny())
def test_no_choice_of_all_there_are_is_better(asked):
    outcomes = [
        outcome_of(asked, np.array(rows))
        for rows in product(*(every_choice(each, asked.count) for each in asked.tasks))
    ]
    limit = np.inf if asked.limit_kw is None else asked.limit_kw
    within = [each.of(asked.objective) for each in outcomes if each.peak_kw <= limit + 1e-9]
    found = plan_loads(asked)
    if not within:
        assert isinstance(found, ImpossiblePlan)
        least = min(each.peak_kw for each in outcomes) - limit
        told = [each.by for each in found.reasons if each.code == "LIMIT_TOO_LOW"]
        assert not told or told[0] == pytest.approx(least, abs=1e-6)
        assert found.reasons
    else:
        assert isinstance(found, LoadPlan)
        energy = sum(each.power_kw * each.steps for each in asked.tasks)
        assert found.planned.of(asked.objective) == pytest.approx(min(within), abs=1e-3 * max(1.0, energy))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(tiny(), st.sampled_from([1e-3, 7.0, 1e4]))
def test_in_another_currency_the_same_is_best(asked, rate):
    asked = replace(asked, objective=LoadPlanObjective.COST, limit_kw=None, demand_price=0.0)
    other = replace(asked, import_price=asked.import_price * rate, export_price=asked.export_price * rate)
    mine, theirs = planned(asked), planned(other)
    assert mine.runs == theirs.runs
    assert theirs.planned.cost == pytest.approx(mine.planned.cost * rate)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(tiny(), st.sampled_from([LoadPlanObjective.COST, LoadPlanObjective.CARBON]))
def test_three_hours_later_the_same_is_saved(asked, objective):
    asked = replace(asked, limit_kw=None, demand_price=0.0, objective=objective)
    tasks = tuple(replace(t, first=t.first + 3, last=t.last + 3, usual=t.usual + 3) for t in asked.tasks)
    columns = ("imported_kw", "exported_kw", "import_price", "export_price", "carbon")
    before = {name: np.concatenate([np.ones(3), getattr(asked, name)]) for name in columns}
    mine, theirs = (planned(each) for each in (asked, replace(asked, tasks=tasks, **before)))
    saved, later = (each.baseline.of(objective) - each.planned.of(objective) for each in (mine, theirs))
    assert later == pytest.approx(saved, abs=0.02)
