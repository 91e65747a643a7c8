"""Tells how long machines have left, by the runs of others of their model."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.remaining_life.limits import FEWEST_FAILURES
from twinql.domain.remaining_life.model import learn
from twinql.domain.remaining_life.rows import step_of
from twinql.domain.remaining_life.runs import Proof, RemainingLife
from twinql.live.life_models import Learnt, LifeModels
from twinql.live.workshop import Workshop
from twinql.storage.database import Connection
from twinql.storage.remaining_life import Fleet, Recorded, observed

Reading = Callable[[], AbstractAsyncContextManager[Connection]]
"""Opens a transaction that reads as whoever asks."""
_NO_CHANNEL: Final = Reason(
    ReasonCode.NO_CHANNEL, "The machine has no channel that measures something; make one, and record what it reads."
)
_NO_BEGINNING: Final = Reason(
    ReasonCode.INSUFFICIENT_HISTORY,
    "Nobody knows since when it has run; bring along its installation, as a REPLACEMENT with `failed: false`.",
    required=1,
    available=0,
)


@dataclass(frozen=True, slots=True)
class Told:
    """How long a machine has left.

    Attributes:
        sheets: Its channels that were looked at, in order.
        step_s: How long a step is; None where no run to failure says how long lives are. [s]
        proof: How right such answers are; None where nothing was learned.
        life: What is left [steps], or why nobody knows.
    """

    sheets: Sequence[Sheet]
    step_s: float | None
    proof: Proof | None
    life: RemainingLife | Reason


async def told_of(reading: Reading, models: LifeModels, workshop: Workshop, fleet: Fleet, now: datetime) -> Told:
    """Say how long a machine has left.

    What is learned of runs is learned once an hour, and where a run has ended; what goes on then counts until the hour.

    Args:
        reading: As whoever asks.
        models: What was learned already.
        workshop: Does what takes a core for long.
        fleet: What the machine can be compared with.
        now: The present.
    """
    failures = [run for run in fleet.runs if run.failed]
    lengths_s = [(run.ended - run.began).total_seconds() for run in failures if run.ended is not None]
    if not fleet.sheets or len(failures) < FEWEST_FAILURES:
        return Told(fleet.sheets, None, None, _too_few(fleet, len(failures)) if fleet.sheets else _NO_CHANNEL)
    step_s, hour = step_of(lengths_s), now.replace(minute=0, second=0, microsecond=0)
    runs = [run for run in fleet.runs if run.ended is not None or run.began < hour]

    async def learned() -> Learnt:
        async with reading() as connection:
            rows = await observed(connection, fleet.sheets, runs, step_s, hour)
        return await workshop.run(learn, rows)

    model = await models.of((hour, step_s, *_ids(fleet.sheets), *map(_id, runs)), learned)
    if isinstance(model, Reason) or fleet.present is None:
        reason = model if isinstance(model, Reason) else _NO_BEGINNING
        return Told(fleet.sheets, step_s, None if isinstance(model, Reason) else model.proof, reason)
    async with reading() as connection:
        [present] = await observed(connection, fleet.sheets, [fleet.present], step_s, now)
    return Told(fleet.sheets, step_s, model.proof, model.remaining(present))


def _id(run: Recorded) -> tuple[object, ...]:
    return (run.began, run.ended, run.failed, *_ids(run.sheets))


def _ids(sheets: Sequence[Sheet | None]) -> tuple[int | None, ...]:
    return tuple(None if sheet is None else sheet.number for sheet in sheets)


def _too_few(fleet: Fleet, failures: int) -> Reason:
    message = (
        f"This needs {FEWEST_FAILURES} runs of machines of its model, from a known beginning to a failure, and there "
        f"{'is' if failures == 1 else 'are'} {failures}; record {FEWEST_FAILURES - failures} more: REPAIRs or "
        "REPLACEMENTs that are DONE, with `failed: true`."
    )
    if fleet.unbegun:
        message += f" Without a beginning, {fleet.unbegun} more do not count: nothing was DONE to the machine before."
    if fleet.impossible:
        message += (
            f" Of no length, {fleet.impossible} more do not count: they failed no later than what was DONE before; "
            "cancel them, and say anew when they failed and were DONE."
        )
    return Reason(ReasonCode.INSUFFICIENT_HISTORY, message, FEWEST_FAILURES, failures)
