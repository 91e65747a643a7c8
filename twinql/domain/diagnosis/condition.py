"""The condition of a machine: how warm it runs, how congested its network is, and how often it errs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinql.domain.diagnosis.bands import CONGESTION, FEWEST_READINGS, FEWEST_WINDOWS, Congestion, Trend
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.diagnosis.risk import shares_beyond
from twinql.domain.diagnosis.slope import Slope
from twinql.domain.diagnosis.stretch import Stretch, holding_s
from twinql.domain.diagnosis.traits import trend_of
from twinql.domain.readings import Floats

_HIGH_SHARE = 95


@dataclass(frozen=True, slots=True)
class Overheating:
    """How warm something runs, against its limits.

    Attributes:
        newest: The newest temperature. [unit]
        limit: The high limit; the high-high one where there is no other. [unit]
        margin: How far below it the newest one lies; negative beyond it. [unit]
        beyond_s: For how long it lay beyond, in the time that is looked at. [s]
        covered_s: The time that readings speak for. [s]
    """

    newest: float
    limit: float
    margin: float
    beyond_s: float
    covered_s: float


@dataclass(frozen=True, slots=True)
class NetworkCongestion:
    """How slow a network is.

    Attributes:
        level: How that is called, by the published table.
        ratio: The 95th percentile of the latency, in usual ones.
        high: That percentile. [unit]
        usual: The median of earlier windows of the same length. [unit]
        count: How many readings it was taken from.
    """

    level: Congestion
    ratio: float
    high: float
    usual: float
    count: int


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """How often something errs.

    Attributes:
        value: The mean rate over the time that readings speak for. [unit]
        before: The same in the time before that is as long; None where nothing was read. [unit]
        direction: Which way it goes: RISING is getting worse; None where there are too few readings.
        covered_s: The time that readings speak for. [s]
    """

    value: float
    before: float | None
    direction: Trend | None
    covered_s: float


def overheating_of(
    stretch: Stretch, *, high: float | None, high_high: float | None, until_s: float, spacing_s: float | None = None
) -> Overheating | Reason:
    """Say how warm something runs, against its high limit.

    Args:
        stretch: Temperatures. [unit]
        high: The high limit. [unit]
        high_high: The high-high one, which counts where there is no other. [unit]
        until_s: Where the time ends that is looked at. [s]
        spacing_s: The usual time between two readings. [s]
    """
    limit = high_high if high is None else high
    if limit is None:
        return Reason(ReasonCode.NO_LIMIT, "The temperature has no high limit; set one.")
    shares = shares_beyond(stretch, (None, None, limit, None), until_s=until_s, spacing_s=spacing_s)
    if shares is None:
        return too_few(1, 0)
    newest = float(stretch.values[-1])
    return Overheating(newest, limit, limit - newest, shares.beyond * shares.covered_s, shares.covered_s)


def congestion_of(stretch: Stretch, earlier: Sequence[Floats]) -> NetworkCongestion | Reason:
    """Say how slow a network is, against its own past: where queues form, the slow ones get much slower first.

    Args:
        stretch: Latencies. [unit]
        earlier: Those of earlier windows of the same length, alike sampled. [unit]

    Source:
        The 95th percentile against the base latency, as in RFC 6817 (LEDBAT): delay above the base is queueing.
    """
    if len(stretch) < FEWEST_READINGS:
        return too_few(FEWEST_READINGS, len(stretch))
    enough = [each for each in earlier if len(each) >= FEWEST_READINGS]
    if len(enough) < FEWEST_WINDOWS:
        return too_few(FEWEST_WINDOWS, len(enough), "earlier windows of the same length")
    usual = float(np.median([np.median(each) for each in enough]))
    if usual <= 0:
        return Reason(ReasonCode.NO_SCALE, "Its latency is usually zero; nothing can be compared with it.")
    high = float(np.percentile(stretch.values, _HIGH_SHARE))
    return NetworkCongestion(CONGESTION.label(high / usual), high / usual, high, usual, len(stretch))


def mean_over_time(stretch: Stretch, *, until_s: float, spacing_s: float | None = None) -> tuple[float, float] | None:
    """Return the mean of values over the time for which each holds, and that time; None without a reading.

    Args:
        stretch: Any number of readings.
        until_s: Where the time ends that is looked at. [s]
        spacing_s: The usual time between two readings. [s]
    """
    if not len(stretch):
        return None
    held = holding_s(stretch.at_s, until_s, spacing_s)
    covered = float(held.sum())
    return (float(np.average(stretch.values, weights=held if covered > 0 else None)), covered)


def error_rate_of(
    stretch: Stretch,
    before: Stretch,
    *,
    slope: Slope | Reason,
    first_s: float,
    until_s: float,
    spacing_s: float | None = None,
) -> ErrorRate | Reason:
    """Say how often something errs, and whether that gets worse.

    Args:
        stretch: Rates of errors. [unit]
        before: Those of the time before. [unit]
        slope: The line through those of the time that is looked at.
        first_s: Where that begins. [s]
        until_s: Where it ends. [s]
        spacing_s: The usual time between two readings. [s]
    """
    found = mean_over_time(stretch, until_s=until_s, spacing_s=spacing_s)
    if found is None:
        return too_few(1, 0)
    former = mean_over_time(before, until_s=first_s, spacing_s=spacing_s)
    direction = None if isinstance(slope, Reason) else trend_of(slope)
    return ErrorRate(found[0], None if former is None else former[0], direction, found[1])
