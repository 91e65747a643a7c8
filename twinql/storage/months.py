"""The months that readings lie in, as far as this process has learned of them.

Readings lie in monthly partitions, and in a default one where no month was made. That one keeps Postgres from taking
the months in the order of time: for the newest reading of a channel it opens all of them. A statement that names the
months' bounds as constants leaves the default partition out, and takes the months one by one until it has enough.

What is learned is a hint: statements are right with any bounds, and quick with the right ones.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Final

import asyncpg

RENEWED_EVERY_S: Final = 60.0
_PARTITIONS: Final = """
select to_date(right(c.relname, 7), 'YYYY_MM') from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
where i.inhparent = to_regclass('public.readings') and c.relname ~ '^readings_[0-9]{4}_[0-9]{2}$'
"""


class Months:
    """The newest run of months without a gap, from the first day of one to the first day after another."""

    def __init__(self) -> None:
        """Know of none."""
        self.run: tuple[date, date] | None = None

    def learn(self, months: Iterable[date]) -> None:
        """Take the months that have a partition, by their first days."""
        there = set(months)
        if not there:
            self.run = None
            return
        first = max(there)
        end = _after(first)
        while (before := _before(first)) in there:
            first = before
        self.run = first, end

    def stretches(self, column: str) -> tuple[str, ...]:
        """Return conditions that divide all time, one of them the run of months; none where no month is known."""
        if self.run is None:
            return ()
        first, end = (f"timestamptz '{each} 00:00:00+00'" for each in self.run)
        return f"{column} >= {end}", f"{column} >= {first} and {column} < {end}", f"{column} < {first}"


MONTHS: Final = Months()


async def learn_months(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Look which months there are."""
    MONTHS.learn(row[0] for row in await pool.fetch(_PARTITIONS))


async def follow_months(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Look again and again: other processes make months too."""
    while True:
        await asyncio.sleep(RENEWED_EVERY_S)
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await learn_months(pool)


def _before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _after(month: date) -> date:
    return date(month.year + (month.month == 12), month.month % 12 + 1, 1)  # noqa: PLR2004 - months of a year
