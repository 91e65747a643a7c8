"""Decides what is to be done about sensors."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from twinql.domain.decisions.sensors import SENSOR_RULES, Substitute, failed, judge
from twinql.live.foresight import FORESIGHT
from twinql.live.renewing import Ground, renew
from twinql.storage.database import Database
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
        found: dict[str, dict[UUID, Ground]] = {rule: {} for rule in SENSOR_RULES}
        known, self._stand_ins = self._stand_ins, {}
        async with self.database.transaction(FORESIGHT) as connection:
            for sensor in await sensors(connection, now):
                stand_ins: list[Substitute] = []
                if (trouble := failed(sensor)) is not None:
                    key = (sensor.id, trouble.since)
                    stand_ins = known[key] if key in known else await substitutes_of(connection, *key)
                    self._stand_ins[key] = stand_ins
                for each in judge(sensor, stand_ins, now):
                    found[each.recommendation.rule][sensor.id] = Ground(sensor, each.recommendation, each.since)
            return sum([await renew(connection, rule, of_rule, now) for rule, of_rule in found.items()])
