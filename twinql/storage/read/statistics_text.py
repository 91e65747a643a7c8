"""What readings say together, as JSON, written by the database: what `twinql.storage.series.statistics_of` gives."""

from twinql.storage.read.json_text import NOT_PASSED, nullable
from twinql.storage.read.stretch import Chart, Readings
from twinql.storage.read.text import Text
from twinql.storage.read.unit_text import Told

FIELDS = {
    "mean": "avg(r.value)",
    "min": "min(r.value)",
    "max": "max(r.value)",
    "standardDeviation": "stddev_samp(r.value)",
    "p05": "percentile_cont(0.05) within group (order by r.value)",
    "p50": "percentile_cont(0.5) within group (order by r.value)",
    "p95": "percentile_cont(0.95) within group (order by r.value)",
}
"""What is written in the unit asked for, by its name in the graph."""


def statistics_text(text: Text, chart: Chart) -> str:
    """Write the JSON of what the usable readings of a period say together: `FIELDS`, the unit and the count."""
    told = Told.of(text, chart)
    counted = {name: sql for name, sql in FIELDS.items() if chart.wants(name)}
    values = {name: told.value(f'n."{name}"', difference=name == "standardDeviation") for name in counted}
    written = {
        **{name: nullable(f"{value}::text") for name, value in values.items()},
        "unit": told.unit,
        "count": "n.count::text",
        "__typename": "'\"Statistics\"'",
    }
    gathered = ["count(*) as count", *(f'{sql} as "{name}"' for name, sql in counted.items())]
    readings = Readings.of(text, chart.channel, chart.wish)
    return f"""(
        select case when not {told.known} then {NOT_PASSED}
            else {chart.written(written)} end
        from (select {readings.outside}{told.columns} offset 0) as u
        cross join lateral (select {", ".join(gathered)} {readings.rows} and r.quality <> 'BAD') as n
    )"""
