"""What advising asks: the last readings of channels, and what their past teaches."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from twinql.domain.decisions.cooling import USUAL_SHARE, Cooler
from twinql.domain.decisions.limits import LIMIT_RULE
from twinql.domain.decisions.trend import FEWEST_SEEN, WINDOW, lead_of
from twinql.storage.database import Connection
from twinql.storage.forecasts import Subject
from twinql.storage.statements import load
from twinql.storage.what_if import read_on_grid

LEARNED_FROM: Final = timedelta(hours=24)
STEP_S: Final = 20
_READ: Final = 3 * WINDOW
"""So many of the newest readings are read: some follow too fast to count."""


async def last_readings(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[list[float], list[float]]]:
    """Return the times in seconds since 1970 UTC and the values of each channel's newest readings, in order."""
    found: dict[int, tuple[list[float], list[float]]] = {each: ([], []) for each in numbers}
    for number, at_s, value in await connection.fetch(load("advising")["last"], list(numbers), _READ):
        found[number][0].append(at_s)
        found[number][1].append(value)
    return found


async def leads_of(connection: Connection, subjects: Sequence[Subject], now: datetime) -> dict[tuple[int, bool], float]:
    """Learn how long before its limits the trend of each channel may be believed, where enough is known of its past.

    Returns:
        By the number of the channel and whether the limit is a high one. [s]
    """
    last = datetime.fromtimestamp(now.timestamp() // STEP_S * STEP_S, UTC)
    first = last - LEARNED_FROM
    grids = await read_on_grid(connection, [each.number for each in subjects], first, last, STEP_S)
    spans = await connection.fetch(load("advising")["advised"], [each.id for each in subjects], LIMIT_RULE, first, now)
    found = {}
    for subject in subjects:
        values = grids[subject.number].means
        for channel_id, from_at, until_at in spans:
            if channel_id == subject.id:
                values[_steps(first, from_at) : _steps(first, until_at)] = np.nan
        for is_high in (False, True):
            lead_s = lead_of(values, float(STEP_S), [each for each in subject.limits if each.is_high is is_high])
            if lead_s is not None:
                found[subject.number, is_high] = lead_s
    return found


async def coolers_near(connection: Connection, asset_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Cooler]]:
    """Learn what tells how much cooling each asset gets, and how much is usual; what often rests tells nothing."""
    found: dict[UUID, list[Cooler]] = {each: [] for each in asset_ids}
    since = now - LEARNED_FROM
    for row in await connection.fetch(
        load("advising")["coolers"], list(asset_ids), since, now, USUAL_SHARE, FEWEST_SEEN
    ):
        known = dict(row)
        found[known.pop("near_id")].append(Cooler(**known))
    return found


def _steps(first: datetime, at: datetime) -> int:
    return max(0, int((at - first).total_seconds() // STEP_S))
