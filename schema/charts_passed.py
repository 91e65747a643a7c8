"""Series and statistics as the database writes them."""

from collections.abc import Collection, Mapping
from typing import Any

from schema.passed import NotPassedError, Wanted
from twinql.domain.series import USUAL_POINTS, Wish, check_wish
from twinql.storage.read.series_text import FIELDS as OF_SERIES
from twinql.storage.read.series_text import series_text
from twinql.storage.read.statistics_text import FIELDS as OF_STATISTICS
from twinql.storage.read.statistics_text import statistics_text
from twinql.storage.read.stretch import Chart
from twinql.storage.read.text import Text

OF_CHANNEL = ("number", "kind", "quantity", "unit", "zone", "resolution_s")
"""What they need of a channel."""


def write_series(text: Text, wanted: Wanted, arguments: Mapping[str, Any], alias: str) -> str:
    """Write `Channel.series`."""
    first, last = arguments["during"].countable()
    wish = Wish(
        first, last, arguments.get("bucket"), arguments.get("aggregate"), arguments.get("max_points", USUAL_POINTS)
    )
    check_wish(wish)
    written = series_text(text, _chart(wanted, arguments, alias, wish, {*OF_SERIES, "__typename"}))
    if written is None:
        raise NotPassedError
    return written


def write_statistics(text: Text, wanted: Wanted, arguments: Mapping[str, Any], alias: str) -> str:
    """Write `Channel.statistics`."""
    wish = Wish(*arguments["during"].countable())
    return statistics_text(
        text, _chart(wanted, arguments, alias, wish, {*OF_STATISTICS, "unit", "count", "__typename"})
    )


def _chart(wanted: Wanted, arguments: Mapping[str, Any], alias: str, wish: Wish, known: Collection[str]) -> Chart:
    fields = [(each.key, each.name) for each in wanted.sub]
    if arguments.get("as_of") is not None or any(name not in known for _, name in fields):
        raise NotPassedError
    return Chart(alias, wish, arguments.get("unit"), fields)
