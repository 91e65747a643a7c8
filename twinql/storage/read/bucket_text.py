"""A stretch of a channel that a clock divides, as JSON, written by the database."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate

import numpy as np

from twinql.domain.bridges import passed_h
from twinql.domain.channels import ReadingKind
from twinql.domain.readings import to_us
from twinql.domain.series import Aggregate, Wish, aggregates_of
from twinql.domain.units import Quantity
from twinql.storage.counting import UNSAID_S, billionths_of
from twinql.storage.read.divisions import Division, divisions_of
from twinql.storage.read.json_text import NOT_PASSED, listed, string
from twinql.storage.read.stretch import Chart
from twinql.storage.read.text import Text
from twinql.storage.read.unit_text import Told
from twinql.storage.statements import included
from twinql.storage.stretches import period_of

MOST_STEPS = 50_000
"""How many readings of a register are likely to be counted by the database; Python takes more of them in turns."""
_ADDITIVE = ", ".join(f"'{each.value}'" for each in Quantity if each.additive)
_VALUE = {
    Aggregate.SUM: "b.total",
    Aggregate.MEAN: "b.total / b.readings",
    Aggregate.MIN: "b.minimum",
    Aggregate.MAX: "b.maximum",
    Aggregate.COUNT: "coalesce(b.readings, 0)::float8",
}
"""What is told of a bucket, of what is kept ready as `totals`; the rest is of its `ends`."""
_NAMES = "case n.quality when 0 then '\"GOOD\"' when 1 then '\"UNCERTAIN\"' when 2 then '\"BAD\"' else 'null' end"


def bucket_text(text: Text, chart: Chart, zones: Iterable[str]) -> str | None:
    """Write the JSON of a series in buckets; arguments and result as of `series_text`."""
    channel, wish = chart.channel, chart.wish
    divisions = divisions_of(wish, zones) if wish.as_of is None else []
    if wish.bucket is None or not divisions:
        return None
    told = Told("'\"ONE\"'") if wish.aggregate is Aggregate.COUNT else _told(text, chart)
    written = {
        **{
            name: f"({text.parameter([each.columns[name] for each in divisions])}::text[])[u.place]"
            for name in divisions[0].columns
            if chart.wants(name)
        },
        "values": listed(f"coalesce({told.value('n.value')}::text, 'null')"),
        "quality": listed(_NAMES),
        "unit": told.unit,
        "timeZone": string(f"{channel}.zone"),
        "bucket": f"'\"' || {text.parameter(wish.bucket.value)}::text || '\"'" if chart.wants("bucket") else "",
        "aggregate": "'\"' || u.aggregate || '\"'",
        "downsampled": "'false'",
        "__typename": "'\"Series\"'",
    }
    answer = chart.written(written)
    if chart.wants("values", "quality"):
        hours = "" if told.hours is None else f", {_passed(text, wish, divisions)} as hours"
        answer = _answered(text, chart, answer, f"b.quality{hours}")
    return f"""(
        select case when u.place is null or u.aggregate is null or not {told.known} then {NOT_PASSED} else {answer} end
        from ({_buckets(text, chart, divisions, told)}) as u
    )"""


def _told(text: Text, chart: Chart) -> Told:
    """Write how values get into the unit asked for: what was counted in a bucket, and mean rates, over its length."""
    told = Told.of(text, chart)
    if told.hours is None:
        return told
    counted = "(u.aggregate in ('SUM', 'DELTA') or (u.aggregate = 'MEAN' and u.over = 1))"
    # Up to when time has passed is another matter on a schedule.
    over = text.now is not None and chart.wish.last <= text.now
    passes = "true" if over else f"{str(text.now is not None).lower()} and not {chart.channel}.schedule"
    known = f"u.over = 0 or case when {counted} then {passes} else u.hours is not null end"
    hours = f"case when {counted} then n.hours else u.hours end"
    return replace(told, known=f"(u.over is not null and ({known}))", hours=hours)


def _passed(text: Text, wish: Wish, divisions: Sequence[Division]) -> str:
    """Write how many hours of a bucket have passed."""
    hours: list[float | None] = []
    end_us = to_us(wish.last if text.now is None else min(wish.last, text.now))
    for each in divisions:
        passed = passed_h(np.array(each.edges[:-1]), first=wish.first, end_us=end_us)
        hours += [None if length != length else length for length in passed.tolist()]  # noqa: PLR0124 - NaN alone differs
        hours.append(None)  # as there are edges
    return f"({text.parameter(hours)}::float8[])[u.edges_before + g.place]"


def _buckets(text: Text, chart: Chart, divisions: Sequence[Division], told: Told) -> str:
    """Write the one row of what a channel's kind and zone say: where its buckets lie, and what becomes of readings."""
    channel = chart.channel
    zones = text.parameter([each.zone for each in divisions])
    instants = text.parameter([edge for each in divisions for edge in each.edges])
    ends = text.parameter([0, *accumulate(len(each.edges) for each in divisions)])
    # What registers counted belongs where it ends, as intervals do; what they show lies where it was read.
    counts = chart.wish.aggregate in {None, Aggregate.DELTA}
    by_end = "'INTERVAL', 'CUMULATIVE'" if counts else "'INTERVAL'"

    def edges(later_us: int) -> str:
        # Worked out once for all channels, and for neither kind of channel that is not there.
        instant = f"timestamptz 'epoch' + (us + {later_us}) * interval '1 microsecond'"
        return f"(select array(select {instant} from unnest({instants}::int8[]) as us))"

    return f"""
        select
            z.*, ({ends}::int4[])[z.place] as edges_before,
            (case when {channel}.kind in ({by_end}) then {edges(1)} else {edges(0)} end)[
                ({ends}::int4[])[z.place] + 1:({ends}::int4[])[z.place + 1]
            ] as edges
        from (
            select
                array_position({zones}::text[], {channel}.zone) as place,
                {_aggregate(channel, chart.wish.aggregate)} as aggregate,
                {_billionths(channel)} as billionths
                {told.columns}
            offset 0
        ) as z
        offset 0
    """


