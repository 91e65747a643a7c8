"""What to do about loads now: shed some where the power limit is passed, start or pause one where a plan says so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.decisions.recommendation import Alternative, Impact, Proposal, Reason, Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.instants import format_instant
from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.domain.load_planning.outcome import choice_of, do_nothing, outcome_of
from twinql.domain.load_planning.problem import (
    GRAMS_A_KG,
    SECONDS_AN_HOUR,
    Choice,
    LoadPlanObjective,
    LoadProblem,
    LoadTask,
)
from twinql.domain.load_planning.quarter_hour import QuarterHour
from twinql.domain.load_planning.solving import LoadPlan
from twinql.domain.verification import EffectDirection, Expectation

LIMIT_RULE: Final = "POWER_LIMIT_IS_PASSED"
TIMING_RULE: Final = "LOAD_RUNS_BEST_AT"
_SHED_FOR_S: Final = 300.0
_START_FOR_S: Final = 900.0
_SHOWS_WITHIN: Final = timedelta(minutes=2)
_SHOWS_IN_READINGS: Final = 2
"""A meter that is read rarely shows it at its second reading: what its first one tells of began before."""
_SHOWS_OF_IT: Final = 0.5
"""A meter shows at least this share of what a load takes that is switched: the rest does not stand still."""
_LITTLE: Final = 0.1
"""Of a load that draws less than this share of its power now, nothing is to be gained."""
_WORTH: Final = {LoadPlanObjective.COST: 0.005, LoadPlanObjective.CARBON: 0.0005, LoadPlanObjective.PEAK: 0.01}
"""What is less than this is no saving: half a cent, half a gram, and ten watts. [unit of the objective]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningLoad:
    """A load with what is known of it now.

    Attributes:
        load: How it is described; it has a channel.
        is_on: Whether its channel reads the value at which it runs; None where that is not known.
        left: How long it still has to run in this window.
        state: The label of each of its two states, off and on; None where its channel has none.
        on_for: How long it has been on of the last `minimum_run`, as far as is known.
        drawn_kw: What it draws now, by a reading of its own; None where nothing measures it. [kW]
    """

    load: DeferrableLoad
    is_on: bool | None
    left: timedelta
    state: tuple[str, str] | None = None
    on_for: timedelta = timedelta()
    drawn_kw: float | None = None

    @property
    def may_pause(self) -> bool:
        """Say whether it may be switched off now: it may pause at all, and has run for its minimum."""
        return self.load.interruptible and self.on_for >= (self.load.minimum_run or timedelta())

    def relieves_kw(self, taken_kw: float) -> float:
        """Return by how much less its meter takes in once it is off; 0 where it certainly draws little. [kW].

        What nothing measures and is to draw more than twice of all that the meter takes in, does not.
        """
        power = self.load.power_kw
        drawn = power if self.drawn_kw is None else min(self.drawn_kw, power)
        little = taken_kw < _SHOWS_OF_IT * power if self.drawn_kw is None else drawn < _LITTLE * power
        return 0.0 if little else min(drawn, taken_kw)

    def proposal(self, *, on: bool, life_s: float, expect: Expectation | None = None) -> Proposal:
        """Return the command that switches it."""
        assert self.load.channel_id is not None
        desired = self.load.on_value if on else self.load.off_value
        return Proposal(self.load.channel_id, desired, None if self.state is None else self.state[on], life_s, expect)


def shed(
    loads: Sequence[RunningLoad],
    *,
    quarter_hour: QuarterHour,
    limit_kw: float,
    power_channel: UUID | None,
    resolution_s: float | None = None,
) -> dict[UUID, Recommendation]:
    """Recommend what to switch off while the limit is passed: the smallest that does, or else the greatest there is.

    It is one load at a time: whether another must follow, the meter shows once the first is off.

    Args:
        loads: Those behind the meter that may be asked for.
        quarter_hour: What the meter will have taken in on the mean, if it goes on as now.
        limit_kw: What it may take in at most, on the mean of a quarter of an hour. [kW]
        power_channel: The channel that shows that, in kilowatts; None where another unit or none does.
        resolution_s: How often that channel is read; None where nobody said. [s]

    Returns:
        The recommendation by the channel that switches the load; empty where the limit is kept, or nothing can pause
        that would make a difference.
    """
    excess, taken_kw = quarter_hour.excess_kw(limit_kw), quarter_hour.steady_kw
    can = [(each.relieves_kw(taken_kw), each) for each in loads if each.is_on and each.may_pause]
    some = sorted(((saved, each) for saved, each in can if saved > 0.0), key=lambda pair: pair[0])
    if excess <= 0.0 or not some:
        return {}
    saved, chosen = next((pair for pair in some if pair[0] >= excess), some[-1])
    assert chosen.load.channel_id is not None
    expect = None
    if power_channel is not None:
        within = max(_SHOWS_WITHIN, _SHOWS_IN_READINGS * timedelta(seconds=resolution_s or 0.0))
        expect = Expectation(power_channel, EffectDirection.FALLS, _SHOWS_OF_IT * saved, None, within)
    return {chosen.load.channel_id: _shed(chosen, saved, quarter_hour, limit_kw, expect)}


