"""Which readings of channels are there, and which are missing."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from twinql.domain.gaps import Gap, gaps_between, too_far_apart_us
from twinql.domain.series import Subject, expected_readings
from twinql.errors import InvalidInputError, RangeTooLargeError
from twinql.storage.database import Connection
from twinql.storage.stretches import apart, fetch, instants, period_of

MOST_GAPS = 1_000
"""How many gaps of one channel are told."""


async def completeness_of(
    connection: Connection,
    first: datetime,
    last: datetime,
    now: datetime,
    subjects: Sequence[Subject],
    *,
    as_of: datetime | None = None,
) -> list[tuple[int | None, int]]:
    """Return how many readings each channel should have in a period, None without a resolution, and how many it has.

    Whoever asks as of a time is told how many were due by then.
    """
    now = _present(now, as_of)
    actual = [0] * len(subjects)
    for by_end, places in apart(subjects):
        asked = [subjects[place] for place in places]
        numbers, resolutions = [each.number for each in asked], [each.resolution_s for each in asked]
        bounds = period_of(first, last, by_end)
        rows = await fetch(connection, "actual", numbers, resolutions, *bounds, as_of=as_of)
        for row in rows:
            actual[places[row["place"] - 1]] = row["actual"]
    return [(expected_readings(subject, first, last, now), actual[place]) for place, subject in enumerate(subjects)]


async def gaps_of(
    connection: Connection,
    first: datetime,
    last: datetime,
    now: datetime,
    subjects: Sequence[Subject],
    *,
    as_of: datetime | None = None,
) -> list[list[Gap] | RangeTooLargeError]:
    """Return the stretches of each channel in which readings are missing; an error where one has more than 1,000.

    Raises:
        InvalidInputError: A channel has no resolution, so that nothing tells when a reading is due.
    """
    if any(subject.resolution_s is None for subject in subjects):
        raise InvalidInputError("This channel has no resolution, so no reading is ever missing; set its resolution.")
    now = _present(now, as_of)
    found: dict[int, list[Gap] | RangeTooLargeError] = {}
    for by_end, places in apart(subjects):
        numbers = [subjects[place].number for place in places]
        too_far = [too_far_apart_us(subjects[place].resolution_s or 0) for place in places]
        bounds = period_of(first, last, by_end)
        for row in await fetch(connection, "gaps", numbers, too_far, *bounds, MOST_GAPS + 1, as_of=as_of):
            neighbours = np.column_stack([instants(row["befores"]), instants(row["afters"])])
            ends = np.concatenate([instants(row["first_instant"]), instants(row["last_instant"])])
            place = places[row["place"] - 1]
            told = gaps_between(subjects[place], first, last, now, neighbours=neighbours, ends=ends)
            message = f"The period holds more than {MOST_GAPS:,} gaps; ask for a shorter one."
            found[place] = told if len(told) <= MOST_GAPS else RangeTooLargeError(message, path=("during",))
    return [found[place] for place in range(len(subjects))]


def _present(now: datetime, as_of: datetime | None) -> datetime:
    """Return up to when readings are due: what lay ahead then was not missing."""
    return now if as_of is None else min(now, as_of)
