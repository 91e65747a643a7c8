"""Series and statistics as the database writes them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from schema.passed import NotPassedError, Wanted
from twinql.domain.series import USUAL_POINTS, Wish, check_wish
from twinql.domain.units import Unit
from twinql.storage.read.completeness_text import FIELDS as OF_COMPLETENESS
from twinql.storage.read.completeness_text import completeness_text
from twinql.storage.read.series_text import FIELDS as OF_SERIES
from twinql.storage.read.series_text import series_text
from twinql.storage.read.statistics_text import FIELDS as OF_STATISTICS
from twinql.storage.read.statistics_text import statistics_text
from twinql.storage.read.stretch import Chart
from twinql.storage.read.text import Text
from twinql.storage.read.zones import MET

OF_CHANNEL = ("number", "kind", "quantity", "unit", "zone", "resolution_s", "schedule")
"""What they need of a channel."""
OF_REGISTER = ("row_id", "register_maximum")
"""What series need beside it."""
_OF_SERIES = OF_SERIES | {"completeness"}
_OF_STATISTICS = frozenset({*OF_STATISTICS, "unit", "count"})


def write_series(text: Text, wanted: Wanted, arguments: Mapping[str, Any], alias: str) -> str:
    """Write `Channel.series`."""
    wish = _wish(arguments)
    check_wish(wish)
    completeness = {
        each.key: completeness_text(text, alias, wish, _names(each.sub, OF_COMPLETENESS))
        for each in wanted.sub
        if each.name == "completeness"
    }
    if completeness and text.now is None:
        raise NotPassedError
    unit: Unit | None = arguments.get("unit")
    names = _names(wanted.sub, _OF_SERIES)
    written = series_text(text, Chart(alias, wish, unit, names, completeness), MET)
    if written is None:
        raise NotPassedError
    return written


def write_statistics(text: Text, wanted: Wanted, arguments: Mapping[str, Any], alias: str) -> str:
    """Write `Channel.statistics`."""
    names = _names(wanted.sub, _OF_STATISTICS)
    return statistics_text(text, Chart(alias, _wish(arguments), arguments.get("unit"), names))


def _wish(arguments: Mapping[str, Any]) -> Wish:
    first, last = arguments["during"].countable()
    most = arguments.get("max_points", USUAL_POINTS)
    return Wish(first, last, arguments.get("bucket"), arguments.get("aggregate"), most, arguments.get("as_of"))


def _names(wanted: Sequence[Wanted], known: Collection[str]) -> list[tuple[str, str]]:
    if any(each.name not in known and each.name != "__typename" for each in wanted):
        raise NotPassedError
    return [(each.key, each.name) for each in wanted]