def _shed(
    each: RunningLoad, saved_kw: float, quarter_hour: QuarterHour, limit_kw: float, expect: Expectation | None
) -> Recommendation:
    mean_kw = quarter_hour.mean_kw
    too_much = (
        f"{mean_kw:.2f} kW are taken in on the mean of this quarter of an hour if it goes on at "
        f"{quarter_hour.steady_kw:.2f} kW, and the site may take in {limit_kw:g} kW."
    )
    return Recommendation(
        rule=LIMIT_RULE,
        action=DecisionAction.SHED_LOAD,
        urgency=Urgency.IMMEDIATE,
        confidence=None,
        reasons=(
            Reason("POWER_ABOVE_LIMIT", too_much, mean_kw, limit_kw, "KILOWATT"),
            Reason("LOAD_CAN_PAUSE", f"{each.load.name} is on, and may pause.", saved_kw, None, "KILOWATT"),
            _known_by(each),
        ),
        alternatives=(
            Alternative(DecisionAction.CONTINUE_MONITORING, "Waiting leaves the limit passed for as long as it takes."),
        ),
        impact=Impact(time_to_threshold_s=0.0, extreme_value=mean_kw, peak_kw=saved_kw),
        proposal=each.proposal(on=False, life_s=_SHED_FOR_S, expect=expect),
    )


def _known_by(each: RunningLoad) -> Reason:
    """Say whether what a load draws was measured, or is only what its description says."""
    name, power = each.load.name, each.load.power_kw
    if each.drawn_kw is not None:
        message = f"{name} draws {each.drawn_kw:.2f} kW by its own reading, of {power:g} kW that it may."
        return Reason("DRAWN_POWER_IS_MEASURED", message, each.drawn_kw, power, "KILOWATT")
    message = f"Nothing measures what {name} draws: the saving rests on the {power:g} kW of its description."
    return Reason("DRAWN_POWER_IS_NAMEPLATE", message, power, None, "KILOWATT")


@dataclass(frozen=True, slots=True)
class _Compared:
    """What a load's own energy costs, emits or adds to the peak in its planned hours, and in its usual ones.

    Attributes:
        planned: By the plan. [unit of the objective]
        usual: At its usual hours, or as late as it can, while all others go by the plan. [unit of the objective]
        peak_kw: By how much less the highest step is by the plan. [kW]
        energy_kwh: Its energy. [kWh]
    """

    planned: float
    usual: float
    peak_kw: float
    energy_kwh: float

    @property
    def saved(self) -> float:
        return self.usual - self.planned


def shift(
    loads: Sequence[RunningLoad], problem: LoadProblem, plan: LoadPlan, currency: str | None
) -> dict[UUID, Recommendation]:
    """Recommend which loads to start now, and which to pause, where the plan says so and that saves something.

    Args:
        loads: One for each task of the problem, in order.
        problem: What was planned; its first step is the one that begins now.
        plan: What came of it.
        currency: Of its prices; None where there are none.

    Returns:
        Recommendations by the channels that switch the loads; empty where all goes as it best does.
    """
    found: dict[UUID, Recommendation] = {}
    idle, chosen = do_nothing(problem.tasks, problem.count), choice_of(plan.runs, problem.count)
    latest = choice_of([[(each.last - each.steps, each.last)] for each in problem.tasks], problem.count)
    for row, each in enumerate(loads):
        run_now, task = bool(chosen[row, 0]), problem.tasks[row]
        bound = each.is_on and not each.may_pause
        if each.is_on is None or each.load.channel_id is None or run_now == each.is_on or bound:
            continue
        # Whose usual hour is over is compared with waiting for as long as it can.
        due = run_now and task.usual <= task.first
        compared = _compare(problem, chosen, latest if due else idle, row)
        begins = problem.instant(plan.runs[row][0][0])
        if compared.saved >= _WORTH[problem.objective]:
            because = _better(each, compared, problem.objective, currency, begins, than="later" if due else "usual")
        elif due and (reason := _must_run(each, problem, task)) is not None:
            because, compared = (reason,), replace(compared, planned=compared.usual)
        else:
            continue
        found[each.load.channel_id] = _shift(each, compared, problem.objective, currency, because)
    return found


