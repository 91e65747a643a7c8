"""The demo site's past: simulated at the first start and loaded day by day, the newest first."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from twinql.devices.demo_site import SIMULATOR, DemoSite
from twinql.domain.channels import ChannelFacts
from twinql.domain.simulation.faults import Track
from twinql.domain.simulation.mill import Actuators
from twinql.domain.simulation.slots import SLOT_S
from twinql.domain.simulation.world import World, WorldState, beginning, observe
from twinql.storage.database import Database
from twinql.storage.demo import instants_present, write_history

DAY_S: Final = 86_400
QUARTER_S: Final = 900


@dataclass(frozen=True, slots=True)
class Past:
    """A simulated past, a value a minute of every signal, and the state in which it ends."""

    until_s: int
    days: int
    tracks: Mapping[str, Track]
    state: WorldState


def simulate_past(world: World, *, until_s: int, days: int) -> Past:
    """Let a world go on from so many days before an instant until it.

    Args:
        world: Seed and places.
        until_s: A whole minute, seconds since 1970 UTC. [s]
        days: How many days.

    Returns:
        Minutes (until - days, until], the same for the same arguments.
    """
    from_s = until_s - days * DAY_S
    at_s = np.arange(from_s + SLOT_S, until_s + 1, SLOT_S, dtype=np.float64)
    state, tracks, _ = observe(world, beginning(float(from_s)), at_s=at_s, actuators=Actuators())
    return Past(until_s, days, tracks, state)


async def days_missing(database: Database, site: DemoSite, *, until_s: int, days: int, since_s: float) -> list[int]:
    """Find which days of the past are not loaded yet, the newest first.

    A day is loaded in one transaction, so its last minute speaks for it.

    Args:
        database: Where to look.
        site: The demo site.
        until_s: Where the past ends. [s]
        days: How many days it has.
        since_s: Days that end before this are too old to be kept. [s]

    Returns:
        Counted back from the end: 0 is the last day.
    """
    ends = {until_s - back * DAY_S: back for back in range(days) if until_s - back * DAY_S > since_s}
    witness = next((each.facts for each in site.channels.values() if each.blueprint.every_s <= SLOT_S), None)
    if witness is None or not ends:
        return []
    present = await instants_present(database, SIMULATOR, witness.number, ends)
    return sorted(back for end, back in ends.items() if end not in present)


async def load_past(database: Database, site: DemoSite, past: Past, missing: Iterable[int]) -> None:
    """Write days of a past, in the order given, each in a transaction of its own.

    Args:
        database: Where to.
        site: The demo site.
        past: What was simulated.
        missing: Days counted back from its end.
    """
    for back in missing:
        end_s = past.until_s - back * DAY_S
        for step_s, signals in _by_step(site):
            first_s = (end_s - DAY_S) // step_s * step_s + step_s
            at_s = np.arange(first_s, end_s + 1, step_s)
            rows = (at_s - (past.until_s - past.days * DAY_S)) // SLOT_S - 1
            values = np.stack([past.tracks[signal].values[rows] for signal in signals])
            await write_history(
                database, SIMULATOR, _facts(site, signals), first_s=first_s, step_s=step_s, values=values
            )
        # Readers and live readings come first; the past can wait its turn.
        await asyncio.sleep(0)


def _by_step(site: DemoSite) -> list[tuple[int, list[str]]]:
    """Sort signals by how far apart their past readings lie: registers a quarter of an hour, the rest a minute.

    Minutes come last: the witness of `days_missing` is among them.
    """
    steps = {
        signal: QUARTER_S if each.blueprint.every_s >= QUARTER_S else SLOT_S for signal, each in site.channels.items()
    }
    order = sorted(steps, key=lambda signal: -steps[signal])
    return [(step, list(signals)) for step, signals in groupby(order, key=steps.__getitem__)]


def _facts(site: DemoSite, signals: Iterable[str]) -> list[ChannelFacts]:
    return [site.channels[signal].facts for signal in signals]
