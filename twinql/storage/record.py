"""The one way in for readings, whoever brings them: idempotent on channel and instant, an outcome for every row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
import orjson
from numpy.typing import NDArray

from twinql.domain.channels import ChannelFacts
from twinql.domain.identity import Actor
from twinql.domain.plausibility import OLDEST_US, Checked, check, without
from twinql.domain.readings import (
    Codes,
    Floats,
    Instants,
    OnConflict,
    Outcome,
    ReadingBatch,
    ReadingSource,
    Rejection,
    first_occurrences,
    is_estimate,
    months_of,
    same_reading,
)
from twinql.errors import ConflictError, ForbiddenError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

Rows = NDArray[np.intp]
LONGEST_KEPT = 500
"""How much of what was sent is kept of a refused row, a column. [characters]"""


@dataclass(frozen=True, slots=True)
class AsSent:
    """A row in the words of whoever sent it, kept where the row is refused.

    Attributes:
        reference: The channel as the sender named it.
        observed_at: The time as it was sent.
        value: The value as it was sent.
        origin: Where it stood: a file and line; None where there is no such place.
    """

    reference: str
    observed_at: str
    value: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch, row by row.

    Attributes:
        outcomes: One `Outcome` a row, shape (n,).
        former_value: What was stored before, for DUPLICATE, CONFLICT and CORRECTED; NaN elsewhere, shape (n,).
            [unit of the channel]
        quality: The quality under which a row was taken, shape (n,), index into `QUALITIES`.
        rejections: Why rows were refused.
    """

    outcomes: Codes
    former_value: Floats
    quality: Codes
    rejections: tuple[Rejection, ...]

    def count(self, outcome: Outcome) -> int:
        """Count the rows with this outcome."""
        return int(np.count_nonzero(self.outcomes == outcome))


@dataclass(frozen=True, slots=True)
class Recording:
    """How a batch shall be recorded.

    Attributes:
        source: The way by which it came in.
        organisation_id: The organisation under which refused rows are kept.
        now_us: The present. [µs since 1970 UTC]
        on_conflict: Whether another value for the same instant is kept out or replaces the stored one.
        dry_run: Whether to say what would happen and change nothing.
        reason: Why values are corrected, in the caller's words.
        announce_ranges: Whether followers are told only which stretch changed: for a large import of the past.
        as_sent: Gives a row back in the sender's words; None keeps no refused rows.
        refused: Rows that the way in has refused already, such as those whose time cannot be read.
    """

    source: ReadingSource
    organisation_id: UUID
    now_us: int
    on_conflict: OnConflict = OnConflict.KEEP_FIRST
    dry_run: bool = False
    reason: str | None = None
    announce_ranges: bool = False
    as_sent: Callable[[int], AsSent] | None = None
    refused: tuple[Rejection, ...] = ()


async def record_readings(
    database: Database, actor: Actor, channels: Sequence[ChannelFacts], batch: ReadingBatch, how: Recording
) -> Recorded:
    """Record a batch in one transaction.

    Of several rows for one channel and instant the first wins, whatever `on_conflict` says: a second run changes
    nothing. An actual value supersedes an estimate by default.

    Args:
        database: Where to.
        actor: Who records; row-level security holds for a user.
        channels: What `batch.channel` points into, all of one organisation.
        batch: The rows, shape (n,), in the units of their channels.
        how: Source, conflicts, dry run and so on.

    Returns:
        An outcome for every row.

    Raises:
        ForbiddenError: The actor may not record here.
    """
    try:
        checked = await _check(database, actor, channels, batch, how.now_us)
        checked = without(checked, how.refused)
        if not how.dry_run:
            taken = batch.observed_us[checked.accepted]
            await database.prepare_months(actor, {month.date() for month in months_of(taken)})
        async with database.transaction(actor, readonly=how.dry_run) as connection:
            recorded = await _write(connection, channels, batch, checked, how)
            if recorded.rejections and how.as_sent is not None and not how.dry_run:
                await keep_rejected(connection, channels, batch.channel, recorded.rejections, how)
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("You may not record readings here; ask an owner for the role OPERATOR.") from error
    if not how.dry_run:
        database.outcomes.update({each.name: recorded.count(each) for each in Outcome})
    return recorded


async def _check(
    database: Database, actor: Actor, channels: Sequence[ChannelFacts], batch: ReadingBatch, now_us: int
) -> Checked:
    before_us: Instants = np.full(len(channels), -1, dtype=np.int64)
    before_value: Floats = np.full(len(channels), np.nan)
    # Only where a rate is bounded does it matter what came before; outside the years that are taken, nothing did.
    starts = {
        place: int(batch.observed_us[batch.channel == place].clip(OLDEST_US, now_us).min())
        for place, facts in enumerate(channels)
        if facts.plausibility.rate_per_minute is not None and (batch.channel == place).any()
    }
    if starts:
        numbers = [channels[place].number for place in starts]
        async with database.transaction(actor, readonly=True) as connection:
            for row in await connection.fetch(load("record")["before"], numbers, list(starts.values())):
                place = list(starts)[row["place"] - 1]
                before_us[place], before_value[place] = row["observed_us"], row["value"]
    return check(batch, channels, now_us=now_us, before_us=before_us, before_value=before_value)


