"""Watches every reading of the demo site for a month of its usual life: nothing may be found.

Run: python tools/quiet_month.py [--days 30] [--step 2] [--processes 1] [SEED …]. It needs no database. In full rhythm a
month is 12 million readings, and minutes to an hour of one core for each seed; a step of 60 is the rhythm of the loaded
past. It prints what was found that lasted for the built-in on-delay, and ends with 1 where anything was.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.watched_demo import DAY_S, LIVE_S, WatchedDemo, lines, on_delays


def watch(seed: int, days: int, step_s: int) -> tuple[str, int]:
    """Let a world go on.

    Args:
        seed: Names it.
        days: For how long.
        step_s: The shortest distance of two readings. [s]

    Returns:
        What to print, and how much was found.
    """
    demo = WatchedDemo(seed)
    began = process_time()
    demo.run(days * DAY_S, step_s=step_s)
    took_s = process_time() - began
    found = demo.found(lasting_s=on_delays(step_s))
    head = f"seed {seed}: {days} days, {demo.readings:,} readings, {took_s:,.0f} s of a core, {len(found)} found"
    return "\n".join([head, *lines(found)]), len(found)


def main() -> int:
    """Watch one world after the other, or some beside one another."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seeds", type=int, nargs="*", default=[1])
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--step", type=int, default=LIVE_S)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    total = 0
    with ProcessPoolExecutor(given.processes) as pool:
        for text, count in pool.map(
            watch, given.seeds, [given.days] * len(given.seeds), [given.step] * len(given.seeds)
        ):
            print(text, flush=True)  # noqa: T201 - a tool prints
            total += count
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
