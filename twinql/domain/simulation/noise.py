"""Chance without a generator to carry along: a number that depends on a seed, a name and a place in time."""

import hashlib
from functools import lru_cache
from typing import Final

import numpy as np

from twinql.domain.simulation.slots import Floats, Ints

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_SHIFTS: Final = (np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11))
_UNIT: Final = 2.0**-53


@lru_cache(maxsize=1024)
def _key(seed: int, name: str) -> np.uint64:
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


def uniform(*, seed: int, name: str, index: Ints) -> Floats:
    """Draw evenly from [0, 1), the same number for the same seed, name and index for ever.

    Args:
        seed: Names the world.
        name: Names the quantity; different names are independent.
        index: Any integers, shape (n,): minutes, seconds, days.

    Returns:
        Shape (n,), in [0, 1).

    Source:
        Steele, Lea, Flood (2014), "Fast splittable pseudorandom number generators": SplitMix64 over a counter.
    """
    bits = (index.astype(np.uint64) + np.uint64(1)) * _GOLDEN ^ _key(seed, name)
    bits = (bits ^ (bits >> _SHIFTS[0])) * _FIRST
    bits = (bits ^ (bits >> _SHIFTS[1])) * _SECOND
    bits ^= bits >> _SHIFTS[2]
    return np.asarray((bits >> _SHIFTS[3]) * _UNIT, dtype=np.float64)


def normal(*, seed: int, name: str, index: Ints) -> Floats:
    """Draw from the standard normal distribution, repeatably.

    Args:
        seed: Names the world.
        name: Names the quantity.
        index: Any integers, shape (n,).

    Returns:
        Shape (n,), mean 0 and standard deviation 1; never beyond 8.6, since the uniform draw has 53 bits.

    Source:
        Box, Muller (1958), "A note on the generation of random normal deviates".
    """
    radius = np.sqrt(-2.0 * np.log1p(-uniform(seed=seed, name=f"{name}/radius", index=index)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniform(seed=seed, name=f"{name}/angle", index=index)))


def smooth(*, seed: int, name: str, at_s: Floats, period_s: float) -> Floats:
    """Wander smoothly between -1 and 1.

    Args:
        seed: Names the world.
        name: Names the quantity.
        at_s: Times, shape (n,), in any order; NaN is not allowed. [s]
        period_s: Time between two independent values. [s]

    Returns:
        Shape (n,), continuous in time with a continuous slope.

    Source:
        Value noise on a lattice, blended by Hermite's cubic 3x² - 2x³.
    """
    place = at_s / period_s
    left = np.floor(place)
    index = left.astype(np.int64)
    x = place - left
    before = uniform(seed=seed, name=name, index=index)
    after = uniform(seed=seed, name=name, index=index + 1)
    return np.asarray(2.0 * (before + (after - before) * x * x * (3.0 - 2.0 * x)) - 1.0)
