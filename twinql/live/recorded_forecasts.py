"""Takes in forecasts that others made, with the naive forecast of their moment beside them."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.bulk import Beside
from twinql.domain.forecasting.elsewhere import Elsewhere, beside_then
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.simple import last_known
from twinql.domain.identity import Actor, subject_of
from twinql.errors import ConflictError, InvalidInputError, NotFoundError
from twinql.live.foresight import FORESIGHT
from twinql.live.workshop import Workshop
from twinql.storage import forecasts
from twinql.storage.database import Connection, Database
from twinql.storage.forecast_history import Stretch, histories
from twinql.storage.forecasts import Subject

_PAST_DAYS: Final = 28
_FEWEST_STEPS, _MOST_STEPS = 720, 2_880
_DAY_S: Final = 86_400


async def record_forecast(
    database: Database,
    workshop: Workshop,
    actor: Actor,
    subject_id: UUID,
    given: Elsewhere,
    *,
    of_meter: bool,
    now: datetime,
) -> UUID:
    """Keep a forecast that others made, and return its id; the same one again is the one that is there.

    Args:
        database: Where readings and forecasts are.
        workshop: Where the naive forecast of its moment is worked out.
        actor: Who records it.
        subject_id: The channel, or the meter whose consumption it is of.
        given: The forecast.
        of_meter: Whether it is of a meter's consumption.
        now: The present.

    Raises:
        NotFoundError: There is no such channel or meter in use, or the actor may not see it.
        InvalidInputError: It cannot be scored, or is no forecast.
        ConflictError: There is another one of this model and time.
        UnavailableError: Too much is being worked out already.
    """
    path = "meterId" if of_meter else "channelId"
    async with database.transaction(actor, readonly=True) as connection:
        found = await (forecasts.consumptions_of if of_meter else forecasts.subjects_of)(connection, [subject_id])
    if subject_id not in found:
        raise NotFoundError("There is nothing of this kind in use; look its id up first.", path=(path,))
    subject = found[subject_id]
    if subject is None or subject.kind is ReadingKind.STATE:
        raise InvalidInputError("Forecasts are of measured quantities, and of what something counts.", path=(path,))
    given.check(now=now, resolution_s=subject.resolution_s if subject.kind is ReadingKind.INTERVAL else None)
    async with database.transaction(FORESIGHT, readonly=True) as connection:
        past = await _past_of(connection, subject, given)
    cumulative, begins_s = subject.kind is ReadingKind.CUMULATIVE, given.starts_at.timestamp()
    theirs = workshop.of(subject.organisation_id)
    naive = await theirs.run(beside_then, past, begins_s, len(given.median), cumulative)
    async with database.transaction(FORESIGHT) as connection:
        row = _row(subject, given, past, naive) | {"recorded_by": subject_of(actor), "recorded_at": now}
        await forecasts.insert(connection, [row])
        return await _kept(connection, subject_id, given)


async def _kept(connection: Connection, subject_id: UUID, given: Elsewhere) -> UUID:
    kept = await forecasts.recorded(connection, subject_id, given.model, given.issued_at, given.starts_at)
    same = (given.level, given.step_s, list(given.lower), list(given.median), list(given.upper))
    if kept[1:] != same:
        raise ConflictError("There is another forecast of this model, issued and starting then; it stays as it is.")
    forecast_id: UUID = kept[0]
    return forecast_id


async def _past_of(connection: Connection, subject: Subject, given: Elsewhere) -> Past:
    """Read what was read before it was issued, in steps that go on into its own."""
    step_s = given.step_s
    ahead = -(-int((given.starts_at - given.issued_at).total_seconds()) // step_s)
    last = given.starts_at - timedelta(seconds=max(ahead, 0) * step_s)
    steps = int(np.clip(_PAST_DAYS * _DAY_S // step_s, _FEWEST_STEPS, _MOST_STEPS))
    first = last - timedelta(seconds=steps * step_s)
    stretch = Stretch(subject.number, subject.kind, subject.resolution_s, first, step_s, steps, subject.counters)
    (values,) = await histories(connection, [stretch])
    return Past(values, first.timestamp(), step_s, subject.zone)


def _row(subject: Subject, given: Elsewhere, past: Past, naive: Beside) -> dict[str, object]:
    last = last_known(past.values)[-1]
    return {
        "id": str(uuid4()),
        "organisation_id": str(subject.organisation_id),
        "channel_id": str(subject.id),
        "meter_id": None if subject.meter is None else str(subject.meter.meter_id),
        "regular": False,
        "issued_at": given.issued_at,
        "model": given.model,
        "level": given.level,
        "starts_at": given.starts_at,
        "step_seconds": given.step_s,
        "p10": list(given.lower),
        "p50": list(given.median),
        "p90": list(given.upper),
        "naive": naive.expected.tolist(),
        "scale": naive.scale,
        "backtest_count": 0,
        "last_value": None if np.isnan(last) else float(last),
    }
