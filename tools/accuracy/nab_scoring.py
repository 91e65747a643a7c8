"""Scores alarms as the Numenta Anomaly Benchmark does, by its standard profile.

A labelled window is worth up to 1: its best alarm counts, the earlier the more, down to 0 at its end. A window without
an alarm costs 1. Every alarm elsewhere costs 0.11 times what the same curve gives behind a window: little right after
one, all of it farther than that. The first 15 % of a file, at most 750 rows, are for learning: nothing counts there. A
sum over files is told between that of no alarm at all (0) and that of a first row in every window (100).

Source:
    Lavin and Ahmad, Evaluating real-time anomaly detection algorithms: the Numenta Anomaly Benchmark, ICMLA 2015.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

FALSE_ALARM = 0.11
LEARNING_SHARE, LEARNING_ROWS = 0.15, 750
STEEP = 5.0
FAR = 3.0


class Window(NamedTuple):
    """A labelled window: its first and last row."""

    first: int
    last: int


def probation(rows: int) -> int:
    """Return how many of the first rows are for learning."""
    return min(math.floor(LEARNING_SHARE * rows), LEARNING_ROWS)


def weight(position: float) -> float:
    """Weigh an alarm: from nearly 1 at the start of a window (-1) by 0 at its end (0) to -1 far behind it."""
    return -1.0 if position > FAR else 2.0 / (1.0 + math.exp(STEEP * position)) - 1.0


def points(rows: int, alarms: Iterable[int], windows: Sequence[Window]) -> float:
    """Return the sum of what the windows of a file are worth and what its false alarms cost."""
    learning = probation(rows)
    best = {each: -1.0 for each in windows if each.last >= learning}
    false = 0.0
    for row in alarms:
        if row < learning:
            continue
        within = next((each for each in windows if each.first <= row <= each.last), None)
        if within is not None:
            length = within.last - within.first + 1
            best[within] = max(best[within], weight((row - within.last - 1) / length) / weight(-1.0))
            continue
        before = [each for each in windows if each.last < row]
        behind = (row - before[-1].last) / (before[-1].last - before[-1].first) if before else math.inf
        false += FALSE_ALARM * weight(behind)
    return sum(best.values()) + false


def normalised(files: Iterable[tuple[int, Iterable[int], Sequence[Window]]]) -> float:
    """Return the points of files (rows, alarms, windows) between 0 for no alarm at all and 100 for a perfect one."""
    some = list(files)
    windows = sum(len(each[2]) for each in some)
    return 100.0 * (sum(points(*each) for each in some) + windows) / (2.0 * windows)
