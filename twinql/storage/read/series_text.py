"""A stretch of a channel as JSON, written by the database: what `twinql.storage.series.series_of` gives.

What might differ from that ends the statement, and Python answers: lines to be thinned, units of another dimension,
zones that nobody has met, and of registers what `registers.deltas` does not pass, and more than `MOST_STEPS`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from twinql.domain.series import Wish
from twinql.domain.units import Unit
from twinql.storage.read.bucket_text import bucket_text
from twinql.storage.read.json_text import NOT_PASSED, in_utc, instants, string
from twinql.storage.read.stretch import Chart, Readings
from twinql.storage.read.text import Text
from twinql.storage.read.unit_text import Told

FIELDS = frozenset(
    {
        *("unit", "timeZone", "bucket", "aggregate", "starts", "values", "quality", "downsampled"),
        *("settlementDates", "settlementPeriods"),
    }
)
"""What is written of a series."""
MOST_WRITTEN: Final = 1_000
"""Of how many ways to ask for readings the text is kept."""
_ANY: Final = Wish(datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 2, tzinfo=UTC))
_QUALITY = (
    "case r.quality when 'GOOD' then '\"GOOD\"' when 'EDITED' then '\"GOOD\"' when 'BAD' then '\"BAD\"' "
    "else '\"UNCERTAIN\"' end"
)


def series_text(text: Text, chart: Chart, zones: Iterable[str] = ()) -> str | None:
    """Write the JSON of a series.

    Args:
        text: The statement.
        chart: What is wanted, of `FIELDS` and `__typename`.
        zones: In which channels are likely to be; of another one, nothing that a clock divides is written.

    Returns:
        SQL of one text; None where it is surely not written.
    """
    wish = chart.wish
    if wish.bucket is not None:
        return bucket_text(text, chart, zones)
    period = (wish.most, (wish.last - wish.first).total_seconds(), wish.first, wish.last)
    given = period if wish.as_of is None else (*period, wish.as_of)
    also = tuple(chart.also.items())
    written, more = _written(
        chart.channel, chart.unit, tuple(chart.wanted), also, before=len(text.values), given=len(given)
    )
    text.values += [*given, *more]
    return written


@lru_cache(MOST_WRITTEN)
def _written(
    channel: str,
    unit: Unit | None,
    wanted: tuple[tuple[str, str], ...],
    also: tuple[tuple[str, str], ...],
    *,
    before: int,
    given: int,
) -> tuple[str, list[Any]]:
    """Write the readings of any period, once for all who ask alike, with the parameters that are always the same.

    Those follow the ones that are given anew each time, which follow those that the statement had before.
    """
    text = Text([None] * (before + given))
    most, seconds, *period = (f"${before + 1 + place}" for place in range(given))
    most, seconds = f"{most}::int4", f"{seconds}::float8"
    chart = Chart(channel, _ANY, unit, wanted, dict(also))
    told, readings = Told.of(text, chart), Readings.between(channel, *period)
    columns = {
        "starts": instants(in_utc("r.observed_at", "u.ahead")),
        "values": f"'[' || array_to_string(array_agg({told.value('r.value')}), ',', 'null') || ']'",
        "quality": f"'[' || string_agg({_QUALITY}, ',') || ']'",
    }
    gathered = [f"coalesce({columns[name]}, '[]') as \"{name}\"" for name in columns if chart.wants(name)]
    written = {
        **{name: f'n."{name}"' for name in columns},
        **dict.fromkeys(("bucket", "aggregate", "settlementDates", "settlementPeriods"), "'null'"),
        "unit": told.unit,
        "timeZone": string(f"{channel}.zone"),
        "downsampled": "'false'",
        "__typename": "'\"Series\"'",
    }
    # What is likely to be far too much is not even read.
    return (
        f"""case when {seconds} / {channel}.resolution_s > 2 * {most} then {NOT_PASSED} else (
        select case when n.readings > {most} or not {told.known} then {NOT_PASSED}
            else {chart.written(written)} end
        from (
            select {readings.outside}, case when {channel}.kind = 'INTERVAL' and {channel}.resolution_s is not null
                then {channel}.resolution_s * interval '-1 second' else interval '0' end as ahead{told.columns} offset 0
        ) as u
        cross join lateral (
            select {", ".join(["count(*) as readings", *gathered])} from (
                select r.observed_at, r.value, r.quality {readings.rows}
                order by r.observed_at limit {most} + 1
            ) as r
        ) as n
    ) end""",
        text.values[before + given :],
    )
