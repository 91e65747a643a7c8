"""Forecasts as they were issued, and what forecasting must know of channels and meters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.forecasting.bulk import Made
from twinql.domain.outlook import Limit
from twinql.domain.units import Quantity
from twinql.storage.database import Connection
from twinql.storage.metering import BillingChannel, MeteredMeter, meters_to_bill
from twinql.storage.read import Entity
from twinql.storage.statements import load

Row = asyncpg.Record
SCORED_AN_HOUR = 12
"""So many of the forecasts that are asked for are scored of a channel or a meter and an hour; TwinQL's own all are."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A channel, or the consumption of a meter, as forecasting sees it.

    Attributes:
        id: Identity of the channel; of a meter that of the first channel that counts for it.
        number: Its identity inside.
        organisation_id: Its organisation.
        asset_id: Its asset; None where it belongs to the site itself.
        kind: How its values are to be read; a consumption is INTERVAL.
        quantity: The physical quantity, as the graph names it.
        unit: The unit of its values, as the graph names it.
        zone: The IANA time zone of its site.
        resolution_s: Time between two readings when all is well. [s]
        spacing_s: Time between its last readings. [s]
        observed_at: Its last reading; None where it was never read.
        lowest: A value below this cannot be right. [unit]
        highest: A value above this cannot be right. [unit]
        limits: Its alarm limits.
        meter: The meter whose consumption it is; None for a channel's own values.
        counters: The channels that count what the meter takes in; empty for a channel's own values.
    """

    id: UUID
    number: int
    organisation_id: UUID
    asset_id: UUID | None
    kind: ReadingKind
    quantity: str
    unit: str
    zone: str
    resolution_s: int | None
    spacing_s: float | None
    observed_at: datetime | None
    lowest: float
    highest: float
    limits: tuple[Limit, ...]
    meter: MeteredMeter | None = None
    counters: tuple[BillingChannel, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """A forecast of ours to be kept.

    Attributes:
        subject: What it is of.
        made: What is expected.
        issued_at: When it was made; nothing after this was known to it.
        starts_at: Start of the first step.
        step_s: Length of a step. [s]
        level: Share of outcomes that should lie between the bounds.
        question: What was asked for.
        regular: Whether it was made in a round.
    """

    subject: Subject
    made: Made
    issued_at: datetime
    starts_at: datetime
    step_s: int
    level: float
    question: str
    regular: bool = False


async def subjects_of(connection: Connection, channel_ids: Sequence[UUID]) -> dict[UUID, Subject]:
    """Return the channels that are in use and that the actor may see."""
    rows = await connection.fetch(load("forecasts")["subjects"], list(channel_ids))
    return {row["id"]: _subject(row) for row in rows}


async def consumptions_of(connection: Connection, meter_ids: Sequence[UUID]) -> dict[UUID, Subject | None]:
    """Return what meters that the actor may see take in; None for one where nothing in use counts it."""
    meters = [each for each in await meters_to_bill(connection, meter_ids) if each is not None]
    importing = {
        each.meter_id: tuple(c for c in each.channels if c.direction is FlowDirection.IMPORT and c.until is None)
        for each in meters
    }
    known = await subjects_of(connection, [c.channel_id for some in importing.values() for c in some])
    found: dict[UUID, Subject | None] = {}
    for meter in meters:
        counters = tuple(each for each in importing[meter.meter_id] if each.channel_id in known)
        found[meter.meter_id] = _consumption(meter, counters, [known[c.channel_id] for c in counters])
    return found


async def watched(connection: Connection) -> list[Subject]:
    """Return every channel that has limits to be kept and readings to foresee them from."""
    rows = await connection.fetch(load("forecasts")["watched"])
    return list((await subjects_of(connection, [row["id"] for row in rows])).values())


async def fresh(
    connection: Connection, entity: Entity, asked: Sequence[tuple[UUID, str, datetime]], *, now: datetime
) -> dict[int, asyncpg.Record]:
    """Return the forecasts that still answer questions, with the columns of an entity, by the place of the question.

    Args:
        connection: As whoever asks.
        entity: What is to be read of a forecast.
        asked: A channel or a meter, what is asked of it, and since when any forecast is fresh.
        now: The present.
    """
    statement = f"select {entity.selected}, place from ({load('forecasts')['fresh']}) as forecasts"  # noqa: S608 - declared columns
    ids, questions, since = (list(each) for each in zip(*asked, strict=True))
    return {row["place"] - 1: row for row in await connection.fetch(statement, ids, questions, since, now)}


async def keep(connection: Connection, issues: Sequence[Issue], ids: Sequence[UUID]) -> None:
    """Store forecasts as they were issued, under these ids."""
    await insert(connection, [_row(issue, forecast_id) for issue, forecast_id in zip(issues, ids, strict=True)])


async def insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows of forecasts; of one from elsewhere the first one stays, however often it is sent."""
    await connection.execute(load("forecasts")["insert"], list(rows), SCORED_AN_HOUR)


