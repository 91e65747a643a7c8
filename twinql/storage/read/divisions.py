"""How the clocks of zones divide a period, as statements are given it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from twinql.domain.calendar import check_count, edges, settlement
from twinql.domain.readings import Instants
from twinql.domain.series import MOST_POINTS, Bucket, Wish
from twinql.errors import RangeTooLargeError

MOST_EDGES = 2 * MOST_POINTS
"""How many are worked out for one statement, all of its zones together, but that one zone is always divided."""


@dataclass(frozen=True, slots=True)
class Division:
    """The buckets of a period in a zone.

    Attributes:
        zone: Whose clock counts.
        edges: Where they begin, and where the last one ends, shape (n + 1,). [µs since 1970]
        columns: The JSON of the columns of a series that the clock alone says, by their names in the graph.
    """

    zone: str
    edges: Sequence[int]
    columns: Mapping[str, str]


def divisions_of(wish: Wish, zones: Iterable[str]) -> list[Division]:
    """Divide the period of a wish in zones, but those in which it has more buckets than are wanted.

    The later ones are left out where there are too many edges.
    """
    found: list[Division] = []
    edges_left = MOST_EDGES
    for zone in zones:
        if found and edges_left < len(found[0].edges):
            break
        division = _division(wish, zone)
        if division is not None:
            found.append(division)
            edges_left -= len(division.edges)
    return found


# What the charts of a page ask for beside each other, and again when it is looked at again.
@lru_cache(maxsize=32)
def _division(wish: Wish, zone: str) -> Division | None:
    assert wish.bucket is not None
    try:
        check_count(wish, ZoneInfo(zone))
    except RangeTooLargeError:
        return None
    bounds = edges(wish.bucket, wish.first, wish.last, ZoneInfo(zone))
    dates, numbers = settlement(bounds[:-1], ZoneInfo(zone)) if wish.bucket is Bucket.PT30M else (None, None)
    columns = {
        "starts": _instants(bounds[:-1]),
        "settlementDates": orjson.dumps(dates).decode(),
        "settlementPeriods": orjson.dumps(numbers).decode(),
    }
    return Division(zone, bounds.tolist(), columns)


def _instants(whole: Instants) -> str:
    """Write instants that lie on whole seconds, as all edges do, as `twinql.domain.instants.format_instant` does."""
    texts = np.datetime_as_string((whole // 1_000_000).astype("datetime64[s]"))
    return '["' + 'Z","'.join(texts.tolist()) + 'Z"]'
