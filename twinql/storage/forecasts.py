"""Forecasts as they were issued, the past they are made of, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.grid import Grid
from twinql.domain.forecasting.past import Floats
from twinql.domain.forecasting.prediction import Prediction
from twinql.domain.outlook import Limit
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Subject:
    """A channel as forecasting sees it.

    Attributes:
        id: Its identity outside.
        number: Its identity inside.
        organisation_id: Its organisation.
        asset_id: Its asset; None where it belongs to the site itself.
        kind: How its values are to be read.
        quantity: The physical quantity, as the graph names it.
        unit: The unit of its values, as the graph names it.
        resolution_s: Time between two readings when all is well. [s]
        spacing_s: Time between its last readings. [s]
        observed_at: Its last reading; None where it was never read.
        lowest: A value below this cannot be right. [unit of the channel]
        highest: A value above this cannot be right. [unit of the channel]
        limits: Its alarm limits.
    """

    id: UUID
    number: int
    organisation_id: UUID
    asset_id: UUID | None
    kind: ReadingKind
    quantity: str
    unit: str
    resolution_s: int | None
    spacing_s: float | None
    observed_at: datetime | None
    lowest: float
    highest: float
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """A forecast to be kept.

    Attributes:
        subject: The channel.
        prediction: What is expected.
        issued_at: When it was made; nothing after this was known to it.
        starts_at: Start of the first step.
        step_s: Length of a step. [s]
        level: Share of outcomes that should lie between the bounds.
    """

    subject: Subject
    prediction: Prediction
    issued_at: datetime
    starts_at: datetime
    step_s: int
    level: float


async def subject_of(connection: Connection, channel_id: UUID) -> Subject | None:
    """Return a channel that is in use and that the actor may see."""
    row = await connection.fetchrow(load("forecasts")["subject"], channel_id)
    return None if row is None else _subject(row)


async def watched(connection: Connection) -> list[Subject]:
    """Return every channel that has limits to be kept and readings to foresee them from."""
    return [_subject(row) for row in await connection.fetch(load("forecasts")["watched"])]


async def history(connection: Connection, subject: Subject, grid: Grid, until: datetime) -> Floats:
    """Read the past of a channel on a grid.

    Args:
        connection: As somebody who may see the channel.
        subject: The channel.
        grid: How finely, and how far back.
        until: The end of the past: the end of its last step.

    Returns:
        Means of instantaneous values, sums of complete intervals, last values of registers; NaN where there is none,
        shape (past_steps,). [unit of the channel]
    """
    begin = until - timedelta(seconds=grid.step_s * grid.past_steps)
    values = np.full(grid.past_steps, np.nan)
    if subject.kind is ReadingKind.CUMULATIVE:
        rows = await connection.fetch(load("forecasts")["register_history"], subject.number, begin, until, grid.step_s)
        for slot, value in rows:
            values[slot] = value
        return values
    by_end = subject.kind is ReadingKind.INTERVAL
    rows = await connection.fetch(load("forecasts")["history"], subject.number, begin, until, grid.step_s, by_end)
    # An interval that is missing would make a sum too small: such a step has no value.
    complete = max(1, grid.step_s // (subject.resolution_s or grid.step_s))
    for slot, total, mean, readings in rows:
        values[slot] = mean if not by_end else total if readings >= complete else np.nan
    return values


async def keep(connection: Connection, issue: Issue) -> UUID:
    """Store a forecast as it was issued, and return its id."""
    made, accuracy = issue.prediction, issue.prediction.accuracy
    forecast_id: UUID = await connection.fetchval(
        load("forecasts")["insert"],
        issue.subject.organisation_id,
        issue.subject.id,
        issue.issued_at,
        made.model.value,
        issue.level,
        issue.starts_at,
        issue.step_s,
        made.lower.tolist(),
        made.median.tolist(),
        made.upper.tolist(),
        accuracy.count,
        accuracy.mae,
        accuracy.naive_mae,
        accuracy.coverage,
        made.last_value,
    )
    return forecast_id


async def recent(
    connection: Connection, channel_id: UUID, grid: Grid, *, since: datetime, level: float, model: str | None
) -> UUID | None:
    """Return the newest forecast that answers the same question and was issued since; None where there is none."""
    forecast_id: UUID | None = await connection.fetchval(
        load("forecasts")["recent"], channel_id, since, grid.step_s, grid.steps, level, model
    )
    return forecast_id


async def score(connection: Connection, now: datetime) -> int:
    """Compare forecasts with what was read since, and return how many got a new score."""
    return len(await connection.fetch(load("forecasts")["score"], now))


async def prune(connection: Connection, before: datetime) -> int:
    """Delete forecasts issued before this on which no decision rests, and return how many."""
    return len(await connection.fetch(load("forecasts")["prune"], before))


def _subject(row: asyncpg.Record) -> Subject:
    return Subject(
        id=row["id"],
        number=row["number"],
        organisation_id=row["organisation_id"],
        asset_id=row["asset_id"],
        kind=ReadingKind(row["kind"]),
        quantity=row["quantity"],
        unit=row["unit"],
        resolution_s=row["resolution_seconds"],
        spacing_s=row["spacing_seconds"],
        observed_at=row["observed_at"],
        lowest=-np.inf if row["plausible_minimum"] is None else row["plausible_minimum"],
        highest=np.inf if row["plausible_maximum"] is None else row["plausible_maximum"],
        limits=tuple(_limits(row)),
    )


def _limits(row: asyncpg.Record) -> Sequence[Limit]:
    columns = (("limit_low_low", False), ("limit_low", False), ("limit_high", True), ("limit_high_high", True))
    return [Limit(row[name], is_high=is_high) for name, is_high in columns if row[name] is not None]
