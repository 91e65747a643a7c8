"""Measures starting, idling and importing as a person meets them, each beside what bounds it.

Run: python benchmarks/bench_start_and_import.py. It starts servers of its own, on loopback, and ends them.
The import is that of a made-up file of 34,656 half hours of 4 meters, beside COPY of the same rows into the same table.
"""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
import numpy as np
import psutil

from twinql.storage.embedded import running

RUNS = 5
METERS, HALF_HOURS = 4, 8_664
START = datetime(2025, 6, 1, tzinfo=UTC)
TWINQL = [sys.executable, "-m", "twinql"]
SETTLED_S = 15.0
MINE = """
where channel_number in (
    select c.number from channels as c join meters as m on m.id = c.asset_id where m.serial_number like 'B%'
)
"""
COPY = ["observed_at", "value", "channel_number", "organisation_number", "quality", "source"]


@contextmanager
def served(data: Path, *options: str) -> Iterator[tuple[float, psutil.Process]]:
    """Run a server, and give how long it took to be ready."""
    began = perf_counter()
    command = [*TWINQL, "serve", "--port", "0", "--data", str(data), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("Stop it"):
                break
        try:
            yield perf_counter() - began, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def make_file(path: Path) -> None:
    """Write the made-up file, a row a half hour and meter."""
    loads = np.random.default_rng(1).gamma(2.0, 0.15, (METERS, HALF_HOURS)).round(3)
    with path.open("w") as file:
        file.write("meter,timestamp,kwh\n")
        for meter in range(METERS):
            for step in range(HALF_HOURS):
                file.write(f"B{meter},{START + timedelta(minutes=30 * step):%Y-%m-%d %H:%M:%S},{loads[meter, step]}\n")


def imported(data: Path, file: Path) -> float:
    """Import the file into a running server's database, and give how many seconds it took."""
    began = perf_counter()
    command = [*TWINQL, "import", str(file), "--data", str(data), "--time-zone", "UTC", "--stamp", "start", "--create"]
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - began


async def clear_and_copy(url: str) -> float:
    """Take the rows out again, and give how many seconds COPY takes to put them back."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            f"select {', '.join(COPY)} from readings {MINE} order by channel_number, observed_at"
        )
        assert len(rows) == METERS * HALF_HOURS
        await connection.execute(f"delete from readings {MINE}")
        began = perf_counter()
        await connection.copy_records_to_table("readings", records=rows, columns=COPY)
        elapsed = perf_counter() - began
        await connection.execute(f"delete from readings {MINE}")
    finally:
        await connection.close()
    return elapsed


async def settled_memory(server: psutil.Process) -> float:
    """Wait until the demo's past is loaded, and give the server's resident memory in MB."""
    await asyncio.sleep(SETTLED_S)
    return server.memory_info().rss / 1e6


def main() -> None:
    """Print the figures."""
    with TemporaryDirectory(prefix="twinql-bench-") as folder:
        data, file = Path(folder) / "data", Path(folder) / "meters.csv"
        make_file(file)
        with served(data, "--no-demo") as (first_s, server):
            url = running(data)
            assert url
            times = [(imported(data, file), asyncio.run(clear_and_copy(url))) for _ in range(RUNS)]
        with served(data, "--no-demo") as (second_s, server):
            bare_mb = server.memory_info().rss / 1e6
        with served(data) as (_, server):
            demo_mb = asyncio.run(settled_memory(server))
    import_s, copy_s = (statistics.median(column) for column in zip(*times, strict=True))
    rows = METERS * HALF_HOURS
    print(f"first start, cluster and migrations included   {first_s:6.2f} s")
    print(f"second start                                   {second_s:6.2f} s")
    print(f"resident memory, no demo / demo of 60 days     {bare_mb:4.0f} / {demo_mb:.0f} MB")
    print(f"import of {rows:,} rows, median of {RUNS}          {import_s:6.2f} s   COPY alone {copy_s:.2f} s")


if __name__ == "__main__":
    main()