def _compare(problem: LoadProblem, chosen: Choice, instead: Choice, row: int) -> _Compared:
    other, off = chosen.copy(), chosen.copy()
    other[row], off[row] = instead[row], False
    planned, usual, without_it = (outcome_of(problem, each) for each in (chosen, other, off))
    of = [each.of(problem.objective) or 0.0 for each in (planned, usual, without_it)]
    task = problem.tasks[row]
    energy = task.power_kw * task.steps * problem.step_h
    return _Compared(of[0] - of[2], of[1] - of[2], usual.peak_kw - planned.peak_kw, energy)


def _shift(
    each: RunningLoad,
    compared: _Compared,
    objective: LoadPlanObjective,
    currency: str | None,
    because: tuple[Reason, ...],
) -> Recommendation:
    name = each.load.name
    of_cost = objective is LoadPlanObjective.COST and compared.saved > 0.0
    otherwise = f"{name} then runs at another time, or goes on as it is."
    return Recommendation(
        rule=TIMING_RULE,
        action=DecisionAction.SHIFT_LOAD,
        urgency=Urgency.MEDIUM,
        confidence=None,
        reasons=because,
        alternatives=(Alternative(DecisionAction.CONTINUE_MONITORING, otherwise),),
        impact=Impact(
            energy_kwh=0.0,
            peak_kw=max(compared.peak_kw, 0.0),
            cost=f"{compared.saved:.4f}" if of_cost and currency is not None else None,
            currency=currency if of_cost else None,
        ),
        proposal=each.proposal(on=not each.is_on, life_s=_START_FOR_S),
    )


def _must_run(each: RunningLoad, problem: LoadProblem, task: LoadTask) -> Reason | None:
    """Say why a load is due though no hour is better than another: it was begun, or its window is over; else None."""
    name, hours = each.load.name, each.left.total_seconds() / SECONDS_AN_HOUR
    by, power = format_instant(problem.instant(task.last)), each.load.power_kw
    if each.left < each.load.needed:
        message = f"{name} was begun, is off, and has {hours:.2f} h left to run by {by}; no hour is better than now."
        return Reason("RUN_IS_UNFINISHED", message, power, None, "KILOWATT")
    if task.last - task.steps <= 0:
        message = f"{name} is off, and begins now or does not run its {hours:.2f} h by {by}."
        return Reason("LAST_TIME_TO_BEGIN", message, power, None, "KILOWATT")
    return None


def _better(
    each: RunningLoad,
    compared: _Compared,
    objective: LoadPlanObjective,
    currency: str | None,
    begins: datetime,
    *,
    than: str,
) -> tuple[Reason, ...]:
    """Say that the planned hours are better, and what a kilowatt hour of the load costs or emits then and otherwise."""
    name, start, power = each.load.name, not each.is_on, each.load.power_kw
    at = format_instant(begins)
    what = f"{name} is off; its best time begins now." if start else f"{name} is on; its best time begins at {at}."
    best = Reason("BEST_TIME_BEGINS" if start else "BEST_TIME_IS_LATER", what, power, None, "KILOWATT")
    if objective is LoadPlanObjective.PEAK or not compared.energy_kwh:
        return (best,)
    of_cost = objective is LoadPlanObjective.COST
    scale = 1.0 if of_cost else GRAMS_A_KG
    planned, other = (value * scale / compared.energy_kwh for value in (compared.planned, compared.usual))
    does, unit = ("costs", f"{currency or ''}/kWh".lstrip("/")) if of_cost else ("emits", "g/kWh")
    otherwise = "at its usual time" if than == "usual" else "if it waits for as long as it can"
    message = f"Its energy {does} {planned:.4g} {unit} in the planned hours, and {other:.4g} {unit} {otherwise}."
    code = f"{'CHEAPER' if of_cost else 'CLEANER'}_THAN_{than.upper()}"
    return (best, Reason(code, message, planned, other, f"{'CURRENCY_PER' if of_cost else 'GRAM_PER'}_KILOWATT_HOUR"))


def not_known(code: str, message: str) -> Recommendation:
    """Say that nobody can tell when loads run best, and why."""
    return Recommendation(
        rule=TIMING_RULE,
        action=DecisionAction.INSUFFICIENT_HISTORY,
        urgency=Urgency.LOW,
        confidence=None,
        reasons=(Reason(code, message, None, None, None),),
    )
