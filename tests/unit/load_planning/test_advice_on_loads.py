"""What to do about loads now: which to shed at a limit, and which to start or to pause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.load_planning.advice import RunningLoad, shed, shift
from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.domain.load_planning.problem import LoadPlanObjective, LoadProblem
from twinql.domain.load_planning.quarter_hour import QuarterHour
from twinql.domain.load_planning.solving import LoadPlan, plan_loads
from twinql.domain.verification import EffectDirection

NOW = datetime(2026, 1, 15, 20, tzinfo=UTC)
POWER = UUID(int=99)


def running(number, power, *, is_on=True, interruptible=True, drawn_kw=None, ran=timedelta(), **more):
    load = DeferrableLoad(
        name=f"Load {number}",
        meter_id=UUID(int=50),
        channel_id=UUID(int=number),
        power_kw=power,
        run_time=timedelta(hours=1),
        interruptible=interruptible,
        **more,
    )
    return RunningLoad(load=load, is_on=is_on, left=load.needed - ran, on_for=ran, drawn_kw=drawn_kw)


def steady(taken_kw):
    """A quarter of an hour that has just begun."""
    return QuarterHour(mean_kw=taken_kw, steady_kw=taken_kw, left_s=900.0)


def shed_of(loads, taken_kw=10.0, limit_kw=8.0):
    return {
        channel.int for channel in shed(loads, quarter_hour=steady(taken_kw), limit_kw=limit_kw, power_channel=POWER)
    }


def test_the_smallest_load_that_does_is_shed():
    loads = [running(1, 1.0), running(2, 4.0), running(3, 2.5)]
    found = shed(loads, quarter_hour=steady(10.0), limit_kw=8.0, power_channel=POWER)
    assert list(found) == [UUID(int=3)]
    (said,) = found.values()
    assert (said.action, said.urgency) == (DecisionAction.SHED_LOAD, Urgency.IMMEDIATE)
    assert (said.reasons[0].value, said.reasons[0].threshold) == (10.0, 8.0)
    assert (said.impact.peak_kw, said.impact.cost) == (2.5, None)
    assert (said.proposal.desired, said.proposal.channel_id) == (0.0, UUID(int=3))
    expect = said.proposal.expect
    assert (expect.channel_id, expect.direction, expect.by) == (POWER, EffectDirection.FALLS, 1.25)


def test_where_none_does_alone_the_greatest_goes_first_and_alone():
    loads = [running(1, 1.0), running(2, 1.5), running(3, 0.75)]
    assert shed_of(loads, taken_kw=10.0) == {2}
    assert shed_of(loads, taken_kw=20.0) == {2}


def test_the_later_in_the_quarter_of_an_hour_the_more_has_to_go_to_keep_its_mean():
    loads = [running(1, 1.0), running(2, 4.0)]
    for left_s, chosen in ((900.0, 1), (450.0, 1), (300.0, 2)):
        expected = QuarterHour(mean_kw=8.5, steady_kw=10.0, left_s=left_s)
        assert [each.int for each in shed(loads, quarter_hour=expected, limit_kw=8.0, power_channel=POWER)] == [chosen]


def test_a_meter_that_is_read_rarely_has_time_to_show_what_was_shed():
    def within(resolution_s):
        (said,) = shed(
            [running(1, 4.0)],
            quarter_hour=steady(10.0),
            limit_kw=8.0,
            power_channel=POWER,
            resolution_s=resolution_s,
        ).values()
        return said.proposal.expect.within

    assert [within(each) for each in (None, 2.0, 900.0)] == [timedelta(minutes=each) for each in (2, 2, 30)]


def test_what_a_load_draws_counts_where_it_is_measured():
    # 2 kW have to go: the boiler of 3 draws nothing, the car of 7.4 draws 2.2, and no other is known to draw so much.
    loads = [running(1, 3.0, drawn_kw=0.02), running(2, 7.4, drawn_kw=2.2), running(3, 5.0, drawn_kw=3.0)]
    ((channel, said),) = shed(loads, quarter_hour=steady(10.0), limit_kw=8.0, power_channel=POWER).items()
    assert (channel, said.impact.peak_kw, said.proposal.expect.by) == (UUID(int=2), 2.2, 1.1)
    assert said.reasons[2].code == "DRAWN_POWER_IS_MEASURED"
    assert shed_of(loads[:1]) == set()
    (assumed,) = shed([running(4, 2.0)], quarter_hour=steady(10.0), limit_kw=8.0, power_channel=None).values()
    assert assumed.reasons[2].code == "DRAWN_POWER_IS_NAMEPLATE"
    assert assumed.reasons[2].message == (
        "Nothing measures what Load 4 draws: the saving rests on the 2 kW of its description."
    )


def test_what_cannot_draw_its_power_behind_a_meter_that_takes_in_little_is_left_on():
    assert shed_of([running(1, 2.0)], taken_kw=0.44, limit_kw=0.3) == set()
    assert shed_of([running(1, 0.4)], taken_kw=0.44, limit_kw=0.3) == {1}


def test_no_load_is_shed_or_paused_before_it_has_run_for_its_minimum():
    half = {"minimum_run": timedelta(minutes=30)}
    boiler = running(1, 2.0, ran=timedelta(minutes=7), **half)
    assert shed_of([boiler, running(2, 7.4)]) == {2}
    assert shed_of([running(1, 2.0, ran=timedelta(minutes=30), **half), running(2, 7.4)]) == {1}
    problem = problem_of(boiler, [0.3] * 4 + [0.1] * 4)
    assert shift([boiler], problem, planned(problem), "EUR") == {}


def test_within_the_limit_and_of_what_may_not_pause_nothing_is_shed():
    assert shed_of([running(1, 4.0)], taken_kw=8.0) == set()
    loads = [running(1, 4.0, is_on=False), running(2, 4.0, interruptible=False), running(3, 4.0, is_on=None)]
    assert shed_of(loads) == set()


def planned(problem):
    found = plan_loads(problem)
    assert isinstance(found, LoadPlan)
    return found


def problem_of(load, price, *, usual=0):
    task = load.load.task(NOW.date(), UTC, starts_at=NOW, step_s=900, left=load.left)
    task = replace(task, first=0, last=len(price), usual=usual)
    return LoadProblem(
        starts_at=NOW,
        step_s=900,
        tasks=(task,),
        imported_kw=np.ones(len(price)),
        exported_kw=np.zeros(len(price)),
        import_price=np.array(price, dtype=float),
    )


def test_one_that_runs_in_dear_hours_is_paused_and_told_until_when():
    load = running(1, 2.0)
    problem = problem_of(load, [0.3] * 4 + [0.1] * 4)
    (said,) = shift([load], problem, planned(problem), "EUR").values()
    assert (said.action, said.proposal.desired) == (DecisionAction.SHIFT_LOAD, 0.0)
    assert said.reasons[0].message == "Load 1 is on; its best time begins at 2026-01-15T21:00:00Z."
    # 2 kWh at 0.20 less.
    assert (said.impact.cost, said.impact.currency, said.impact.energy_kwh) == ("0.4000", "EUR", 0.0)
    assert (said.reasons[1].value, said.reasons[1].threshold) == (pytest.approx(0.1), pytest.approx(0.3))


def test_one_that_is_off_is_started_where_its_best_time_begins():
    load = running(1, 2.0, is_on=False)
    problem = problem_of(load, [0.1] * 4 + [0.3] * 4, usual=4)
    (said,) = shift([load], problem, planned(problem), "EUR").values()
    assert (said.reasons[0].code, said.proposal.desired) == ("BEST_TIME_BEGINS", 1.0)
    assert said.reasons[1].code == "CHEAPER_THAN_USUAL"
    assert said.reasons[1].message == (
        "Its energy costs 0.1 EUR/kWh in the planned hours, and 0.3 EUR/kWh at its usual time."
    )
    # Whose usual hour is over would be dearer later.
    late = problem_of(load, [0.1] * 4 + [0.3] * 4)
    (due,) = shift([load], late, planned(late), "EUR").values()
    assert (due.proposal.desired, due.impact.cost, due.reasons[1].code) == (1.0, "0.4000", "CHEAPER_THAN_LATER")


def test_where_no_hour_is_better_a_load_is_started_only_if_it_was_begun_or_has_no_other_time():
    load, flat = running(1, 2.0, is_on=False), [0.145632] * 8
    problem = problem_of(load, flat)
    assert shift([load], problem, planned(problem), "EUR") == {}
    last = problem_of(load, flat[:4])
    (must,) = shift([load], last, planned(last), "EUR").values()
    assert [each.code for each in must.reasons] == ["LAST_TIME_TO_BEGIN"]
    begun = running(1, 2.0, is_on=False, ran=timedelta(minutes=30))
    problem = problem_of(begun, flat)
    (said,) = shift([begun], problem, planned(problem), "EUR").values()
    assert [each.code for each in said.reasons] == ["RUN_IS_UNFINISHED"]
    assert said.reasons[0].message == (
        "Load 1 was begun, is off, and has 0.50 h left to run by 2026-01-15T22:00:00Z; no hour is better than now."
    )
    assert (said.proposal.desired, said.impact.cost, said.impact.currency) == (1.0, None, None)
    # A tenth of a cent is less than any bill shows.
    slight = problem_of(load, [0.1] * 4 + [0.1005] * 4, usual=4)
    assert shift([load], slight, planned(slight), "EUR") == {}


def test_what_goes_as_it_best_does_is_left_alone():
    dear_first = [0.3] * 4 + [0.1] * 4
    off, fixed = running(1, 2.0, is_on=False), running(1, 2.0, interruptible=False)
    for load, price in ((off, dear_first), (fixed, dear_first), (running(1, 2.0), dear_first[::-1])):
        problem = problem_of(load, price)
        assert shift([load], problem, planned(problem), "EUR") == {}
    # Without a price nothing is said of money.
    load = running(1, 2.0)
    problem = replace(
        problem_of(load, dear_first),
        import_price=None,
        carbon=np.array(dear_first) * 1000,
        objective=LoadPlanObjective.CARBON,
    )
    (said,) = shift([load], problem, planned(problem), None).values()
    assert (said.impact.cost, said.impact.currency) == (None, None)
    assert said.reasons[1].unit == "GRAM_PER_KILOWATT_HOUR"
    assert said.reasons[1].value == pytest.approx(100.0)
