"""Lays out a parsed file to be played from now on: the distances between its readings shrink by a speed."""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.durations import format_duration
from twinql.domain.readings import Instants
from twinql.domain.replay import Score, score
from twinql.errors import InvalidInputError
from twinql.files.assumptions import usual_steps_s
from twinql.files.importing import instant_text
from twinql.files.parse import ParsedFile
from twinql.files.planning import Plan

_BASE_US = 1_000_000_000_000_000
"""Where a laid out file begins: any instant does, only distances count. [µs since 1970 UTC]"""


class LaidOut(NamedTuple):
    """A stretch of a file, ready to be played.

    Attributes:
        parsed: Its readings, as far apart as they shall be played.
        written_us: The times that the file gives them, in the same order. [µs since 1970 UTC]
    """

    parsed: ParsedFile
    written_us: Instants


def laid_out(parsed: ParsedFile, *, speed: float, from_us: int | None, until_us: int | None) -> LaidOut:
    """Keep a stretch of a file, in the order of its times, and divide the distances between them by a speed.

    Args:
        parsed: The file.
        speed: Seconds of the past that pass in a second, above 0.
        from_us: Leave out what is earlier. [µs since 1970 UTC]
        until_us: Leave out this and what is later. [µs since 1970 UTC]

    Raises:
        InvalidInputError: No reading lies in the stretch.
    """
    found = score(parsed.time_us, speed=speed, from_us=from_us, until_us=until_us)
    rows = found.rows
    if not rows.size:
        times = parsed.time_us
        span = f"{instant_text(int(times.min()))} to {instant_text(int(times.max()))}" if times.size else "nothing"
        raise InvalidInputError(f"No reading lies in this stretch; the file holds {span}. Change --from and --until.")
    moved = replace(
        parsed,
        line=parsed.line[rows],
        series_of=parsed.series_of[rows],
        time_us=_BASE_US + found.after_us,
        value=parsed.value[rows],
        quality=parsed.quality[rows],
    )
    return LaidOut(moved, parsed.time_us[rows])


def score_of(parsed: ParsedFile, plan: Plan) -> Score:
    """Return when the rows of a plan are due that have a channel.

    Args:
        parsed: A laid out file.
        plan: Where its rows go.

    Raises:
        InvalidInputError: A channel of intervals would be given intervals of another length.
    """
    steps = usual_steps_s(parsed.time_us, parsed.series_of)
    for series, step_s in steps.items():
        place = plan.batch.channel[np.argmax(parsed.series_of == series)]
        facts = plan.channels[place] if place >= 0 else None
        if facts is not None and facts.kind is ReadingKind.INTERVAL and facts.resolution_s != step_s:
            length = format_duration(timedelta(seconds=facts.resolution_s or 0))
            raise InvalidInputError(
                f"{facts.key} is for intervals of {length}, and at this speed the file's last "
                f"{format_duration(timedelta(seconds=step_s))}: change --speed, or name another --channel."
            )
    known = np.flatnonzero(plan.batch.channel >= 0)
    order = score(plan.batch.observed_us[known], speed=1.0)
    return Score(known[order.rows], order.after_us)
