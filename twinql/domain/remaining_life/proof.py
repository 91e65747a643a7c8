"""What was expected of runs that were not known, what became of them, and the interval that follows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Floats
from twinql.domain.remaining_life.limits import LEVEL, NEIGHBOURS
from twinql.domain.remaining_life.runs import Proof, RemainingLife


@dataclass(frozen=True, slots=True)
class Tries:
    """Forecasts of runs from all others, and the truth.

    Attributes:
        expected: What was expected, 0 to the cap, shape (n,). [steps]
        truth: What was left, up to the cap, shape (n,). [steps]
        of: The run that each try is of, shape (n,).
    """

    expected: Floats
    truth: Floats
    of: NDArray[np.intp]

    def around(self, expected: float, cap: float) -> RemainingLife:
        """Say what became of those of which about as much was expected.

        Source:
            Split conformal prediction, by errors of like cases: Lei et al. (2018), JASA 113.
        """
        return self._among(np.ones(self.of.size, dtype=bool), expected, cap)

    def without_own(self, cap: float) -> Floats:
        """Return p10, p50 and p90 of each try, told without any of its own run, shape (n, 3)."""
        found = np.empty((self.of.size, 3))
        for number, (run, expected) in enumerate(zip(self.of, self.expected, strict=True)):
            life = self._among(self.of != run, float(expected), cap)
            found[number] = life.p10, life.p50, life.p90
        return found

    def _among(self, others: NDArray[np.bool_], expected: float, cap: float) -> RemainingLife:
        here = min(max(expected, 0.0), cap)
        known, truth = self.expected[others], self.truth[others]
        tail = self._tail(others)
        high = np.quantile(_nearest(known, truth, here), 1 - tail)
        # An end that lies beyond the cap is easily told; the lower bound has to hold for those that do not.
        ahead = truth < cap
        low = np.quantile(_nearest(known[ahead], truth[ahead], here), tail)
        p10, p50, p90 = np.clip([here + min(low, 0.0), here, here + max(high, 0.0)], 0.0, cap)
        return RemainingLife(float(p10), float(p50), float(p90), cap)

    def _tail(self, others: NDArray[np.bool_]) -> float:
        """Return the share of errors beyond a bound, so that it holds for a further run and not just for these."""
        runs = np.unique(self.of[others]).size
        return max(1 - (1 + LEVEL) / 2 * (runs + 1) / runs, 0.0)


def _nearest(known: Floats, truth: Floats, here: float) -> Floats:
    """Return the errors of those of which about as much was expected, all of which as much."""
    apart = np.abs(known - here)
    farthest = np.quantile(apart, NEIGHBOURS, method="higher")
    errors: Floats = (truth - known)[apart <= farthest]
    return errors


def prove(tries: Tries, *, cap: float, lives: NDArray[np.intp], failed: NDArray[np.bool_], ages: Floats) -> Proof:
    """Measure tries, beside what knows nothing but the age.

    Args:
        tries: Any number of them.
        cap: As far as can be seen. [steps]
        lives: How long each run was, shape (runs,). [steps]
        failed: Whether it ended in a failure, shape (runs,).
        ages: Age at each try, shape (n,). [steps]
    """
    told = tries.without_own(cap)
    total, count = lives[failed].sum(), failed.sum()
    own = np.where(failed, lives, 0)[tries.of]
    mean_of_others = (total - own) / (count - failed[tries.of])
    by_age = np.clip(mean_of_others - ages, 0.0, cap)
    within = (told[:, 0] <= tries.truth) & (tries.truth <= told[:, 2])
    return Proof(
        failures=int(count),
        censored=int(failed.size - count),
        count=tries.of.size,
        rmse=float(np.sqrt(np.mean((told[:, 1] - tries.truth) ** 2))),
        age_rmse=float(np.sqrt(np.mean((by_age - tries.truth) ** 2))),
        coverage=float(within.mean()),
    )
