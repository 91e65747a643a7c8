"""Knows what lowering a load would save, learned beforehand, so that a decision does not wait for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.decisions.measures import Actuator
from twinql.domain.decisions.recommendation import Recommendation
from twinql.domain.decisions.saving import Price, with_saving
from twinql.domain.decisions.vocabulary import DecisionAction
from twinql.live.foresight import FORESIGHT
from twinql.storage.database import Connection, Database
from twinql.storage.saving import Load, loads_near, prices_at

_PRICED_EVERY: Final = timedelta(minutes=5)


@dataclass(slots=True)
class Savings:
    """Loads and prices, as far as they were learned.

    Attributes:
        loads: By the channel that sets them.
        prices: By meter.
    """

    loads: dict[UUID, Load] = field(default_factory=dict)
    prices: dict[UUID, Price] = field(default_factory=dict)
    _priced_at: datetime | None = None

    async def learn(self, connection: Connection, asset_ids: Sequence[UUID], now: datetime) -> None:
        """Learn how much power goes with the loads near assets."""
        self.loads |= await loads_near(connection, asset_ids, now)

    async def price(self, database: Database, now: datetime) -> None:
        """Ask what a kilowatt hour costs now, unless that was asked just now."""
        meters = {each.meter_id for each in self.loads.values() if each.meter_id is not None}
        if not meters or (self._priced_at is not None and now < self._priced_at + _PRICED_EVERY):
            return
        async with database.transaction(FORESIGHT, readonly=True) as connection:
            self.prices = dict(await prices_at(connection, sorted(meters), now))
        self._priced_at = now

    def told(self, found: Recommendation, actuators: Sequence[Actuator]) -> Recommendation:
        """Tell what a recommendation to lower a load saves, where that is known."""
        if found.action is not DecisionAction.REDUCE_LOAD or found.proposal is None:
            return found
        known = self.loads.get(found.proposal.channel_id)
        value = next((each.value for each in actuators if each.id == found.proposal.channel_id), None)
        if known is None or value is None:
            return found
        price = None if known.meter_id is None else self.prices.get(known.meter_id)
        return with_saving(found, now=value, gain=known.gain, price=price)
