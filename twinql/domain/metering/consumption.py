"""What a meter took in or gave, in buckets: several registers together, and what is left beneath others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from twinql.domain.metering.buckets import Bucketed
from twinql.domain.metering.intervals import Amounts
from twinql.domain.readings import QUALITY_CODE, Codes, StoredQuality

NOTHING = -1
_GOOD, _UNCERTAIN, _BAD = (
    QUALITY_CODE[each] for each in (StoredQuality.GOOD, StoredQuality.UNCERTAIN, StoredQuality.BAD)
)


@dataclass(frozen=True, slots=True)
class Consumption:
    """What flowed in each bucket; columns of shape (n,).

    Attributes:
        amounts: What is known of it, 0 where nothing is. [billionths of the base unit]
        known: Whether anything is known.
        quality: Index into `QUALITIES`; BAD where only BAD was read, -1 where nothing was.
        covered: Whether nothing of the bucket is missing, as far as it is over.
    """

    amounts: Amounts
    known: NDArray[np.bool_]
    quality: Codes
    covered: NDArray[np.bool_]


def of_registers(found: Sequence[Bucketed], over: Sequence[NDArray[np.bool_]] | None = None) -> Consumption:
    """Add up what the registers of a meter counted, at least one, in the same n buckets.

    Where one of them tells nothing while another does, the sum is UNCERTAIN, unless it was out of use.

    Args:
        found: What each counted.
        over: In which buckets each was out of use, shape (n,); None where all were in use all along.
    """
    known = np.array([each.known > 0 for each in found])
    heard = known if over is None else known | np.array(over)
    told = np.any(known | np.array([each.unknown > 0 for each in found]), axis=0)
    doubtful = np.any([each.doubtful for each in found], axis=0) | (told & ~heard.all(axis=0))
    bad = np.any([each.bad for each in found], axis=0)
    quality = np.where(told, np.where(doubtful, _UNCERTAIN, _GOOD), np.where(bad, _BAD, NOTHING))
    amounts: Amounts = np.sum([each.amounts for each in found], axis=0)
    covered = np.all([each.covered for each in found], axis=0)
    return Consumption(amounts, np.asarray(known.any(axis=0)), quality.astype(np.int8), covered)


def while_there(found: Consumption, there: NDArray[np.bool_]) -> Consumption:
    """Return a consumption with a known nothing in the buckets in which the meter was not there.

    Args:
        found: What it counted, in n buckets.
        there: Whether it was there in some part of each, shape (n,).
    """
    quality = np.where(there, found.quality, _GOOD).astype(np.int8)
    return Consumption(np.where(there, found.amounts, 0), found.known | ~there, quality, found.covered | ~there)


def residual(main: Consumption, beneath: Sequence[Consumption]) -> Consumption:
    """Return what a meter counted and those beneath it did not; known only where all of them are.

    It is below zero where meters beneath counted more, as clocks and tolerances make them do. It is UNCERTAIN there,
    and where any of them misses a part of the bucket: what it did not count would be taken for what is left.
    """
    if not beneath:
        return main
    left = reduce(_less, beneath, main)
    doubtful = left.known & ~(left.covered & (left.amounts >= 0))
    return replace(left, quality=np.where(doubtful, np.int8(_UNCERTAIN), left.quality))


def _less(main: Consumption, other: Consumption) -> Consumption:
    known = main.known & other.known
    unread = (main.quality == NOTHING) | (other.quality == NOTHING)
    quality = np.where(known, np.maximum(main.quality, other.quality), np.where(unread, NOTHING, _UNCERTAIN))
    amounts = np.where(known, main.amounts - other.amounts, 0)
    return Consumption(amounts, known, quality.astype(np.int8), main.covered & other.covered)
