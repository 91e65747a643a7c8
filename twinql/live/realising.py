"""Measures what came of decisions on which somebody acted, once each."""

from datetime import datetime

from twinql.domain.decisions.realised import realised
from twinql.live.foresight import FORESIGHT
from twinql.storage import realising
from twinql.storage.database import Database
from twinql.storage.saving import prices_at


async def realise(database: Database, now: datetime) -> int:
    """Measure what came of decisions whose time has come, keep it, and return of how many."""
    async with database.transaction(FORESIGHT) as connection:
        acted = await realising.acted_on(connection, now)
        prices = await prices_at(connection, sorted({each.meter_id for each in acted if each.meter_id}), now)
        for each in acted:
            found = realised(
                each.action,
                made_at_s=each.made_at.timestamp(),
                until_s=each.until_at.timestamp(),
                limit=each.limit,
                read=await realising.course_of(connection, each.channel_number, each.made_at, each.until_at),
                expected=each.expected,
                power=await realising.power_of(connection, each),
                price=None if each.meter_id is None else prices.get(each.meter_id),
            )
            await realising.keep(connection, each.id, found, now)
    return len(acted)
