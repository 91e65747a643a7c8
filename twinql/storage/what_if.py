"""What a question about a temperature needs: the channels near it, and what all of them read on one grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.scenarios.inputs import Candidate, Place
from twinql.domain.scenarios.scenario import Floats
from twinql.domain.units import Quantity, Unit
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class OnGrid:
    """What a channel read in steps of equal length; columns of shape (n,), NaN where nothing was read.

    Attributes:
        means: The mean over each step. [unit of the channel]
        ends: The mean over the last fifth of each step, or where nothing was read in that the last value. [unit of the
            channel]
    """

    means: Floats
    ends: Floats


async def candidates_of(connection: Connection, channel_id: UUID, named: Sequence[UUID]) -> list[Candidate]:
    """Return the channels in use that stand near a channel, and those that are named, as far as the actor may see them.

    Args:
        connection: As somebody who may see the channel.
        channel_id: The channel.
        named: Channels that are wanted wherever they stand.
    """
    rows = await connection.fetch(load("what_if")["candidates"], channel_id, list(named))
    found = [_candidate(row) for row in rows]
    names = [each.name for each in found]
    # Two of one name are told apart, since names stand for inputs.
    return [
        each if names.count(each.name) == 1 else _told_apart(each, row) for each, row in zip(found, rows, strict=True)
    ]


async def read_on_grid(
    connection: Connection, numbers: Sequence[int], first: datetime, last: datetime, step_s: int
) -> Mapping[int, OnGrid]:
    """Return what channels read, by their numbers; what is BAD does not count.

    Args:
        connection: As somebody who may see them.
        numbers: The channels.
        first: Where the first step begins.
        last: Where the last one ends.
        step_s: Length of a step; a reading at its end belongs to it. [s]
    """
    count = round((last - first).total_seconds() / step_s)
    grids = {each: OnGrid(np.full(count, np.nan), np.full(count, np.nan)) for each in numbers}
    rows = await connection.fetch(load("what_if")["on_grid"], list(grids), first, last, step_s)
    for number, step, mean, end in rows:
        grids[number].means[step] = mean
        grids[number].ends[step] = end
    return grids


async def read_before(connection: Connection, numbers: Sequence[int], first: datetime) -> Mapping[int, float]:
    """Return what channels read last up to an instant, by their numbers; none where there is nothing."""
    rows = await connection.fetch(load("what_if")["before"], list(numbers), first)
    return {row["channel_number"]: row["value"] for row in rows}


def _candidate(row: asyncpg.Record) -> Candidate:
    return Candidate(
        id=row["id"],
        number=row["number"],
        name=row["name"],
        words=row["words"],
        quantity=Quantity(row["quantity"]),
        unit=Unit(row["unit"]),
        kind=ReadingKind(row["kind"]),
        place=Place(row["place"]),
        exports=row["direction"] == FlowDirection.EXPORT.value,
        writable=row["writable"],
        labels={each["label"]: float(each["code"]) for each in row["states"] or ()},
    )


def _told_apart(candidate: Candidate, row: asyncpg.Record) -> Candidate:
    return replace(candidate, name=f"{candidate.name} ({row['key']})")
