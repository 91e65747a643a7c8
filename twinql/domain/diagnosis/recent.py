"""Where values are going now: the newest readings over which a straight line holds."""

from typing import Final

import numpy as np

from twinql.domain.diagnosis.bands import FEWEST_READINGS
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.slope import Slope, slope_of
from twinql.domain.diagnosis.stretch import Stretch
from twinql.domain.readings import Floats

_NEWEST: Final = 5
"""The median of so many newest readings tells where values are: two wild ones do not."""
_RARE: Final = 0.005
"""What lies beyond all but this share of the older readings, on either side, is somewhere else."""
_JITTER: Final = 3.0
"""A line holds up to so many standard deviations of the jitter from it (Shewhart, 1931),"""
_BENT: Final = 0.05
"""… or up to this share of what it rises or falls by: a slow bend is no turn."""
_NORMAL_MAD: Final = 1.482602218505602
_MOST_POINTS: Final = 60
"""All pairs of so many medians are enough for a line that is only looked at, and not told."""


def recent_slope(stretch: Stretch) -> Slope | Reason:
    """Draw a line through the newest readings over which values go on as they do now.

    These are all of them, unless something has turned: the newest readings lie where the older half, carried on, does
    not reach. Then it is the longest of the newest half, quarter, … down to 10 readings whose line goes through the
    last ones and stands out from its noise; where none does, the longest whose line goes through them. What comes and
    goes within the older half, such as the cycles of a machine, is no turn.

    Args:
        stretch: Any number of readings.

    Returns:
        The line, whose `count` and `span_s` tell through which of the newest readings it was drawn; that through all
        of them where nothing has turned, and for fewer than 20; a reason as `slope_of` gives it.

    Source:
        The longest window that its newest part does not contradict, in halves: Bifet and Gavaldà (2007), "Learning from
        time-changing data with adaptive windowing", SDM. How far the older half reaches is what it shows: Willemain
        and Runger (1996), "Designing control charts using an empirical reference distribution", J. Quality Technology.
    """
    if len(stretch) < 2 * FEWEST_READINGS or not _has_turned(stretch):
        return slope_of(stretch)
    found: Slope | Reason | None = None
    count = len(stretch)
    while count > FEWEST_READINGS:
        count = max(-(-count // 2), FEWEST_READINGS)
        part = Stretch(stretch.at_s[-count:], stretch.values[-count:], stretch.unusable)
        if _holds(part) or (count == FEWEST_READINGS and found is None):
            line = slope_of(part)
            if isinstance(line, Slope) and line.significant:
                return line
            found = found or line
    return slope_of(stretch) if found is None else found


def _has_turned(stretch: Stretch) -> bool:
    """Say whether the newest readings lie beyond what those of the older half reach, carried on along their line."""
    at_s, values = _scaled(stretch)
    older = len(values) // 2
    reached = []
    # Part of a cycle seems to slope: values may go on along that as well as stay where they were.
    for slope in (0.0, _slope(at_s[:older], values[:older])):
        off = values - slope * at_s
        lowest, highest = np.quantile(off[:older], (_RARE, 1 - _RARE))
        reached.append(lowest <= np.median(off[-_NEWEST:]) <= highest)
    return not any(reached)


def _holds(stretch: Stretch) -> bool:
    """Say whether a line through readings goes through the newest of them."""
    at_s, values = _scaled(stretch)
    slope = _slope(at_s, values)
    off = values - slope * at_s
    jitter = float(np.median(np.abs(np.diff(values)))) * _NORMAL_MAD / 2**0.5
    allowed = max(_JITTER * jitter, _BENT * abs(slope) * float(at_s[-1] - at_s[0]))
    return abs(float(np.median(off[-_NEWEST:]) - np.median(off))) <= allowed


def _scaled(stretch: Stretch) -> tuple[Floats, Floats]:
    """Return times before the newest reading, and values within ± 1: neither squares nor differences overflow."""
    return stretch.at_s - stretch.at_s[-1], stretch.values / (float(np.abs(stretch.values).max()) or 1.0)


def _slope(at_s: Floats, values: Floats) -> float:
    each = -(-len(at_s) // _MOST_POINTS)
    whole = len(at_s) // each * each
    times = at_s[-whole:].reshape(-1, each).mean(axis=1)
    medians = np.median(values[-whole:].reshape(-1, each), axis=1)
    earlier, later = np.triu_indices(len(times), 1)
    return float(np.median((medians[later] - medians[earlier]) / (times[later] - times[earlier])))