async def _write(
    connection: Connection, channels: Sequence[ChannelFacts], batch: ReadingBatch, checked: Checked, how: Recording
) -> Recorded:
    accepted = np.flatnonzero(checked.accepted)
    rows = ReadingBatch(batch.channel, batch.observed_us, batch.value, checked.quality).take(accepted)
    firsts, own_first = first_occurrences(rows.channel, rows.observed_us)
    unique = rows.take(firsts)
    outcomes, former = await _write_in_order(connection, channels, unique, how)
    # A later row for the same instant is held against the first one of the input.
    first_value, first_quality = unique.value[own_first], unique.quality[own_first]
    same = same_reading(rows.value, rows.quality, first_value, first_quality)
    later = np.ones(len(rows), dtype=bool)
    later[firsts] = False
    all_outcomes = np.full(len(batch), Outcome.REJECTED, dtype=np.int8)
    all_outcomes[accepted] = np.where(later, np.where(same, Outcome.DUPLICATE, Outcome.CONFLICT), outcomes[own_first])
    all_former = np.full(len(batch), np.nan)
    all_former[accepted] = np.where(later, first_value, former[own_first])
    return Recorded(all_outcomes, all_former, checked.quality, checked.rejections)


async def _write_in_order(
    connection: Connection, channels: Sequence[ChannelFacts], rows: ReadingBatch, how: Recording
) -> tuple[Codes, Floats]:
    """Write rows in the one order that all writers keep, so that no two wait for each other; answer in their own."""
    numbers = np.array([facts.number for facts in channels], dtype=np.int64)[rows.channel]
    order = np.lexsort((rows.observed_us, numbers))
    outcomes, former = np.empty(len(rows), dtype=np.int8), np.empty(len(rows))
    outcomes[order], former[order] = await _write_unique(connection, channels, rows.take(order), how)
    return outcomes, former


async def _write_unique(
    connection: Connection, channels: Sequence[ChannelFacts], rows: ReadingBatch, how: Recording
) -> tuple[Codes, Floats]:
    outcomes = np.full(len(rows), Outcome.RECORDED, dtype=np.int8)
    former = np.full(len(rows), np.nan)
    if not len(rows):
        return outcomes, former
    numbers = np.array([facts.number for facts in channels], dtype=np.int64)[rows.channel]
    if how.dry_run:
        held: Rows = np.arange(len(rows))
    else:
        if how.reason or how.announce_ranges:
            announced = "ranges" if how.announce_ranges else ""
            await connection.fetchrow(load("record")["explain"], how.reason or "", announced)
        places = await connection.fetchval(
            load("record")["insert"],
            _array(numbers),
            channels[0].organisation_number,
            *(_array(column) for column in (rows.observed_us, rows.value, rows.quality)),
            how.source.value,
        )
        if places is None:
            return outcomes, former
        held = np.setdiff1d(np.arange(len(rows)), np.array(places, dtype=np.intp) - 1)
    if not len(held):
        return outcomes, former
    instants = (numbers[held].tolist(), rows.observed_us[held].tolist())
    if not how.dry_run:
        await connection.execute(load("record")["hold"], *instants)
    stored = await connection.fetch(load("record")["existing"], *instants)
    if len(stored) < len(held) and not how.dry_run:
        raise ConflictError("Somebody removed readings while these were recorded; send them again.")
    held = held[[row["place"] - 1 for row in stored]]
    former[held] = [row["value"] for row in stored]
    qualities = np.array([row["quality"] for row in stored], dtype=np.int8)
    same = same_reading(rows.value[held], rows.quality[held], former[held], qualities)
    overrule = is_estimate(qualities) & ~is_estimate(rows.quality[held]) & ~np.isnan(rows.value[held])
    correct = ~same & (overrule if how.on_conflict is OnConflict.KEEP_FIRST else np.ones(len(held), dtype=bool))
    outcomes[held] = np.where(same, Outcome.DUPLICATE, np.where(correct, Outcome.CORRECTED, Outcome.CONFLICT))
    changed = held[correct]
    if len(changed) and not how.dry_run:
        values = (numbers, rows.observed_us, rows.value, rows.quality)
        await connection.execute(
            load("record")["correct"], *(column[changed].tolist() for column in values), how.source.value
        )
    return outcomes, former


async def keep_rejected(
    connection: Connection,
    channels: Sequence[ChannelFacts],
    channel: NDArray[np.int32],
    rejections: Sequence[Rejection],
    how: Recording,
) -> None:
    """Keep refused rows as they were sent, so that somebody can mend and send them again.

    Args:
        connection: A transaction of the actor's.
        channels: What `channel` points into.
        channel: The channel of every row of the input; -1 where it is unknown.
        rejections: The refused rows.
        how: Gives the rows in the sender's words.
    """
    assert how.as_sent is not None
    sent = [how.as_sent(rejection.row) for rejection in rejections]
    places = [int(channel[rejection.row]) for rejection in rejections]
    await connection.execute(
        load("record")["keep_rejected"],
        how.organisation_id,
        [channels[place].id if place >= 0 else None for place in places],
        [_short(row.reference) for row in sent],
        [_short(row.observed_at) for row in sent],
        [_short(row.value) for row in sent],
        [rejection.code.value for rejection in rejections],
        [rejection.message for rejection in rejections],
        [row.origin and _short(row.origin) for row in sent],
        how.source.value,
    )


def _array(column: NDArray[Any]) -> str:
    """Write a column of numbers as Postgres writes an array of them; NaN becomes null."""
    return "{" + orjson.dumps(np.ascontiguousarray(column), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].decode() + "}"


def _short(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:LONGEST_KEPT]
