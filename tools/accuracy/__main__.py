"""Prints how right TwinQL is on data that nobody here made, beside what was published or something simple.

Run: make accuracy DATA=folder. Each task has a folder of its own in it; docs/accuracy.md says what is measured and how.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path

from tools.accuracy import households, m4, meter_faults, nab, remaining_life, steel, thermal
from tools.accuracy.figure import Figure

TASKS: Mapping[str, Callable[[Path], Sequence[Figure]]] = {
    "cmapss": remaining_life.measure,
    "m4_hourly": m4.measure,
    "meter_faults": meter_faults.measure,
    "meters_sgsc": households.measure,
    "nab": nab.measure,
    "steel_meter": steel.measure,
    "thermal": thermal.measure,
}
"""What measures the data of a folder, by the folder's name."""


def table(figures: Sequence[Figure]) -> str:
    """Lay figures out as a table in Markdown that can also be read as text."""
    heads = ("task", "data", "published or simple", "reach", "got")
    assert len(heads) == len(fields(Figure))
    rows = [heads, *(astuple(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def report(data: Path) -> str:
    """Measure what there is data for, and say for what there is none."""
    there = [name for name in TASKS if (data / name).is_dir()]
    if not there:
        return f"Nothing was measured: {data} holds no data ({', '.join(TASKS)}); name another with DATA=folder."
    missing = [f"No data for {name}: not measured." for name in TASKS if name not in there]
    return "\n".join([table([figure for name in there for figure in TASKS[name](data / name)]), *missing])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path, help="the folder that holds the data")
    print(report(parser.parse_args().data))  # noqa: T201 -- a tool prints its table


if __name__ == "__main__":
    main()
