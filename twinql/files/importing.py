"""Records a parsed file: every row is told what became of it, and a second run changes nothing."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import (
    EPOCH,
    Codes,
    OnConflict,
    Outcome,
    ReadingBatch,
    ReadingSource,
    Rejection,
    first_occurrences,
    same_reading,
)
from twinql.files.destination import Destination
from twinql.files.parse import ParsedFile
from twinql.files.planning import Plan
from twinql.files.tables import RejectedRow
from twinql.storage.record import AsSent, Recording, keep_rejected, record_readings

BATCH_ROWS = 10_000
AT_ONCE = 2
"""How many rows are committed at a time, and how often that is under way: what a kill loses at most, and an import that
goes on makes good. While the database writes some rows, the next ones are made ready."""
MOST_KEPT = 10_000
"""How many refused rows of one file are kept in the database; all of them are in the file beside it."""
ANNOUNCED_BY_RANGE = 10_000
"""From so many rows on followers are told which stretch of a channel changed, and not every row."""

Progress = Callable[[int, int], None]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """How a file shall be recorded.

    Attributes:
        origin: The file's name.
        now_us: The present. [µs since 1970 UTC]
        on_conflict: Whether another value for the same instant is kept out or replaces the stored one.
        dry_run: Whether to say what would happen and change nothing.
    """

    origin: str
    now_us: int
    on_conflict: OnConflict = OnConflict.KEEP_FIRST
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ConflictingRow:
    """A row whose instant has another value already: `kept` is the one that stays."""

    line: int
    reference: str
    time: str
    value: float
    kept: float


@dataclass(slots=True)
class Imported:
    """What became of a file.

    Attributes:
        counts: Rows by outcome.
        rejected: The refused rows, in the order of the file.
        conflicts: The rows that contradict what is stored or what came before them.
    """

    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    rejected: list[RejectedRow] = field(default_factory=list)
    conflicts: list[ConflictingRow] = field(default_factory=list)


async def record_file(
    destination: Destination, parsed: ParsedFile, plan: Plan, how: Import, *, progress: Progress | None = None
) -> Imported:
    """Record a parsed file in steps of `BATCH_ROWS`, each committed by itself.

    Of several rows for one channel and instant the first one that can be recorded wins, so that a second run changes
    nothing, whether conflicts are corrected or not.
    """
    work = _Work(destination, parsed, plan, how, progress)
    await work.refuse_unmatched()
    remaining = np.flatnonzero(plan.batch.channel >= 0)
    while len(remaining):
        remaining = await work.record_firsts(remaining)
    work.done.rejected.sort(key=lambda each: each.line)
    work.done.conflicts.sort(key=lambda each: each.line)
    work.done.counts[Outcome.REJECTED] = len(work.done.rejected)
    return work.done


@dataclass(slots=True)
class _Work:
    destination: Destination
    parsed: ParsedFile
    plan: Plan
    how: Import
    progress: Progress | None
    done: Imported = field(default_factory=Imported)
    finished: int = 0

    async def refuse_unmatched(self) -> None:
        """Put aside what could not be parsed, and the rows of series that have no channel."""
        # Under the names that the plan found, so that a mended row goes where the others of its series went.
        completed = dict(zip(self.parsed.series, self.plan.names, strict=True))
        refused = [replace(row, name=completed.get(row.name, row.name)) for row in self.parsed.rejected]
        for row in np.flatnonzero(self.plan.batch.channel < 0).tolist():
            refusal = self.plan.refusals[int(self.parsed.series_of[row])]
            refused.append(self._rejected(row, Rejection(row, refusal.code, refusal.message)))
        self.done.rejected.extend(refused)
        self._advance(len(refused))
        if self.how.dry_run:
            return
        for batch in _stretches(refused[:MOST_KEPT]):
            await self._keep(batch)

    async def record_firsts(self, remaining: Rows) -> Rows:
        """Record the first of the remaining rows for each instant, and return those whose first one was refused."""
        whole = self.plan.batch.take(remaining)
        firsts, own_first = first_occurrences(whole.channel, whole.observed_us)
        outcomes = np.zeros(len(firsts), dtype=np.int8)
        starts = iter(range(0, len(firsts), BATCH_ROWS))

        async def record() -> None:
            for start in starts:
                rows = remaining[firsts[start : start + BATCH_ROWS]]
                outcomes[start : start + BATCH_ROWS] = await self._record(rows)

        await _beside_each_other(record, self._at_once())
        later = np.ones(len(remaining), dtype=bool)
        later[firsts] = False
        refused = outcomes[own_first] == Outcome.REJECTED
        self._compare(remaining, whole, firsts[own_first], later & ~refused)
        again: Rows = remaining[later & refused]
        return again

    def _at_once(self) -> int:
        """Say how many steps may be under way: whether a rate is possible depends on what was recorded before."""
        return 1 if any(each.plausibility.rate_per_minute is not None for each in self.plan.channels) else AT_ONCE

    async def _record(self, rows: Rows) -> Codes:
        recording = Recording(
            source=ReadingSource.IMPORT,
            organisation_id=self.destination.organisation.id,
            now_us=self.how.now_us,
            on_conflict=self.how.on_conflict,
            dry_run=self.how.dry_run,
            reason=f"Imported from {self.how.origin}",
            announce_ranges=len(self.parsed.line) >= ANNOUNCED_BY_RANGE,
            as_sent=lambda place: self._as_sent(int(rows[place])),
        )
        if len(self.done.rejected) > MOST_KEPT:
            recording = replace(recording, as_sent=None)
        batch, to = self.plan.batch.take(rows), self.destination
        recorded = await record_readings(to.database, to.actor, self.plan.channels, batch, recording)
        for outcome in Outcome:
            self.done.counts[outcome] += recorded.count(outcome)
        self.done.rejected.extend(self._rejected(int(rows[each.row]), each) for each in recorded.rejections)
        for place in np.flatnonzero(recorded.outcomes == Outcome.CONFLICT).tolist():
            self._conflict(int(rows[place]), float(recorded.former_value[place]))
        self._advance(len(rows))
        return recorded.outcomes

    def _compare(self, remaining: Rows, whole: ReadingBatch, first: Rows, later: NDArray[np.bool_]) -> None:
        """Hold later rows for an instant against the first one, which was recorded."""
        same = same_reading(whole.value, whole.quality, whole.value[first], whole.quality[first])
        self.done.counts[Outcome.DUPLICATE] += int((later & same).sum())
        self.done.counts[Outcome.CONFLICT] += int((later & ~same).sum())
        for place in np.flatnonzero(later & ~same).tolist():
            self._conflict(int(remaining[place]), float(whole.value[first[place]]))
        self._advance(int(later.sum()))

    async def _keep(self, refused: list[RejectedRow]) -> None:
        rejections = [Rejection(place, row.code, row.message) for place, row in enumerate(refused)]
        sent = [AsSent(row.reference, row.time, row.value, f"{self.how.origin}:{row.line}") for row in refused]
        nowhere = np.full(len(refused), -1, dtype=np.int32)
        how = Recording(
            source=ReadingSource.IMPORT,
            organisation_id=self.destination.organisation.id,
            now_us=self.how.now_us,
            as_sent=sent.__getitem__,
        )
        async with self.destination.database.transaction(self.destination.actor) as connection:
            await keep_rejected(connection, self.plan.channels, nowhere, rejections, how)

    def _as_sent(self, row: int) -> AsSent:
        origin = f"{self.how.origin}:{self.parsed.line[row]}"
        return AsSent(self._reference(row), self._time(row), self._value(row), origin)

    def _rejected(self, row: int, rejection: Rejection) -> RejectedRow:
        line, name = int(self.parsed.line[row]), self.plan.names[int(self.parsed.series_of[row])]
        # In the terms of the file, so that the mended row goes in with the same options; what is kept in the database
        # is in the channel's own.
        time, value = instant_text(int(self.parsed.time_us[row])), _number_text(float(self.parsed.value[row]))
        return RejectedRow(line, name.reference, time, value, rejection.code, rejection.message, name)

    def _conflict(self, row: int, kept: float) -> None:
        line, value = int(self.parsed.line[row]), float(self.plan.batch.value[row])
        self.done.conflicts.append(ConflictingRow(line, self._reference(row), self._time(row), value, kept))

    def _reference(self, row: int) -> str:
        return self.plan.names[int(self.parsed.series_of[row])].reference

    def _time(self, row: int) -> str:
        return instant_text(int(self.plan.batch.observed_us[row]))

    def _value(self, row: int) -> str:
        return _number_text(float(self.plan.batch.value[row]))

    def _advance(self, rows: int) -> None:
        self.finished += rows
        if rows and self.progress is not None:
            self.progress(self.finished, len(self.parsed.line) + len(self.parsed.rejected))


def instant_text(instant_us: int) -> str:
    """Write an instant as exports do: 2013-06-01T00:30:00Z; outside the calendar as microseconds."""
    try:
        text = (EPOCH + timedelta(microseconds=instant_us)).replace(tzinfo=None).isoformat()
    except OverflowError:
        return f"{instant_us} µs"
    return f"{text}Z"


async def _beside_each_other(work: Callable[[], Coroutine[Any, Any, None]], times: int) -> None:
    """Do work several times at once; when one fails, all end."""
    tasks = [asyncio.ensure_future(work()) for _ in range(times)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _number_text(value: float) -> str:
    return "" if np.isnan(value) else repr(value)


def _stretches(rows: list[RejectedRow]) -> Iterator[list[RejectedRow]]:
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]
