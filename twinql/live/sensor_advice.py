"""Decides what is to be done about sensors: made once, kept while its ground is there, and let go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from twinql.domain.decisions.sensors import SENSOR_RULES, Found, Sensor, Substitute, failed, judge
from twinql.domain.decisions.standing import Standing
from twinql.domain.decisions.vocabulary import DecisionStatus
from twinql.live.foresight import FORESIGHT
from twinql.storage import decisions
from twinql.storage.database import Connection, Database
from twinql.storage.decisions import Making
from twinql.storage.sensors import sensors, substitutes_of


@dataclass(slots=True)
class SensorAdvice:
    """The rules of sensors, applied to those that an alarm or a calibration speaks of.

    Attributes:
        database: Where alarms, calibrations and decisions are.
    """

    database: Database
    _stand_ins: dict[tuple[UUID, datetime], list[Substitute]] = field(default_factory=dict)
    """Who could stand in for a sensor that failed at an instant: that is past, and looked at once."""

    async def look(self, now: datetime) -> int:
        """Apply the rules to all channels, and return how many decisions were made."""
        found: dict[str, dict[UUID, tuple[Sensor, Found]]] = {rule: {} for rule in SENSOR_RULES}
        known, self._stand_ins = self._stand_ins, {}
        async with self.database.transaction(FORESIGHT) as connection:
            for sensor in await sensors(connection, now):
                stand_ins: list[Substitute] = []
                if (trouble := failed(sensor)) is not None:
                    key = (sensor.id, trouble.since)
                    stand_ins = known[key] if key in known else await substitutes_of(connection, *key)
                    self._stand_ins[key] = stand_ins
                for each in judge(sensor, stand_ins, now):
                    found[each.recommendation.rule][sensor.id] = (sensor, each)
            return sum([await _apply(connection, rule, of_rule, now) for rule, of_rule in found.items()])


async def _apply(connection: Connection, rule: str, found: Mapping[UUID, tuple[Sensor, Found]], now: datetime) -> int:
    open_on = await decisions.open_of(connection, rule)
    standing = await decisions.standing(connection, [*open_on | found.keys()], rule)
    gone = [standing[each].id for each in open_on - found.keys() if each in standing]
    await decisions.settle_all(connection, gone, DecisionStatus.EXPIRED, now)
    changed = [(sensor, each) for sensor, each in found.values() if _is_new(standing.get(sensor.id), each)]
    replaced = [standing[sensor.id].id for sensor, _ in changed if sensor.id in open_on]
    await decisions.settle_all(connection, replaced, DecisionStatus.SUPERSEDED, now)
    return len(await decisions.make_all(connection, _makings(changed, now)))


def _makings(changed: Sequence[tuple[Sensor, Found]], now: datetime) -> list[Making]:
    return [Making(sensor, each.recommendation, now, None) for sensor, each in changed]


def _is_new(standing: Standing | None, found: Found) -> bool:
    """Say whether it was not said yet: what is open says it already, and what was answered since stays answered."""
    if standing is None:
        return True
    said = (standing.action, standing.urgency)
    if standing.is_open:
        return said != (found.recommendation.action, found.recommendation.urgency)
    answered = standing.status in {DecisionStatus.ACCEPTED, DecisionStatus.REJECTED}
    return not (answered and standing.settled_at is not None and standing.settled_at >= found.since)
