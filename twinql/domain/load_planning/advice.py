"""What to do about loads now: shed some where the power limit is passed, start or pause one where a plan says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.decisions.recommendation import Alternative, Impact, Proposal, Reason, Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.instants import format_instant
from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.domain.load_planning.outcome import choice_of, do_nothing, outcome_of
from twinql.domain.load_planning.problem import GRAMS_A_KG, Choice, LoadPlanObjective, LoadProblem
from twinql.domain.load_planning.solving import LoadPlan
from twinql.domain.verification import EffectDirection, Expectation

LIMIT_RULE: Final = "POWER_LIMIT_IS_PASSED"
TIMING_RULE: Final = "LOAD_RUNS_BEST_AT"
_SHED_FOR_S: Final = 300.0
_START_FOR_S: Final = 900.0
_SHOWS_WITHIN: Final = timedelta(minutes=2)
_SHOWS_OF_IT: Final = 0.5
"""A meter shows at least this share of what a load takes that is switched: the rest does not stand still."""
_SLIGHT: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningLoad:
    """A load with what is known of it now.

    Attributes:
        load: How it is described; it has a channel.
        is_on: Whether its channel reads the value at which it runs; None where that is not known.
        left: How long it still has to run in this window.
        state: The label of each of its two states, off and on; None where its channel has none.
    """

    load: DeferrableLoad
    is_on: bool | None
    left: timedelta
    state: tuple[str, str] | None = None

    def proposal(self, *, on: bool, life_s: float, expect: Expectation | None = None) -> Proposal:
        """Return the command that switches it."""
        assert self.load.channel_id is not None
        desired = self.load.on_value if on else self.load.off_value
        return Proposal(self.load.channel_id, desired, None if self.state is None else self.state[on], life_s, expect)


def shed(
    loads: Sequence[RunningLoad], *, taken_kw: float, limit_kw: float, power_channel: UUID | None
) -> dict[UUID, Recommendation]:
    """Recommend what to switch off while the limit is passed: the smallest that does, or the greatest ones first.

    Args:
        loads: Those behind the meter.
        taken_kw: What the meter takes in now. [kW]
        limit_kw: What it may take in at most. [kW]
        power_channel: The channel that shows that, in kilowatts; None where another unit or none does.

    Returns:
        Recommendations by the channels that switch the loads; empty where the limit is kept, or nothing can pause.
    """
    excess = taken_kw - limit_kw
    if excess <= 0.0:
        return {}
    can = sorted(
        (each for each in loads if each.is_on and each.load.interruptible), key=lambda each: each.load.power_kw
    )
    enough = next(([each] for each in can if each.load.power_kw >= excess), None)
    found: dict[UUID, Recommendation] = {}
    for each in enough if enough is not None else reversed(can):
        if excess <= 0.0:
            break
        excess -= each.load.power_kw
        assert each.load.channel_id is not None
        found[each.load.channel_id] = _shed(each, taken_kw, limit_kw, power_channel)
    return found


def _shed(each: RunningLoad, taken_kw: float, limit_kw: float, power_channel: UUID | None) -> Recommendation:
    power = each.load.power_kw
    expect = None
    if power_channel is not None:
        by = _SHOWS_OF_IT * power
        expect = Expectation(power_channel, EffectDirection.FALLS, by, None, _SHOWS_WITHIN)
    return Recommendation(
        rule=LIMIT_RULE,
        action=DecisionAction.SHED_LOAD,
        urgency=Urgency.IMMEDIATE,
        confidence=None,
        reasons=(
            Reason("POWER_ABOVE_LIMIT", "More is taken in than the site may.", taken_kw, limit_kw, "KILOWATT"),
            Reason("LOAD_CAN_PAUSE", f"{each.load.name} is on, and may pause.", power, None, "KILOWATT"),
        ),
        alternatives=(
            Alternative(DecisionAction.CONTINUE_MONITORING, "Waiting leaves the limit passed for as long as it takes."),
        ),
        impact=Impact(time_to_threshold_s=0.0, extreme_value=taken_kw, peak_kw=min(power, taken_kw)),
        proposal=each.proposal(on=False, life_s=_SHED_FOR_S, expect=expect),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """What a load's own energy costs, emits or adds to the peak in its planned hours, and in its usual ones.

    Attributes:
        planned: By the plan. [unit of the objective]
        usual: At its usual hours, while all others go by the plan. [unit of the objective]
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
    for row, each in enumerate(loads):
        run_now, task = bool(chosen[row, 0]), problem.tasks[row]
        bound = each.is_on and not each.load.interruptible
        if each.is_on is None or each.load.channel_id is None or run_now == each.is_on or bound:
            continue
        compared = _compare(problem, chosen, idle, row)
        # What was paused has its usual hour behind it: it is due where the plan says so, though it saves nothing more.
        if compared.saved > _SLIGHT or (run_now and task.usual <= task.first):
            begins = problem.instant(plan.runs[row][0][0])
            found[each.load.channel_id] = _shift(each, compared, problem.objective, currency, begins)
    return found


