"""The model of remaining life: learned from runs, asked about the present one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.readings import Floats
from twinql.domain.remaining_life.fusion import Fusion, fuse
from twinql.domain.remaining_life.kernel import Integers, Process, choose_kernel, fit_process
from twinql.domain.remaining_life.limits import (
    CAP_SHARE,
    FEWEST_FAILURES,
    FEWEST_ROWS,
    LENGTHS,
    MOST_ROWS,
    NOISES,
    SEARCH_ROWS,
    WINDOWS,
)
from twinql.domain.remaining_life.lines import features_of
from twinql.domain.remaining_life.proof import Tries, prove
from twinql.domain.remaining_life.runs import ObservedRun, Proof, RemainingLife


@dataclass(frozen=True, slots=True)
class LifeModel:
    """What runs to failure teach.

    Attributes:
        fusion: How channels become factors.
        windows: That features are taken from. [rows]
        centre: Means of the features.
        scale: Deviations of the features.
        process: What is expected by features.
        tries: What was expected of each run from the others, and what became of it.
        cap: As far as can be seen. [steps]
        proof: How right it is.
    """

    fusion: Fusion
    windows: Sequence[int]
    centre: Floats
    scale: Floats
    process: Process
    tries: Tries
    cap: float
    proof: Proof

    def remaining(self, run: ObservedRun) -> RemainingLife | Reason:
        """Say how many steps are left after the last row.

        Args:
            run: The run from its start until now, with the channels that were learned from.

        Returns:
            The remaining life; a reason for a run that just began, and where a channel is silent.
        """
        needed = max(self.windows[0], FEWEST_ROWS)
        if run.length < needed:
            missing = needed - run.length
            advice = f"ask again when it has run for {missing} more, each as long as `step` says"
            return too_few(needed, run.length, "steps of the present run", advice=advice)
        rows = features_of(run, self.fusion, self.windows)
        if not rows.at.size or rows.at[-1] != len(run.values) - 1:
            return Reason(ReasonCode.STALE, "A channel that tells of wear is silent, or has gaps; see to its readings.")
        expected = self.process.expect((rows.features[-1:] - self.centre) / self.scale)
        return self.tries.around(float(expected[0]), self.cap)


def learn(runs: Sequence[ObservedRun], *, cap: float | None = None) -> LifeModel | Reason:
    """Learn from runs how long others of the kind have left.

    Args:
        runs: Runs with the same channels and the same step; those that did not fail tell what health looks like, as
            long as they lived for the cap from there on.
        cap: Farther ahead nothing is told; None takes a share of the median life. [steps]

    Returns:
        The model; a reason for too few failures, too short ones, or channels that tell nothing.
    """
    lives = np.array([run.length for run in runs if run.failed])
    if lives.size < FEWEST_FAILURES:
        advice = f"record {FEWEST_FAILURES - lives.size} more"
        return too_few(FEWEST_FAILURES, lives.size, "runs that ended in a failure", advice=advice)
    median = float(np.median(lives))
    windows = sorted({max(round(share * median), FEWEST_ROWS) for share in WINDOWS})
    cap = CAP_SHARE * median if cap is None else cap
    fusion = fuse([run.values for run in runs])
    if isinstance(fusion, Reason):
        return fusion
    features, targets, of, ages = _examples(runs, fusion, windows, cap)
    ended = np.unique(of[targets < cap]).size
    if ended < FEWEST_FAILURES:
        advice = f"bring along the readings of {FEWEST_FAILURES - ended} more, up to `failedAt`"
        return too_few(FEWEST_FAILURES, ended, "runs that were read until they failed", advice=advice)
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    rows = (features - centre) / scale
    some = _spread_evenly(len(rows), SEARCH_ROWS)
    groups = _groups(rows.shape[1], fusion.weights.shape[1])
    kernel = choose_kernel(groups, rows[some], targets[some], of[some], lengths=LENGTHS, noises=NOISES)
    process, expected = fit_process(kernel, rows, targets, of)
    tries = Tries(np.clip(expected, 0.0, cap), targets, of)
    failed = np.array([run.failed for run in runs])
    proof = prove(tries, cap=cap, lives=np.array([run.length for run in runs]), failed=failed, ages=ages)
    return LifeModel(fusion, windows, centre, scale, process, tries, cap, proof)


def _examples(
    runs: Sequence[ObservedRun], fusion: Fusion, windows: Sequence[int], cap: float
) -> tuple[Floats, Floats, Integers, Floats]:
    """Take so many rows out of all runs: features, steps that were left up to the cap, the run, and the age."""
    found = [features_of(run, fusion, windows) for run in runs]
    features, targets, of, ages = [], [], [], []
    for number, (run, rows) in enumerate(zip(runs, found, strict=True)):
        left = len(run.values) - 1 - rows.at
        told = np.flatnonzero(run.failed | (left >= cap))
        features.append(rows.features[told])
        targets.append(np.minimum(left[told], cap))
        of.append(np.full(told.size, number))
        ages.append(run.unseen + rows.at[told] + 1.0)
    some = _spread_evenly(sum(map(len, of)), MOST_ROWS)
    return (
        np.concatenate(features)[some],
        np.concatenate(targets).astype(np.float64)[some],
        np.concatenate(of)[some],
        np.concatenate(ages)[some],
    )


def _spread_evenly(count: int, most: int) -> Integers:
    """Choose at most so many numbers from 0 to count - 1, evenly."""
    if count <= most:
        return np.arange(count)
    step = count / most
    # The golden ratio: no rhythm of the runs falls in with it.
    jitter = np.arange(most) * 0.6180339887498949 % 1
    return np.minimum((np.arange(most) + jitter) * step, count - 1).astype(np.intp)


def _groups(columns: int, factors: int) -> list[Integers]:
    """Put the features of each factor together, and the age, the last of them, for itself."""
    factor = np.arange(columns - 1) % factors
    return [*(np.flatnonzero(factor == each) for each in range(factors)), np.array([columns - 1])]
