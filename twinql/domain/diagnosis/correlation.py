"""How much two channels go together, how long after each other, and whether that is more than chance."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtr

from twinql.domain.diagnosis.ranks import average_ranks
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.readings import Floats

FEWEST_PAIRS: Final = 30
"""Fewer pairs say nothing about a correlation that was searched for over lags."""
_FEWEST_EFFECTIVE: Final = 5.0
"""With fewer independent pairs no correlation is significant."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """How much two series go together.

    Attributes:
        r: The correlation at the lag where it is strongest, -1 to 1.
        lag: By how many steps `y` follows `x`; negative where it goes before.
        pairs: How many pairs it was taken from.
        effective: How many independent pairs these are worth.
        p_value: How likely so strong a correlation at any of the lags is where there is none, 0 to 1.
        ranked: Whether ranks were compared (Spearman) and not values (Pearson).
    """

    r: float
    lag: int
    pairs: int
    effective: float
    p_value: float
    ranked: bool


def correlate(x: Floats, y: Floats, *, most_lag: int = 0, ranked: bool = False) -> Correlation | Reason:
    """Find the lag at which two series go together most, and how much they do.

    Series that change slowly often go together by chance: the number of pairs is replaced by the number of independent
    ones that vary as much. Of many lags the best one looks good by chance: the p-value is that of the best of so many
    independent tries, which errs on the safe side.

    Args:
        x: Values on a grid of even steps, shape (n,). NaN is a hole.
        y: Values on the same grid, shape (n,).
        most_lag: Up to how many steps one may follow the other, 0 to n - 1.
        ranked: Whether to compare ranks: for codes that have an order, and no unit.

    Returns:
        The correlation; a reason where there are fewer than `FEWEST_PAIRS`, or one of the two never changes.

    Source:
        Pearson's r; Pyper and Peterman (1998), Can. J. Fish. Aquat. Sci. 55, equation 1, for the number of independent
        pairs; Student's t with two degrees of freedom less; Šidák (1967) for the best of several.
    """
    lags = sorted(range(-most_lag, most_lag + 1), key=abs)
    found = [(lag, *_pairs(x, y, lag)) for lag in lags]
    longest = max(len(a) for _, a, _ in found)
    enough = [(lag, a, b) for lag, a, b in found if len(a) >= FEWEST_PAIRS]
    if not enough:
        return too_few(FEWEST_PAIRS, longest, "pairs of readings at the same time")
    tried = [(lag, a, b, r) for lag, a, b in enough if (r := _r(a, b, ranked)) is not None]
    if not tried:
        return Reason(ReasonCode.CONSTANT, "One of the two does not change in this time; ask for a longer one.")
    # The first of equals is the one with the smallest lag.
    lag, a, b, r = max(tried, key=lambda each: abs(each[3]))
    effective = independent_pairs(a, b)
    if effective < _FEWEST_EFFECTIVE:
        message = "So slowly changing readings are worth too few independent ones; ask for a longer time."
        return Reason(ReasonCode.INSUFFICIENT_HISTORY, message, round(_FEWEST_EFFECTIVE), int(effective))
    single = _p_value(r, effective)
    return Correlation(r, lag, len(a), effective, -float(np.expm1(len(tried) * np.log1p(-single))), ranked)


def independent_pairs(x: Floats, y: Floats) -> float:
    """Return how many independent pairs are worth as much as these of two series that resemble their own past.

    Args:
        x: Finite values on a grid, shape (n,).
        y: Finite values on the same grid, shape (n,).

    Returns:
        Between 1 and n.
    """
    count = len(x)
    lags = np.arange(1, max(2, count // 4))
    own = _autocorrelations(x, len(lags)) * _autocorrelations(y, len(lags))
    return float(np.clip(1 / (1 / count + 2 / count * float((own * (count - lags) / count).sum())), 1, count))


def _pairs(x: Floats, y: Floats, lag: int) -> tuple[Floats, Floats]:
    a, b = (x[: len(x) - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[:lag])
    both = np.isfinite(a) & np.isfinite(b)
    return a[both], b[both]


def _r(a: Floats, b: Floats, ranked: bool) -> float | None:  # noqa: FBT001 - handed through
    if ranked:
        a, b = average_ranks(a), average_ranks(b)
    sides = [_centred(each) for each in (a, b)]
    if any(each is None for each in sides):
        return None
    first, second = sides
    assert first is not None
    assert second is not None
    return float(np.clip(first @ second, -1, 1))


def _centred(values: Floats) -> Floats | None:
    """Return values about their mean, of length 1; None where they never change."""
    greatest = float(np.abs(values).max())
    if greatest == 0 or float(values.max()) == float(values.min()):
        return None
    centred = values / greatest
    centred = centred - centred.mean()
    length = float(np.linalg.norm(centred))
    return centred / length if length > 0 else None


def _autocorrelations(values: Floats, count: int) -> Floats:
    """Return the autocorrelations at the lags 1 to count, up to where they first vanish."""
    centred = _centred(values)
    if centred is None:
        return np.zeros(count)
    size = 1 << (2 * len(values) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    found = np.fft.irfft(power, size)[1 : count + 1]
    vanished = np.flatnonzero(found <= 0)
    # Beyond that there is little but the noise of the estimate, which would add up.
    if len(vanished):
        found[vanished[0] :] = 0
    return np.asarray(found, dtype=np.float64)


def _p_value(r: float, effective: float) -> float:
    if abs(r) >= 1:
        return 0.0
    freedom = effective - 2
    return float(2 * stdtr(freedom, -abs(r) * (freedom / (1 - r * r)) ** 0.5))
