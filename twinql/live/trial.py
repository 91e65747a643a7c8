"""Tries out a target of alarms: a test that is told at once, and once."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import orjson

from twinql.delivery.answer import Answer
from twinql.domain.alarms.letters import trial_letter
from twinql.domain.alarms.notices import trial_event_of
from twinql.domain.alarms.targets import TargetKind
from twinql.errors import ConflictError, NotFoundError
from twinql.live.couriers import Couriers
from twinql.live.mail import NOT_SET_UP
from twinql.live.notifier import BETWEEN_LETTERS, NOTIFIER
from twinql.storage import notifications
from twinql.storage.database import Database
from twinql.storage.notifications import Trial

CLAIMED_FOR: Final = timedelta(minutes=1)
"""Longer than a trial can take."""


async def try_out(
    database: Database, couriers: Couriers, target_id: UUID, organisation_id: UUID, *, now: datetime
) -> Answer:
    """Tell a target of a test, and return what came of it.

    Nobody else tells the same address meanwhile, and a letter keeps the next one waiting as any other does: nobody's
    letter box is filled by trying.

    Raises:
        NotFoundError: The organisation has no such target in use.
        ConflictError: The address is being told something, or was told a moment ago.
    """
    async with database.transaction(NOTIFIER) as connection:
        tried = await notifications.claim_trial(
            connection, target_id, organisation_id, now=now, until=now + CLAIMED_FOR
        )
    if tried is None:
        raise NotFoundError("There is no such target in use; look at the list.", path=("id",))
    if tried.claim is None:
        raise ConflictError(
            "This address is being told something, was told a moment ago, or asked for a pause; try again in a minute.",
            path=("id",),
        )
    answer = await _tell(couriers, tried, target_id, now)
    pause = BETWEEN_LETTERS if tried.kind is TargetKind.EMAIL and answer is not NOT_SET_UP else timedelta(0)
    async with database.transaction(NOTIFIER) as connection:
        await notifications.rest(connection, tried.claim, now + max(pause, answer.pause or pause))
    return answer


async def _tell(couriers: Couriers, tried: Trial, target_id: UUID, now: datetime) -> Answer:
    event_id = f"test_{uuid4()}"
    if tried.kind is TargetKind.WEBHOOK:
        assert tried.secret is not None
        body = orjson.dumps(trial_event_of(target_id, tried.name, event_id=event_id, now=now))
        return await couriers.webhooks.post(tried.address, body, secret=tried.secret, event_id=event_id, now=now)
    if couriers.mail is None:
        return NOT_SET_UP
    return await couriers.mail.send(tried.address, trial_letter(tried.name, key=event_id), now=now)
