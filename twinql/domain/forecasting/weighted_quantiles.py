"""Quantiles of the same values under many sets of weights at once."""

import numpy as np

from twinql.domain.forecasting.past import Floats


def weighted_quantiles(values: Floats, weights: Floats, shares: Floats) -> Floats:
    """Return quantiles of weighted values: the least one up to which lies that share of the weight.

    Args:
        values: Shape (n,). NaN counts nothing.
        weights: Shape (m, n), none negative: m sets of them. A value without weight is never an answer.
        shares: Which quantiles, above 0 and at most 1, shape (k,).

    Returns:
        Shape (k, m); NaN where the weights of all known values are 0.
    """
    order = np.argsort(values)[: np.count_nonzero(~np.isnan(values))]
    sets, size = weights.shape[0], order.size
    if size == 0:
        return np.full((shares.size, sets), np.nan)
    weight = weights[:, order]
    total = weight.sum(axis=1, keepdims=True)
    # One search in all sets: each begins where the one before it ends.
    before = np.cumsum(total, axis=0) - total
    first = size * np.arange(sets)[:, None]
    wanted = before + shares * total
    place = np.searchsorted(np.cumsum(weight), wanted * (1.0 - 1e-12)) - first
    found = values[order][np.clip(place, 0, size - 1)]
    found[total[:, 0] <= 0.0] = np.nan
    return np.asarray(found.T)
