"""Reads how far a value can be trusted, as files say it in one column or two."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import QUALITY_CODE, StoredQuality

UNKNOWN = -1

_WORDS = {
    **{quality.name: quality for quality in StoredQuality},
    "": StoredQuality.GOOD,
    "ACTUAL": StoredQuality.GOOD,
    "A": StoredQuality.GOOD,
    "E": StoredQuality.ESTIMATED,
    "S": StoredQuality.SUBSTITUTED,
}
_PLAIN = {StoredQuality.GOOD, StoredQuality.UNCERTAIN, StoredQuality.BAD}


def read_qualities(qualities: Sequence[str], statuses: Sequence[str]) -> NDArray[np.int8]:
    """Read columns of qualities (GOOD, UNCERTAIN, BAD) and statuses (ACTUAL, ESTIMATED, SUBSTITUTED, EDITED).

    Args:
        qualities: The cells, n of them; empty means GOOD.
        statuses: The cells, n of them; empty means ACTUAL.

    Returns:
        The index into `QUALITIES`, shape (n,); `UNKNOWN` where a word is none of these.
    """
    pairs = list(zip(qualities, statuses, strict=True))
    codes = {pair: _code(*pair) for pair in set(pairs)}
    return np.array([codes[pair] for pair in pairs], dtype=np.int8)


def _code(quality: str, status: str) -> int:
    first, second = _WORDS.get(quality.strip().upper()), _WORDS.get(status.strip().upper())
    if first is None or second is None:
        return UNKNOWN
    # A status other than ACTUAL says more than the quality beside it, which follows from it; but BAD stays BAD.
    return QUALITY_CODE[first if second in _PLAIN or first is StoredQuality.BAD else second]
