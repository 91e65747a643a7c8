"""What the demo site is told ahead: the prices of its market, and what its electricity emits."""

import asyncio
from typing import Final

import numpy as np

from twinql.devices.demo_site import SIMULATOR, DemoSite
from twinql.domain.simulation.market import MARKET_STEP_S, market
from twinql.domain.simulation.world import World
from twinql.storage.database import Database
from twinql.storage.demo import last_values, write_history

PUBLISHES_EVERY_S: Final = 1800.0
_AHEAD_S: Final = 72 * 3600
"""So far ahead that at any hour all of tomorrow is known, and a night that begins then."""


async def publish_plans(database: Database, site: DemoSite, world: World, *, since_s: float, now_s: float) -> int:
    """Write what is not told yet, up to three days ahead.

    Args:
        database: Where to.
        site: The demo site; a plan that people archived is left alone.
        world: Its seed and places.
        since_s: Where plans begin that tell nothing yet, seconds since 1970 UTC. [s]
        now_s: The present. [s]

    Returns:
        How many half hours were written, over all channels.
    """
    plans = site.plans
    told = await last_values(database, SIMULATOR, [each.facts.number for each in plans.values()])
    until_s = int((now_s + _AHEAD_S) // MARKET_STEP_S) * MARKET_STEP_S
    written = 0
    for signal, channel in plans.items():
        last = told.get(channel.facts.number)
        first_s = int((since_s if last is None else last[0]) // MARKET_STEP_S + 1) * MARKET_STEP_S
        ends_s = np.arange(first_s, until_s + 1, MARKET_STEP_S, dtype=np.float64)
        if not len(ends_s):
            continue
        found = await asyncio.to_thread(market, seed=world.seed, place=world.house, ends_s=ends_s)
        values = {"market.price": found.price_eur_kwh, "market.carbon": found.carbon_g_kwh}[signal]
        await write_history(
            database, SIMULATOR, [channel.facts], first_s=first_s, step_s=MARKET_STEP_S, values=values[np.newaxis]
        )
        written += len(ends_s)
    return written
