"""Whether an asset is heard of, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from twinql.domain.diagnosis.bands import FRESHNESS, Freshness
from twinql.domain.diagnosis.present import Age
from twinql.domain.readings import Floats


class AvailabilityStatus(Enum):
    """Whether an asset is heard of."""

    ONLINE = "ONLINE"
    LATE = "LATE"
    OFFLINE = "OFFLINE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether an asset is heard of, and since when.

    Attributes:
        status: ONLINE where one of its channels is fresh, LATE where the freshest is late, else OFFLINE; UNKNOWN where
            none was ever read.
        since_s: Since when it is heard of without a longer silence; for LATE and OFFLINE when it was last heard of.
            None for UNKNOWN. [s since 1970 UTC]
        at_least: Whether it was heard of already where the looking began: then it is so for longer.
        last_s: When it was last heard of. [s since 1970 UTC]
    """

    status: AvailabilityStatus
    since_s: float | None = None
    at_least: bool = False
    last_s: float | None = None


_STATUS = {
    Freshness.FRESH: AvailabilityStatus.ONLINE,
    Freshness.LATE: AvailabilityStatus.LATE,
    Freshness.STALE: AvailabilityStatus.OFFLINE,
    Freshness.DEAD: AvailabilityStatus.OFFLINE,
}
_ORDER = tuple(Freshness)


def availability_of(heard: Sequence[tuple[Age, Floats]]) -> Availability:
    """Say whether an asset is heard of.

    A silence is a time in which the channel that speaks most often would have become STALE. Only the time for which
    readings of that one are given is looked at: before it, the others alone would seem silent.

    Args:
        heard: The age of each channel that was ever read, and the times of its newest readings in any order, shape
            (n,). [s since 1970 UTC]
    """
    given = [(age, at_s) for age, at_s in heard if len(at_s)]
    if not given:
        return Availability(AvailabilityStatus.UNKNOWN)
    status = _STATUS[min((age.freshness for age, _ in given), key=_ORDER.index)]
    times = np.unique(np.concatenate([at_s for _, at_s in given]))
    last = float(times[-1])
    if status is not AvailabilityStatus.ONLINE:
        return Availability(status, last, last_s=last)
    often, its_times = min(
        (each for each in given if each[0].freshness is Freshness.FRESH), key=lambda each: each[0].expected_s
    )
    times = times[times >= its_times.min()]
    silence_s = FRESHNESS.begins(Freshness.STALE) * often.expected_s
    silences = np.flatnonzero(np.diff(times) >= silence_s)
    if len(silences):
        return Availability(status, float(times[silences[-1] + 1]), last_s=last)
    return Availability(status, float(times[0]), at_least=True, last_s=last)
