"""How well channels and assets are, by what is stored: few statements for any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from twinql.domain.diagnosis.availability import Availability, availability_of
from twinql.domain.diagnosis.bands import CalibrationValidity
from twinql.domain.diagnosis.health import Health, Issue, Signs, channel_health
from twinql.domain.diagnosis.present import Age, InTarget, age_of, calibration_validity, in_target
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.sheet import Sheet, Span, window_of
from twinql.domain.readings import Floats
from twinql.domain.series import Subject, expected_readings
from twinql.storage.aside import aside
from twinql.storage.database import Connection
from twinql.storage.diagnosis import Sample, alarms_of, calibrations_of, counts_of, heard_of, samples_of

LAST_READINGS = 16
"""So many tell how often a channel is read."""
_LOOKED_BACK = 500
"""So many readings of each channel are looked at for silences."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A channel that was looked at.

    Attributes:
        sheet: The channel.
        span: The time that was looked at.
        health: How well it is.
    """

    sheet: Sheet
    span: Span
    health: Health[Issue]


async def ages_of(connection: Connection, sheets: Sequence[Sheet], now: datetime) -> list[Age | Reason]:
    """Say how fresh each channel is."""
    return await _ages_at(connection, [(sheet, now) for sheet in sheets])


async def _ages_at(connection: Connection, asked: Sequence[tuple[Sheet, datetime]]) -> list[Age | Reason]:
    heard = await heard_of(connection, [sheet.number for sheet, _ in asked], [at for _, at in asked], LAST_READINGS)
    return [_age(sheet, at_s, at) for (sheet, at), at_s in zip(asked, heard, strict=True)]


async def healths_of(
    connection: Connection, sheets: Sequence[Sheet], window: timedelta | None, now: datetime
) -> list[Checked]:
    """Say how well channels are.

    Args:
        connection: As somebody who may see them.
        sheets: The channels.
        window: Over how long a time; None takes what is usual for the resolution of each.
        now: The present, at which it ends.
    """
    return await healths_at(connection, [(sheet, now) for sheet in sheets], window)


async def healths_at(
    connection: Connection, asked: Sequence[tuple[Sheet, datetime]], window: timedelta | None
) -> list[Checked]:
    """Say how well channels were, each at a time of its own and by the window that ended then.

    Readings, alarms and calibrations count by when they were observed, held or were performed, also where TwinQL
    learned of them later; limits, targets and resolutions are those of now.

    Args:
        connection: As somebody who may see them.
        asked: The channels, each with a time; one channel may come several times.
        window: Over how long a time; None takes what is usual for the resolution of each.
    """
    sheets, ids, ends = [sheet for sheet, _ in asked], [sheet.id for sheet, _ in asked], [at for _, at in asked]
    spans = [sheet.span(at - window_of(window, sheet.resolution_s), at) for sheet, at in asked]
    ages = await _ages_at(connection, asked)
    counts = await counts_of(connection, spans, [sheet.resolution_s for sheet in sheets])
    alarms = await alarms_of(connection, ids, ends)
    calibrations = await calibrations_of(connection, ids, ends)
    aimed = [place for place, sheet in enumerate(sheets) if sheet.target != (None, None)]
    samples = dict(zip(aimed, await samples_of(connection, [spans[place] for place in aimed]), strict=True))

    def signs_of(place: int) -> Signs:
        (sheet, at), span, made = asked[place], spans[place], calibrations[place]
        return Signs(
            age=ages[place],
            expected=expected_readings(subject_of(sheet), span.first, span.last, at),
            actual=counts[place].actual,
            readings=counts[place].readings,
            bad=counts[place].bad,
            alarms=alarms[place],
            calibration=validity_of(made, at),
            calibration_left_s=None if made is None or made[1] is None else (made[1] - at).total_seconds(),
            target=None if place not in samples else _in_target(sheet, samples[place]),
        )

    healths = await aside(lambda: [channel_health(signs_of(place)) for place in range(len(asked))])
    return [Checked(*each) for each in zip(sheets, spans, healths, strict=True)]


def validity_of(calibration: tuple[datetime, datetime | None] | None, now: datetime) -> CalibrationValidity:
    """Say whether a calibration, by when it was made and until when it holds, still does."""
    performed, until = calibration or (None, None)
    return calibration_validity(
        None if performed is None else performed.timestamp(),
        valid_until_s=None if until is None else until.timestamp(),
        now_s=now.timestamp(),
    )


async def availabilities_of(
    connection: Connection, assets: Sequence[Sequence[Sheet]], now: datetime
) -> list[Availability]:
    """Say whether assets are heard of, by the channels of each."""
    sheets = [sheet for asset in assets for sheet in asset]
    heard = await heard_of(connection, [sheet.number for sheet in sheets], [now] * len(sheets), _LOOKED_BACK)
    ages = [_age(sheet, at_s, now) for sheet, at_s in zip(sheets, heard, strict=True)]
    known = {
        sheet.number: (age, at_s)
        for sheet, age, at_s in zip(sheets, ages, heard, strict=True)
        if not isinstance(age, Reason)
    }
    return [availability_of([known[sheet.number] for sheet in asset if sheet.number in known]) for asset in assets]


def _age(sheet: Sheet, at_s: Floats, now: datetime) -> Age | Reason:
    newest = at_s[:LAST_READINGS]
    return age_of(
        float(newest[0]) if len(newest) else None,
        now_s=now.timestamp(),
        resolution_s=sheet.resolution_s,
        spacing_s=float(np.median(-np.diff(newest))) if len(newest) > 1 else None,
    )


def _in_target(sheet: Sheet, sample: Sample) -> InTarget | Reason:
    lowest, highest = sheet.target
    return in_target(
        sample.stretch,
        minimum=lowest,
        maximum=highest,
        until_s=sample.span.last.timestamp(),
        spacing_s=sheet.resolution_s,
    )


def subject_of(sheet: Sheet) -> Subject:
    """Return what counting readings must know of a channel; its zone and its register do not matter to that."""
    return Subject(
        sheet.number, sheet.kind, sheet.quantity, sheet.unit, "UTC", sheet.resolution_s, None, sheet.schedule
    )
