"""What is to be planned: loads that wait, what else a site takes, what an hour costs, and what may not be passed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Floats

Choice = NDArray[np.bool_]
"""Whether each task runs in each step, shape (tasks, steps)."""
SECONDS_AN_HOUR: Final = 3_600.0
GRAMS_A_KG: Final = 1_000.0
USUAL_TIME_LIMIT_S: Final = 1.8
"""A plan of a day is there within two seconds: what is best so far by then, with how far that may be from the best."""


class LoadPlanObjective(Enum):
    """What a plan makes as small as it can."""

    COST = "COST"
    CARBON = "CARBON"
    PEAK = "PEAK"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTask:
    """A load that has to run, and may choose when; instants as steps of the problem.

    Attributes:
        name: What people call it.
        power_kw: What it takes in each step that it runs. [kW]
        steps: In how many steps it runs.
        first: The first step in which it may run.
        last: The step before which it is done.
        usual: The step with which it begins if nobody plans; it then runs without a break.
        interruptible: Whether it may pause.
        minimum_steps: How long it runs before it may pause, at least.
    """

    name: str
    power_kw: float
    steps: int
    first: int
    last: int
    usual: int
    interruptible: bool = False
    minimum_steps: int = 1

    @property
    def starts(self) -> range:
        """Return the steps with which it may begin if it does not pause; empty where the window is too short."""
        return range(self.first, self.last - self.steps + 1)

    @property
    def at_once(self) -> bool:
        """Say whether it runs without a break, because it must or because it is too short for one."""
        return not self.interruptible or self.steps < 2 * self.minimum_steps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadProblem:
    """All that a plan depends on; arrays of shape (steps,), and mean powers of steps.

    Attributes:
        starts_at: Where the first step begins.
        step_s: Length of a step. [s]
        tasks: What is to run.
        imported_kw: What is taken in without the tasks. [kW]
        exported_kw: What is fed in without the tasks; they take from this first. [kW]
        import_price: What a kWh taken in costs. [currency per kWh]
        export_price: What a kWh fed in earns. [currency per kWh]
        carbon: What a kWh taken in emits; what is fed in saves none. [g per kWh]
        limit_kw: What may not be passed by what is taken in; None for no limit. [kW]
        demand_price: What each kW costs by which the highest step goes above `peak_so_far_kw`. [currency per kW]
        peak_so_far_kw: The highest step that is charged already. [kW]
        objective: What is made as small as it can be.
        time_limit_s: After so long the best plan found counts. [s]
    """

    starts_at: datetime
    step_s: int
    tasks: tuple[LoadTask, ...]
    imported_kw: Floats
    exported_kw: Floats
    import_price: Floats | None = None
    export_price: Floats | None = None
    carbon: Floats | None = None
    limit_kw: float | None = None
    demand_price: float = 0.0
    peak_so_far_kw: float = 0.0
    objective: LoadPlanObjective = LoadPlanObjective.COST
    time_limit_s: float = field(default=USUAL_TIME_LIMIT_S)

    @property
    def count(self) -> int:
        """Return how many steps there are."""
        return len(self.imported_kw)

    @property
    def step_h(self) -> float:
        """Return the length of a step. [h]."""
        return self.step_s / SECONDS_AN_HOUR

    def instant(self, step: int) -> datetime:
        """Return where a step begins."""
        return self.starts_at + timedelta(seconds=step * self.step_s)
