"""What is at risk with machines, and in which condition they are: few statements for any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from twinql.domain.diagnosis.condition import (
    ErrorRate,
    NetworkCongestion,
    Overheating,
    congestion_of,
    error_rate_of,
    overheating_of,
)
from twinql.domain.diagnosis.health import OpenAlarm, stuck
from twinql.domain.diagnosis.parts import measuring
from twinql.domain.diagnosis.present import Age
from twinql.domain.diagnosis.reason import NOT_FOR_STATES, STUCK_SENSOR, Reason
from twinql.domain.diagnosis.recent import recent_slope
from twinql.domain.diagnosis.risk import Hazard, Risk, hazards_of, risk_of, shares_beyond
from twinql.domain.diagnosis.sheet import Sheet, Span, window_of
from twinql.domain.diagnosis.slope import slope_of
from twinql.domain.units import Quantity
from twinql.storage.aside import aside
from twinql.storage.database import Connection
from twinql.storage.diagnosis import Sample, alarms_holding, earlier_windows, samples_of, sheets_of_assets
from twinql.storage.effective import under_rules
from twinql.storage.health import ages_of


@dataclass(frozen=True, slots=True)
class Seen:
    """A channel of a machine, and the time that was looked at.

    Attributes:
        sheet: The channel.
        span: The time.
    """

    sheet: Sheet
    span: Span


async def hazards_by_channel(
    connection: Connection, sheets: Sequence[Sheet], window: timedelta | None, now: datetime
) -> dict[int, tuple[list[Hazard], Seen]]:
    """Say what about channels makes a risk, by their numbers."""
    spans = [sheet.span(now - window_of(window, sheet.resolution_s), now) for sheet in sheets]
    samples = await samples_of(connection, spans)
    ages = await ages_of(connection, sheets, now)
    alarms = await alarms_holding(connection, [sheet.id for sheet in sheets], now)
    limited = await under_rules(connection, sheets)
    hazards = await aside(lambda: [_hazards(*each) for each in zip(limited, samples, ages, alarms, strict=True)])
    found = zip(sheets, samples, hazards, strict=True)
    return {sheet.number: (hazard, Seen(sheet, sample.span)) for sheet, sample, hazard in found}


async def risks_of(
    connection: Connection, machines: Sequence[UUID], window: timedelta | None, now: datetime
) -> list[tuple[Risk[int], dict[int, Seen]]]:
    """Say what is at risk with machines, by the numbers of their channels, and which channels these are."""
    by_machine = await sheets_of_assets(connection, machines)
    found = await hazards_by_channel(connection, [sheet for sheets in by_machine for sheet in sheets], window, now)
    return [
        (
            risk_of({sheet.number: found[sheet.number][0] for sheet in sheets}),
            {sheet.number: found[sheet.number][1] for sheet in sheets},
        )
        for sheets in by_machine
    ]


async def overheatings_of(
    connection: Connection, machines: Sequence[UUID], window: timedelta | None, now: datetime
) -> list[list[tuple[Seen, Overheating | Reason]]]:
    """Say how warm machines run, for each channel of a temperature."""
    by_machine = [measuring(each, Quantity.TEMPERATURE) for each in await sheets_of_assets(connection, machines)]
    sheets = [sheet for sheets in by_machine for sheet in sheets]
    spans = [sheet.span(now - window_of(window, sheet.resolution_s), now) for sheet in sheets]
    samples = await samples_of(connection, spans)
    alarms = await alarms_holding(connection, [sheet.id for sheet in sheets], now)
    each = iter(zip(await under_rules(connection, sheets), samples, alarms, strict=True))
    return [[_overheating(*next(each)) for _ in sheets] for sheets in by_machine]


async def congestions_of(
    connection: Connection, machines: Sequence[UUID], window: timedelta | None, now: datetime
) -> list[list[tuple[Seen, NetworkCongestion | Reason]]]:
    """Say how slow the networks of machines are, for each channel of a latency."""
    by_machine = [measuring(each, Quantity.LATENCY) for each in await sheets_of_assets(connection, machines)]
    sheets = [sheet for sheets in by_machine for sheet in sheets]
    spans = [sheet.span(now - window_of(window, sheet.resolution_s), now) for sheet in sheets]
    samples = await samples_of(connection, spans)
    earlier = await earlier_windows(connection, spans)
    found = (
        (Seen(sheet, sample.span), congestion_of(sample.stretch, [each.values for each in windows]))
        for sheet, sample, windows in zip(sheets, samples, earlier, strict=True)
    )
    return [[next(found) for _ in sheets] for sheets in by_machine]


async def error_rates_of(
    connection: Connection, asked: Sequence[UUID], first: datetime, last: datetime
) -> list[list[tuple[Seen, ErrorRate | Reason]]]:
    """Say how often machines err in a period, for each channel of a rate of errors."""
    by_machine = [measuring(each, Quantity.ERROR_RATE) for each in await sheets_of_assets(connection, asked)]
    sheets = [sheet for sheets in by_machine for sheet in sheets]
    now = await samples_of(connection, [sheet.span(first, last) for sheet in sheets])
    then = await samples_of(connection, [sheet.span(first - (last - first), first) for sheet in sheets])
    rates = await aside(lambda: [_error_rate(*each) for each in zip(sheets, now, then, strict=True)])
    found = iter(rates)
    return [[next(found) for _ in sheets] for sheets in by_machine]


def _hazards(sheet: Sheet, sample: Sample, age: Age | Reason, alarms: Sequence[OpenAlarm]) -> list[Hazard]:
    stretch, span = sample.stretch, sample.span
    bounded = any(each is not None for each in sheet.limits) and not stuck(alarms)
    shares = shares_beyond(stretch, sheet.limits, until_s=span.last.timestamp(), spacing_s=sheet.resolution_s)
    return hazards_of(
        shares,
        limits=sheet.limits,
        slope=recent_slope(stretch) if bounded else NOT_FOR_STATES,
        window_s=(span.last - span.first).total_seconds(),
        age=age,
        alarms=alarms,
    )


def _overheating(sheet: Sheet, sample: Sample, alarms: Sequence[OpenAlarm]) -> tuple[Seen, Overheating | Reason]:
    if stuck(alarms):
        return Seen(sheet, sample.span), STUCK_SENSOR
    _, _, high, high_high = sheet.limits
    until_s = sample.span.last.timestamp()
    found = overheating_of(
        sample.stretch, high=high, high_high=high_high, until_s=until_s, spacing_s=sheet.resolution_s
    )
    return Seen(sheet, sample.span), found


def _error_rate(sheet: Sheet, now: Sample, then: Sample) -> tuple[Seen, ErrorRate | Reason]:
    found = error_rate_of(
        now.stretch,
        then.stretch,
        slope=slope_of(now.stretch),
        first_s=now.span.first.timestamp(),
        until_s=now.span.last.timestamp(),
        spacing_s=sheet.resolution_s,
    )
    return Seen(sheet, now.span), found
