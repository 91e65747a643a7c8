"""Few factors out of many channels: the mixtures that say the most above their noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.readings import Floats
from twinql.domain.remaining_life.limits import CONSTANT, LEAST_CHANNEL, LEAST_SIGNAL, MOST_FACTORS, NOISE_FLOOR, WILD


@dataclass(frozen=True, slots=True)
class Fusion:
    """How channels become factors.

    Attributes:
        channels: Which columns are used, shape (k,).
        centre: Their means, shape (k,). [unit of each channel]
        scale: Their standard deviations, shape (k,). [unit of each channel]
        weights: From standardised channels to factors, shape (k, q); each factor has noise of variance 1.
    """

    channels: np.typing.NDArray[np.intp]
    centre: Floats
    scale: Floats
    weights: Floats

    def standardised(self, values: Floats) -> Floats:
        """Standardise the channels that are used, rows by channels; NaN where nothing was read, wild values cut off."""
        return _standardised(values[:, self.channels], self.centre, self.scale)


def fuse(runs: Sequence[Floats]) -> Fusion | Reason:
    """Find the mixtures of channels that vary the most for their noise.

    The change from one row to the next is taken for noise, since wear is slow. Channels without a change in any run,
    and those with too few readings, are left out.

    Args:
        runs: Rows by channels of each run, each of shape (n, k). NaN is a gap.

    Returns:
        The factors, the clearest first; a reason where no channel tells anything above its noise.

    Source:
        Minimum/maximum autocorrelation factors: Switzer and Green (1984), Stanford technical report 6.
    """
    rows = np.concatenate(runs)
    rows = np.where(np.isfinite(rows), rows, np.nan)
    # Times at which nothing at all was recorded say nothing against a channel.
    rows = rows[np.isfinite(rows).any(axis=1)]
    if not len(rows):
        return Reason(ReasonCode.NEVER_READ, "None of the channels was read during these runs; bring readings along.")
    usable = np.flatnonzero(np.isfinite(rows).mean(axis=0) >= LEAST_CHANNEL)
    usable = usable[_varies(rows[:, usable])]
    if not usable.size:
        return Reason(ReasonCode.CONSTANT, "No channel that was read throughout ever changed; record one that wears.")
    rows = rows[:, usable]
    # Neither squares nor sums of what lies within ± 1 overflow.
    greatest = np.nanmax(np.abs(rows), axis=0)
    centre, scale = np.nanmean(rows / greatest, axis=0) * greatest, np.nanstd(rows / greatest, axis=0) * greatest
    standard = [_standardised(run[:, usable], centre, scale) for run in runs]
    changes = np.concatenate([np.diff(run, axis=0) for run in standard]) / np.sqrt(2)
    noise = _covariance(changes) + NOISE_FLOOR * np.eye(usable.size)
    clearness, mixtures = eigh(_covariance(np.concatenate(standard)), noise)
    order = np.argsort(-clearness)[:MOST_FACTORS]
    # A factor's variance holds its noise too.
    order = order[clearness[order] > 1 + LEAST_SIGNAL]
    if not order.size:
        return Reason(ReasonCode.CONSTANT, "What the channels tell drowns in their noise; record one that wears.")
    return Fusion(usable, centre, scale, mixtures[:, order])


def _standardised(values: Floats, centre: Floats, scale: Floats) -> Floats:
    known = np.where(np.isfinite(values), values, np.nan)
    # A difference of two of the greatest numbers there are overflows, its half does not.
    return np.clip((known / 2 - centre / 2) / (scale / 2), -WILD, WILD)


def _varies(rows: Floats) -> np.typing.NDArray[np.bool_]:
    if not rows.size:
        return np.zeros(rows.shape[1], dtype=bool)
    greatest = np.maximum(np.nanmax(np.abs(rows), axis=0), np.finfo(np.float64).tiny)
    spread = np.nanmax(rows / greatest, axis=0) - np.nanmin(rows / greatest, axis=0)
    varies: np.typing.NDArray[np.bool_] = spread > CONSTANT
    return varies


def _covariance(rows: Floats) -> Floats:
    """Return the second moments about the mean, of the rows that are whole."""
    whole = rows[np.isfinite(rows).all(axis=1)]
    if len(whole) < rows.shape[1] + 1:
        return np.eye(rows.shape[1])
    centred = whole - whole.mean(axis=0)
    moments: Floats = centred.T @ centred / len(whole)
    return moments