@cache
def _aggregate(channel: str, wanted: Aggregate | None) -> str:
    """Write what becomes of the readings of a bucket; null where what is wanted makes no sense."""

    def name(kind: ReadingKind, *, additive: bool) -> str:
        fitting = aggregates_of(kind, additive=additive)
        chosen = wanted or fitting[0]
        return f"'{chosen.value}'" if chosen in fitting else "null"

    cases = " ".join(
        f"when '{kind.value}' then case when {channel}.quantity in ({_ADDITIVE}) then {name(kind, additive=True)} "
        f"else {name(kind, additive=False)} end"
        for kind in ReadingKind
    )
    return f"case {channel}.kind {cases} end"


@cache
def _billionths(channel: str) -> str:
    """Write how many billionths, or thousandths of what is not billed, a register counts where it rises by one."""
    billed = {
        unit: billionths_of(quantity, unit)
        for quantity in (Quantity.ENERGY, Quantity.VOLUME)
        for unit in quantity.units
    }
    cases = " ".join(f"when '{unit.value}' then '{each!r}'::float8" for unit, each in billed.items())
    return f"case when {channel}.quantity in ('ENERGY', 'VOLUME') then case {channel}.unit {cases} end else 1000 end"


def _deltas(channel: str, first: str, last: str) -> str:
    declared = "u.billionths", f"{channel}.register_maximum", f"{channel}.resolution_s"
    return included("registers", "deltas", f"{channel}.number", f"{channel}.row_id", "u.edges", first, last, *declared)


def _is_long(text: Text, chart: Chart) -> str:
    """Write whether a register is likely to have been read more often than one statement should count."""
    seconds = text.parameter((chart.wish.last - chart.wish.first).total_seconds())
    return f"{seconds}::float8 / coalesce({chart.channel}.resolution_s, {UNSAID_S}) > {MOST_STEPS}"


def _answered(text: Text, chart: Chart, answer: str, more: str) -> str:
    """Write an answer over the buckets of a channel, in their order, as `n`: with `value`, and with more columns."""
    channel, wish = chart.channel, chart.wish

    @cache  # a parameter that nobody uses is refused
    def at(by_end: bool) -> tuple[str, str]:  # noqa: FBT001 - a key
        first, last = period_of(wish.first, wish.last, by_end)
        return f"{text.parameter(first)}::timestamptz", f"{text.parameter(last)}::timestamptz"

    def divided(buckets: str, value: str) -> str:
        return f"""(
            select {answer} from (
                select {value} as value, {more}
                from generate_series(1, cardinality(u.edges) - 1) as g (place)
                left join ({buckets}) as b on b.bucket = g.place
                order by g.place
            ) as n
        )"""

    def over(source: str, value: str, *ends: str, by_end: bool = False) -> str:
        return divided(included("kept_ready", source, f"{channel}.number", "u.edges", *at(by_end), *ends), value)

    def counted() -> str:
        steps = divided(_deltas(channel, *at(False)), "b.value")
        return f"case when {_is_long(text, chart)} then {NOT_PASSED} else {steps} end"

    # Apart by kind, so that each names its period by parameters alone: months outside of it are not even opened.
    if wish.aggregate is None:
        sums = f"case u.aggregate when 'SUM' then {_VALUE[Aggregate.SUM]} else {_VALUE[Aggregate.MEAN]} end"
        return (
            f"case {channel}.kind when 'INTERVAL' then {over('totals', sums, by_end=True)} "
            f"when 'CUMULATIVE' then {counted()} when 'STATE' then {over('ends', 'b.value', 'true')} "
            f"else {over('totals', _VALUE[Aggregate.MEAN])} end"
        )
    if wish.aggregate is Aggregate.DELTA:
        return counted()
    source, value, ends = "totals", _VALUE.get(wish.aggregate, "b.value"), []
    if wish.aggregate not in _VALUE:
        source, ends = "ends", [str(wish.aggregate is Aggregate.LAST).lower()]
    intervals = over(source, value, *ends, by_end=True)
    return f"case {channel}.kind when 'INTERVAL' then {intervals} else {over(source, value, *ends)} end"
