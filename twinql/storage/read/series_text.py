"""A stretch of a channel as JSON, written by the database: what `twinql.storage.series.series_of` gives.

What might differ from that ends the statement, and Python answers: lines to be thinned, what registers counted, units
of another dimension, and zones that nobody has met.
"""

from collections.abc import Iterable

from twinql.storage.read.bucket_text import bucket_text
from twinql.storage.read.json_text import NOT_PASSED, string
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
    channel, wish = chart.channel, chart.wish
    if wish.bucket is not None:
        return bucket_text(text, chart, zones)
    told, readings = Told.of(text, chart), Readings.of(text, channel, wish)
    most = f"{text.parameter(wish.most)}::int4"
    seconds = f"{text.parameter((wish.last - wish.first).total_seconds())}::float8"
    columns = {
        "starts": "replace(array_to_json(array_agg(r.observed_at - u.length))::text, '+00:00\"', 'Z\"')",
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
    return f"""case when {seconds} / {channel}.resolution_s > 2 * {most} then {NOT_PASSED} else (
        select case when n.readings > {most} or not {told.known} then {NOT_PASSED}
            else {chart.written(written)} end
        from (
            select {readings.outside}, case when {channel}.kind = 'INTERVAL' and {channel}.resolution_s is not null
                then {channel}.resolution_s * interval '1 second' else interval '0' end as length{told.columns} offset 0
        ) as u
        cross join lateral (
            select {", ".join(["count(*) as readings", *gathered])} from (
                select r.observed_at, r.value, r.quality {readings.rows}
                order by r.observed_at limit {most} + 1
            ) as r
        ) as n
    ) end"""