async def recorded(
    connection: Connection, subject_id: UUID, model: str, issued_at: datetime, starts_at: datetime
) -> tuple[Any, ...]:
    """Return the id, level, step and columns of a forecast from elsewhere that is there."""
    row = await connection.fetchrow(load("forecasts")["recorded"], subject_id, model, issued_at, starts_at)
    assert row is not None
    return tuple(row)


async def due(
    connection: Connection,
    *,
    meters_since: datetime,
    channels_since: datetime,
    meters_read_since: datetime,
    but_not: Sequence[UUID],
    most: int,
) -> list[tuple[UUID, bool]]:
    """Return meters and channels of which no forecast was issued by rounds since, and whether each is a meter."""
    rows = await connection.fetch(
        load("forecasts")["due"], meters_since, channels_since, meters_read_since, list(but_not), most
    )
    return [(row["subject_id"], row["of_meter"]) for row in rows]


async def prune(connection: Connection, before: datetime, *, unscored_before: datetime) -> int:
    """Delete forecasts issued and recorded before this on which no decision rests, and return how many.

    Args:
        connection: As TwinQL itself.
        before: What is older goes.
        unscored_before: What is older goes too where it is not to be scored.
    """
    return len(await connection.fetch(load("forecasts")["prune"], before, unscored_before))


def _row(issue: Issue, forecast_id: UUID) -> Mapping[str, Any]:
    made, subject = issue.made.prediction, issue.subject
    accuracy, naive = made.accuracy, issue.made.beside.expected
    return {
        "id": str(forecast_id),
        "organisation_id": str(subject.organisation_id),
        "channel_id": str(subject.id),
        "meter_id": None if subject.meter is None else str(subject.meter.meter_id),
        "question": issue.question,
        "known_until": subject.observed_at,
        "regular": issue.regular,
        "issued_at": issue.issued_at,
        "model": made.model.value,
        "level": issue.level,
        "starts_at": issue.starts_at,
        "step_seconds": issue.step_s,
        "p10": made.lower.tolist(),
        "p50": made.median.tolist(),
        "p90": made.upper.tolist(),
        "naive": [] if np.isnan(naive).any() else naive.tolist(),
        "scale": issue.made.beside.scale,
        "backtest_count": accuracy.count,
        "backtest_mae": accuracy.mae,
        "backtest_naive_mae": accuracy.naive_mae,
        "backtest_coverage": accuracy.coverage,
        "backtest_mase": accuracy.mase,
        "backtest_wape": accuracy.wape,
        "backtest_naive_mase": accuracy.naive_mase,
        "last_value": made.last_value,
    }


def _subject(row: asyncpg.Record) -> Subject:
    lowest = 0.0 if Quantity(row["quantity"]).never_negative else -np.inf
    return Subject(
        id=row["id"],
        number=row["number"],
        organisation_id=row["organisation_id"],
        asset_id=row["asset_id"],
        kind=ReadingKind(row["kind"]),
        quantity=row["quantity"],
        unit=row["unit"],
        zone=row["time_zone"],
        resolution_s=row["resolution_seconds"],
        spacing_s=row["spacing_seconds"],
        observed_at=row["observed_at"],
        lowest=lowest if row["plausible_minimum"] is None else row["plausible_minimum"],
        highest=np.inf if row["plausible_maximum"] is None else row["plausible_maximum"],
        limits=tuple(_limits(row)),
    )


def _limits(row: asyncpg.Record) -> Sequence[Limit]:
    columns = (("limit_low_low", False), ("limit_low", False), ("limit_high", True), ("limit_high_high", True))
    return [Limit(row[name], is_high=is_high) for name, is_high in columns if row[name] is not None]


def _consumption(
    meter: MeteredMeter, counters: tuple[BillingChannel, ...], channels: Sequence[Subject]
) -> Subject | None:
    if not counters:
        return None
    first = channels[0]
    spacings = [each.resolution_s or each.spacing_s for each in channels]
    read_at = [each.observed_at for each in channels if each.observed_at is not None]
    return Subject(
        id=first.id,
        number=first.number,
        organisation_id=first.organisation_id,
        asset_id=meter.meter_id,
        kind=ReadingKind.INTERVAL,
        quantity=first.quantity,
        unit=counters[0].base.value,
        zone=meter.time_zone,
        resolution_s=round(max((each for each in spacings if each), default=0)) or None,
        spacing_s=None,
        observed_at=max(read_at, default=None),
        lowest=0.0,
        highest=np.inf,
        limits=(),
        meter=meter,
        counters=counters,
    )
