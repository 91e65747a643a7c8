"""Measures the live feed beside Strawberry's own handler and bare `websockets`, and prints a section of its own.

Run: make bench, or python -m benchmarks.feed [--only deliveries] [--short].
"""

import argparse
from pathlib import Path
from time import perf_counter

import uvloop

from benchmarks.against.contenders import Place
from benchmarks.feed.measures import MEASURES, measure
from twinql.storage.embedded import EmbeddedPostgres


def main() -> None:
    """Bring up what is needed, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".bench"), help="where data are kept (default: .bench)")
    parser.add_argument("--short", action="store_true", help="a quick look, whose figures say little")
    parser.add_argument("--only", nargs="*", default=[], choices=[*MEASURES])
    options = parser.parse_args()
    began = perf_counter()
    folder = options.data.resolve()
    (folder / "database").mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres.start(folder / "database") as server:
        place = Place(server.url, server.server_url, folder / "tools", folder, folder)
        uvloop.run(measure(place, short=options.short, only=options.only or MEASURES))
    print(f"\nTook {perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
