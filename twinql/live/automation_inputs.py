"""Numbers that conditions of people's rules look at and that no single reading tells: forecasts and traits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.automation.condition import Condition, ConditionComparison, ConditionMeasure, Found
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.sheet import Sheet, window_of
from twinql.domain.diagnosis.slope import slope_of
from twinql.domain.diagnosis.stretch import Stretch
from twinql.domain.diagnosis.traits import noise_of
from twinql.domain.forecasting.past import Floats
from twinql.domain.forecasting.prediction import Refusal
from twinql.live.foresight import FORESIGHT, Wanted, predict
from twinql.live.workshop import Workshop
from twinql.storage import forecasts
from twinql.storage.aside import aside
from twinql.storage.automation_watch import Watched
from twinql.storage.database import Connection, Database
from twinql.storage.diagnosis import samples_of, sheets_of
from twinql.storage.health import healths_of

AGAIN_AFTER: Final = timedelta(seconds=5)
"""How long a number serves that takes some work, also where newer readings came."""
TRAITS: Final = frozenset({ConditionMeasure.HEALTH, ConditionMeasure.DRIFT, ConditionMeasure.NOISE})
_MINUTE_S: Final = 60.0

Name = tuple[UUID, ConditionMeasure, timedelta | None]
Known = Floats | float | str
"""The course that is expected, a number, or why there is none."""


@dataclass(frozen=True, slots=True)
class _Kept:
    at: datetime
    known: Known


@dataclass(slots=True)
class Inputs:
    """Works such numbers out, and keeps each for a moment.

    Attributes:
        database: Where readings are.
        workshop: Where forecasts are worked out.
    """

    database: Database
    workshop: Workshop
    _kept: dict[Name, _Kept] = field(default_factory=dict)

    async def complete(self, watched: Iterable[Watched], now: datetime) -> dict[Name, Known]:
        """Return what is known for each of these conditions that takes more than a reading."""
        asked = {_name(each.condition): each for each in watched if _takes_work(each.condition.measure)}
        self._kept = {name: kept for name, kept in self._kept.items() if name in asked and now < kept.at + AGAIN_AFTER}
        missing = [
            each for name, each in asked.items() if name not in self._kept and each.found.observed_at is not None
        ]
        found = await self._foreseen(
            [each for each in missing if each.condition.measure is ConditionMeasure.FORECAST], now
        )
        found |= await self._diagnosed([each for each in missing if each.condition.measure in TRAITS], now)
        self._kept |= {name: _Kept(now, known) for name, known in found.items()}
        return {name: kept.known for name, kept in self._kept.items()}

    async def _foreseen(self, watched: Sequence[Watched], now: datetime) -> dict[Name, Known]:
        if not watched:
            return {}
        async with self.database.transaction(FORESIGHT, readonly=True) as connection:
            subjects = await forecasts.subjects_of(connection, [each.condition.channel_id for each in watched])
        asked = [each.condition for each in watched if each.condition.channel_id in subjects]
        wanted = [(subjects[each.channel_id], Wanted(each.within or timedelta())) for each in asked]
        issues = await predict(self.database, self.workshop, wanted, now=now)
        return {
            _name(condition): issue.message if isinstance(issue, Refusal) else issue.made.prediction.median
            for condition, issue in zip(asked, issues, strict=True)
        }

    async def _diagnosed(self, watched: Sequence[Watched], now: datetime) -> dict[Name, Known]:
        if not watched:
            return {}
        async with self.database.transaction(FORESIGHT, readonly=True) as connection:
            numbers = list({each.number for each in watched})
            found = dict(zip(numbers, await sheets_of(connection, numbers), strict=True))
            sheets = [(each, sheet) for each in watched if (sheet := found[each.number]) is not None]
            of_health = [pair for pair in sheets if pair[0].condition.measure is ConditionMeasure.HEALTH]
            others = [pair for pair in sheets if pair[0].condition.measure is not ConditionMeasure.HEALTH]
            checked = await healths_of(connection, [sheet for _, sheet in of_health], None, now)
            stretches = await _stretches(connection, [sheet for _, sheet in others], now)
        traits = await aside(
            lambda: [
                _trait(each.condition.measure, stretch) for (each, _), stretch in zip(others, stretches, strict=True)
            ]
        )
        healths = [each.health.score for each in checked]
        return {
            **{
                _name(each.condition): "It was never read." if score is None else score
                for (each, _), score in zip(of_health, healths, strict=True)
            },
            **{_name(each.condition): trait for (each, _), trait in zip(others, traits, strict=True)},
        }


def filled(watched: Watched, known: dict[Name, Known]) -> Found:
    """Return what is known of a condition's channel, with the number that takes more than a reading."""
    condition, found = watched.condition, watched.found
    if not _takes_work(condition.measure):
        return found
    number = known.get(_name(condition))
    if number is None or isinstance(number, str):
        return replace(found, number=None, refusal=number)
    if isinstance(number, float):
        return replace(found, number=number)
    # Beyond now counts as well as beyond soon: what is there already is no less there.
    course = [*number.tolist(), *([] if found.number is None or found.bad else [found.number])]
    return replace(found, number=max(course) if condition.comparison is ConditionComparison.ABOVE else min(course))


async def _stretches(connection: Connection, sheets: Sequence[Sheet], now: datetime) -> list[Stretch]:
    spans = [sheet.span(now - window_of(None, sheet.resolution_s), now) for sheet in sheets]
    return [each.stretch for each in await samples_of(connection, spans)]


def _trait(measure: ConditionMeasure, stretch: Stretch) -> Known:
    if measure is ConditionMeasure.NOISE:
        noise = noise_of(stretch)
        return noise.message if isinstance(noise, Reason) else noise
    slope = slope_of(stretch)
    if isinstance(slope, Reason):
        return slope.message
    # What does not stand out from the noise goes nowhere.
    return slope.per_second * _MINUTE_S if slope.significant else 0.0


def _takes_work(measure: ConditionMeasure) -> bool:
    return measure is ConditionMeasure.FORECAST or measure in TRAITS


def _name(condition: Condition) -> Name:
    return condition.channel_id, condition.measure, condition.within