def _compare(problem: LoadProblem, chosen: Choice, idle: Choice, row: int) -> _Compared:
    other, off = chosen.copy(), chosen.copy()
    other[row], off[row] = idle[row], False
    planned, usual, without_it = (outcome_of(problem, each) for each in (chosen, other, off))
    of = [each.of(problem.objective) or 0.0 for each in (planned, usual, without_it)]
    task = problem.tasks[row]
    energy = task.power_kw * task.steps * problem.step_h
    return _Compared(of[0] - of[2], of[1] - of[2], usual.peak_kw - planned.peak_kw, energy)


def _shift(
    each: RunningLoad, compared: _Compared, objective: LoadPlanObjective, currency: str | None, begins: datetime
) -> Recommendation:
    start = not each.is_on
    name, at = each.load.name, format_instant(begins)
    what = f"{name} is off; its best time begins now." if start else f"{name} is on; its best time begins at {at}."
    of_cost = objective is LoadPlanObjective.COST
    return Recommendation(
        rule=TIMING_RULE,
        action=DecisionAction.SHIFT_LOAD,
        urgency=Urgency.MEDIUM,
        confidence=None,
        reasons=(
            Reason("BEST_TIME_BEGINS" if start else "BEST_TIME_IS_LATER", what, each.load.power_kw, None, "KILOWATT"),
            *_rates(compared, objective),
        ),
        alternatives=(
            Alternative(
                DecisionAction.CONTINUE_MONITORING, f"{name} then runs at its usual time, or goes on as it is."
            ),
        ),
        impact=Impact(
            energy_kwh=0.0,
            peak_kw=max(compared.peak_kw, 0.0),
            cost=f"{compared.saved:.4f}" if of_cost and currency is not None else None,
            currency=currency if of_cost else None,
        ),
        proposal=each.proposal(on=start, life_s=_START_FOR_S),
    )


def _rates(compared: _Compared, objective: LoadPlanObjective) -> tuple[Reason, ...]:
    """Set what a kilowatt hour of the load costs or emits in the planned hours beside the usual ones."""
    if objective is LoadPlanObjective.PEAK or not compared.energy_kwh:
        return ()
    scale = 1.0 if objective is LoadPlanObjective.COST else GRAMS_A_KG
    planned, usual = (each * scale / compared.energy_kwh for each in (compared.planned, compared.usual))
    if objective is LoadPlanObjective.COST:
        message = "What a kilowatt hour of it costs in the planned hours, sun of the own roof included, and usually."
        return (Reason("CHEAPER_THAN_USUAL", message, planned, usual, "CURRENCY_PER_KILOWATT_HOUR"),)
    message = "What a kilowatt hour of it emits in the planned hours, sun of the own roof included, and usually."
    return (Reason("CLEANER_THAN_USUAL", message, planned, usual, "GRAM_PER_KILOWATT_HOUR"),)


def not_known(code: str, message: str) -> Recommendation:
    """Say that nobody can tell when loads run best, and why."""
    return Recommendation(
        rule=TIMING_RULE,
        action=DecisionAction.INSUFFICIENT_HISTORY,
        urgency=Urgency.LOW,
        confidence=None,
        reasons=(Reason(code, message, None, None, None),),
    )
