"""Works out what would happen if, and keeps what came of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from twinql.domain.identity import Actor, Worker
from twinql.domain.scenarios.load_shift import LoadShift
from twinql.domain.scenarios.question import TemperatureWhatIf
from twinql.domain.scenarios.scenario import ScenarioRefusal
from twinql.domain.wording import cleaned_or_none
from twinql.errors import InvalidInputError
from twinql.live.load_shift import shift_load
from twinql.live.what_if import foresee
from twinql.storage.costs import Reading
from twinql.storage.database import Database
from twinql.storage.scenarios import keep

Run = Callable[..., Awaitable[Any]]
"""Works a function out beside the event loop, and returns what it gives."""
_KEEPER = Worker("scenarios")


async def simulated(
    database: Database,
    actor: Actor,
    reading: Reading,
    run: Run,
    *,
    name: str | None,
    temperature: TemperatureWhatIf | None,
    load_shift: LoadShift | None,
    now: datetime,
) -> UUID | ScenarioRefusal:
    """Return the id of a scenario that was worked out and kept, or why there is none.

    Args:
        database: Where it is kept.
        actor: Who asks, and in whose name it is kept.
        reading: Opens transactions that only read, as whoever asks.
        run: Works out what takes long beside the event loop.
        name: What it shall be called; None for what it asks.
        temperature: What is asked of a temperature.
        load_shift: What is asked of a load; exactly one of the two is asked.
        now: The present.

    Raises:
        TwinError: It can never be worked out as it is asked, or names what the actor may not see.
    """
    name = cleaned_or_none(name, "name", "name")
    if temperature is not None and load_shift is None:
        found = await foresee(reading, run, temperature, name, now=now)
    elif load_shift is not None and temperature is None:
        found = await shift_load(reading, run, load_shift, name, now=now)
    else:
        raise InvalidInputError("Ask of a temperature or of a load, by exactly one of temperature and loadShift.")
    if isinstance(found, ScenarioRefusal):
        return found
    # Only TwinQL itself writes scenarios: nobody keeps one that nothing worked out.
    async with database.transaction(_KEEPER) as connection:
        return await keep(connection, found, actor, now=now)
