"""Prices and carbon intensities that a channel tells, and how long each of them holds."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.gaps import LATE
from twinql.domain.metering.intervals import BILLION, Amounts
from twinql.domain.readings import Floats, Instants, to_us

_ENDLESS_US = 1 << 61
_LARGEST = 9e18


@dataclass(frozen=True, slots=True)
class PricePoints:
    """What a channel said that a kWh costs or emits; columns of shape (n,), ascending, without overlap.

    Between the end of one and the start of the next nothing is known.

    Attributes:
        starts: From when on each holds. [µs since 1970]
        ends: Before when each holds. [µs since 1970]
        prices: What a kWh costs or emits. [billionths of currency, or of a gram, per kWh]
    """

    starts: Instants
    ends: Instants
    prices: Amounts

    def __len__(self) -> int:
        """Count them."""
        return len(self.ends)


def price_points(
    observed_us: Instants, values: Floats, *, kind: ReadingKind, resolution_s: int | None, scale: Fraction = Fraction(1)
) -> PricePoints:
    """Say how long each reading of a price channel holds.

    That of an INTERVAL channel holds for the interval that ends with it; any other from its instant on. It lasts for
    the resolution, or up to its neighbour where that is less than one and a half resolutions away; without a resolution
    up to its neighbour, and the newest of all without end. A BAD one holds for nothing, and ends the one before.

    Args:
        observed_us: The instants, or the ends of intervals, ascending, shape (n,). [µs since 1970]
        values: What was read, NaN where it was BAD or nothing, shape (n,). [unit of the channel]
        kind: How the readings are to be read.
        resolution_s: The time between two readings; None where nothing is said. [s]
        scale: What the unit of the channel is in units per kWh.

    Returns:
        Points for the readings that are known; rounded to billionths, half to even.
    """
    apart = np.diff(observed_us)
    whole = apart if resolution_s is None else np.full(len(apart), resolution_s * 1_000_000)
    lasts = np.where(apart < whole * (1 + LATE), apart, whole)
    if kind is ReadingKind.INTERVAL:
        ends = observed_us
        starts = observed_us - np.append(_length_us(resolution_s, 0), lasts)[: len(ends)]
    else:
        starts = observed_us
        ends = np.append(observed_us[:-1] + lasts, observed_us[-1:] + _length_us(resolution_s, _ENDLESS_US))
    exact = values * float(BILLION * scale)
    known = np.isfinite(exact) & (np.abs(exact) < _LARGEST) & (starts < ends)
    return PricePoints(starts[known], ends[known], np.rint(exact[known]).astype(np.int64))


def _length_us(resolution_s: int | None, otherwise_us: int) -> int:
    return otherwise_us if resolution_s is None else resolution_s * 1_000_000


def told_within(
    points: PricePoints, first: datetime, last: datetime, resolution_s: int | None
) -> tuple[int | None, int]:
    """Return how many prices a period should have, None without a resolution, and how many hold in it."""
    first_us, last_us = to_us(first), max(to_us(first), to_us(last))
    actual = int(((points.ends > first_us) & (points.starts < last_us)).sum())
    return None if resolution_s is None else (last_us - first_us) // (resolution_s * 1_000_000), actual
