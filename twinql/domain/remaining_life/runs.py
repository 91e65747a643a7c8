"""Runs: what was measured from a start until a failure, or until nobody looked any more; and what is left of one."""

from dataclasses import dataclass

from twinql.domain.readings import Floats


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """A run, from its start to a failure or as far as it was seen.

    Attributes:
        values: One row a step (a cycle, an hour, a day), oldest first, one column a channel, shape (n, k): the same
            channels in the same order in all runs that are compared. NaN is a gap. [unit of each channel]
        failed: Whether the last row was its last step before it failed. Where not, it lived for longer than n steps:
            it was mended in time, or still runs.
        unseen: How many steps of it went by before the first row.
    """

    values: Floats
    failed: bool
    unseen: int = 0

    @property
    def length(self) -> int:
        """How many steps it went, as far as known."""
        return self.unseen + len(self.values)


@dataclass(frozen=True, slots=True)
class RemainingLife:
    """How many steps are left.

    Attributes:
        p10: One in ten fails sooner. [steps]
        p50: As many fail sooner as later. [steps]
        p90: One in ten fails later. [steps]
        cap: As far as can be seen: a figure that reaches it means so long or longer. [steps]
    """

    p10: float
    p50: float
    p90: float
    cap: float


@dataclass(frozen=True, slots=True)
class Proof:
    """How right the answers are, each run being forecast from the others.

    Attributes:
        failures: Runs that ended in a failure.
        censored: Runs that did not.
        count: How many forecasts were tried, all along the runs.
        rmse: Root mean square error of p50, remaining lives being told up to the cap. [steps]
        age_rmse: The same of what knows nothing but the age: the mean life of the others less the age. [steps]
        coverage: The share of tries in which the truth fell between p10 and p90, 0 to 1; at the cap counts as within
            where p90 reaches it.
    """

    failures: int
    censored: int
    count: int
    rmse: float
    age_rmse: float
    coverage: float
