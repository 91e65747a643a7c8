"""The table that `make bench` prints."""

from collections.abc import Mapping, Sequence

from benchmarks.against.compared import Outcome
from benchmarks.against.contenders import BARE, BASELINE, LOOP, POSTGRAPHILE, TWINQL
from benchmarks.against.reads import READS, Read

NAMES = (TWINQL, BASELINE, POSTGRAPHILE, BARE, LOOP)
RAW_AGAINST, LATEST_MS = 20.0, 10.0
"""What is asked of the year by DAY: of the raw aggregation's rate, and of the 99th percentile. [ms]"""


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"  # noqa: PLR2004 - three digits


def _ratio(value: float | None, least: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" + ("" if least is None else f" ({'≥' if value >= least else 'not'} {least:g})")


def lines_of(title: str, outcomes: Mapping[str, Outcome]) -> list[str]:
    """Write the rows of a table, as Markdown."""
    head = ["read", *(f"{name}, requests/s" for name in NAMES), f"TwinQL : {POSTGRAPHILE}", f"TwinQL : {BARE}", "kB"]
    lines = ["", f"{title}", "", _row(head), _row(["---"] * len(head))]
    lines += [_row(_cells(read, outcomes[read.key])) for read in READS if read.key in outcomes]
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(read: Read, outcome: Outcome) -> list[str]:
    of_postgraphile, of_bare = read.least or (None, None)
    sizes = [outcome.bytes.get(name) for name in (TWINQL, POSTGRAPHILE)]
    return [
        read.title,
        *(_number(outcome.rate(name)) for name in NAMES),
        _ratio(outcome.ratio(TWINQL, POSTGRAPHILE), of_postgraphile),
        _ratio(outcome.ratio(TWINQL, BARE), of_bare),
        " / ".join("-" if size is None else f"{size / 1000:.1f}" for size in sizes),
    ]


def year_line(outcome: Outcome) -> str:
    """Say how the year by DAY compares with aggregating its readings, one request at a time."""
    (mine, latest), (raw, _) = outcome.alone[TWINQL], outcome.alone[LOOP]
    return (
        f"one meter's year by DAY, one at a time: TwinQL {mine:.1f} ms (p99 {latest:.1f} ms, asked ≤ {LATEST_MS:g}); "
        f"aggregating its 52,560 readings in SQL {raw:.1f} ms: {_ratio(raw / mine, RAW_AGAINST)}"
    )


def latency_line(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Show the latencies of TwinQL under eight connections."""
    told = [f"{read.key} {_latency(outcomes[read.key])}" for read in READS if read.key in outcomes]
    return ["", f"TwinQL's latencies, 8 connections, p50 / p99 [ms]: {', '.join(told)}"]


def _latency(outcome: Outcome) -> str:
    halves, tails = sorted(outcome.p50_ms[TWINQL]), sorted(outcome.p99_ms[TWINQL])
    return f"{halves[len(halves) // 2]:.1f} / {tails[len(tails) // 2]:.1f}"


def memory_line(peaks: Mapping[str, float]) -> str:
    """Show what each server used at most."""
    return "peak memory of each server [MB]: " + ", ".join(f"{name} {peak:.0f}" for name, peak in peaks.items())
