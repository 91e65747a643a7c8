"""Tells people of alarms: takes what waits for an address, tells it, and writes down what came of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Final
from uuid import UUID

import asyncpg
import orjson
import structlog

from twinql.background import beside
from twinql.delivery.answer import TAKEN, Answer
from twinql.domain.alarms.letters import letter_of
from twinql.domain.alarms.notices import event_of
from twinql.domain.alarms.targets import NotificationStatus, TargetKind, retry_delay
from twinql.domain.identity import Worker
from twinql.errors import TwinError
from twinql.live.couriers import Couriers
from twinql.live.mail import NOT_SET_UP
from twinql.storage import notifications
from twinql.storage.database import Database
from twinql.storage.notifications import Due, Result, Round

NOTIFIER: Final = Worker("notifier")
PERIOD_S: Final = 1.0
AT_ONCE: Final = 32
"""How many addresses one server tells at the same time."""
AT_ONCE_OF_ONE: Final = 4
"""How many of them are of one organisation: its slow ones keep those of others not waiting."""
MOST_AT_ONCE: Final = {TargetKind.WEBHOOK: 10, TargetKind.EMAIL: 500}
"""How many steps one address is told in a round: one after the other by webhook, in one letter by e-mail."""
CLAIMED_FOR: Final = timedelta(minutes=3)
"""Longer than a round can take. After a crash it is due again when this is over."""
BETWEEN_LETTERS: Final = timedelta(minutes=1)
"""What happens within a minute of a letter is gathered for the next one."""
AWAY_FOR: Final = timedelta(seconds=30)
"""For so long nothing is sent to an address at which nobody answered."""
_COUNTS_EVERY: Final = timedelta(seconds=15)

log = structlog.stdlib.get_logger("twinql.notifier")


@dataclass(slots=True)
class Notifier:
    """Tells targets of the steps of alarms that wait for them; several servers share the work.

    Attributes:
        database: Where it is written what waits.
        couriers: The ways to tell people.
        clock: Gives the present.
        jitter: Draws where in its range a wait is, from 0 to 1.
        outcomes: How many attempts this process has made, by what became of them.
        waiting: How many notifications waited when they were last counted, those of all servers.
    """

    database: Database
    couriers: Couriers
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = SystemRandom().random
    outcomes: Counter[str] = field(
        default_factory=lambda: Counter(dict.fromkeys(("DELIVERED", "PENDING", "FAILED"), 0))
    )
    waiting: int = 0
    _counted_at: datetime | None = None
    _telling: dict[asyncio.Task[None], UUID] = field(default_factory=dict)
    """The rounds that are under way, and whose they are."""

    async def run(self) -> None:
        """Tell, wait, and tell again until cancelled."""
        try:
            while True:
                try:
                    await self._go_on()
                    if self._telling:
                        continue
                except (TwinError, asyncpg.PostgresError, OSError) as error:
                    log.warning("People were not told of alarms; the next round may work.", error=str(error))
                except Exception:  # a defect in telling one of them must not silence the others for good
                    log.exception("Telling people of alarms failed.")
                await asyncio.sleep(PERIOD_S)
        finally:
            for each in self._telling:
                each.cancel()
            await asyncio.gather(*self._telling, return_exceptions=True)

    async def tell(self) -> None:
        """Tell everything that is due now."""
        await self._go_on()
        while self._telling:
            await self._go_on()

    async def _go_on(self) -> None:
        """Begin to tell whoever can be told, and wait until one of them is, or for a period."""
        for each in [task for task in self._telling if task.done()]:
            del self._telling[each]
            each.result()
        await self._look_after()
        while len(self._telling) < AT_ONCE and (claimed := await self._claim()) is not None:
            self._telling[asyncio.create_task(self._tell(claimed))] = claimed.organisation_id
        if self._telling:
            await asyncio.wait(self._telling, timeout=PERIOD_S, return_when=asyncio.FIRST_COMPLETED)

    async def _look_after(self) -> None:
        """Give up what is not to be tried again, and count what waits."""
        now = self.clock()
        async with self.database.transaction(NOTIFIER) as connection:
            self.outcomes[NotificationStatus.FAILED.value] += await notifications.close(connection, now)
            if self._counted_at is None or now >= self._counted_at + _COUNTS_EVERY:
                self.waiting, self._counted_at = await notifications.waiting(connection), now

    async def _claim(self) -> Round | None:
        """Take an address that is due, of an organisation that has its share not yet."""
        now = self.clock()
        busy = [each for each, count in Counter(self._telling.values()).items() if count >= AT_ONCE_OF_ONE]
        async with self.database.transaction(NOTIFIER) as connection:
            until = now + CLAIMED_FOR
            return await notifications.claim(connection, now=now, until=until, most=MOST_AT_ONCE, busy=busy)

    async def _tell(self, claimed: Round) -> None:
        """Tell an address, and write down what came of it."""
        await self._record(claimed, await self._answers(claimed))

    async def _answers(self, claimed: Round) -> list[Answer]:
        """Tell an address, and return what came of each notice."""
        if claimed.kind is TargetKind.WEBHOOK:
            return await self._post(claimed)
        if self.couriers.mail is None:
            return [NOT_SET_UP] * len(claimed.due)
        if not claimed.due:
            return []
        letter = letter_of([each.notice for each in claimed.due])
        return [await self.couriers.mail.send(claimed.address, letter, now=self.clock())] * len(claimed.due)

    async def _post(self, claimed: Round) -> list[Answer]:
        """Send one after the other; where nobody answers, the others are not sent and share the answer."""
        answers: list[Answer] = []
        for due in claimed.due:
            if answers and answers[-1].away:
                answers.append(answers[-1])
                continue
            assert due.secret is not None
            answers.append(
                await self.couriers.webhooks.post(
                    claimed.address,
                    orjson.dumps(event_of(due.notice)),
                    secret=due.secret,
                    event_id=due.notice.event_id,
                    now=self.clock(),
                )
            )
        return answers

    async def _record(self, claimed: Round, answers: list[Answer]) -> None:
        now = self.clock()
        results = [(due, self._result(due, each, now)) for due, each in zip(claimed.due, answers, strict=True)]
        async with self.database.transaction(NOTIFIER) as connection:
            await notifications.record(connection, results)
            await notifications.rest(connection, claimed.claim, now + _pause(claimed, answers))
        for due, result in results:
            self.outcomes[result.status.value] += 1
            if result.error is not None:
                log.warning(
                    "Somebody was not told of an alarm.",
                    target=str(due.notice.target_id),
                    notification=str(due.notice.id),
                    attempt=due.attempts,
                    again_at=result.next_attempt_at and result.next_attempt_at.isoformat(),
                    error=result.error,
                )

    def _result(self, due: Due, answer: Answer, now: datetime) -> Result:
        if answer.error is None:
            return Result(NotificationStatus.DELIVERED, delivered_at=now)
        delay = None if answer.lasting else retry_delay(due.attempts, jitter=self.jitter())
        if delay is None:
            return Result(NotificationStatus.FAILED, answer.error)
        delay = max(delay, answer.pause or timedelta(0))
        return Result(NotificationStatus.PENDING, answer.error, next_attempt_at=now + delay)


def _pause(claimed: Round, answers: list[Answer]) -> timedelta:
    """Return for how long nobody else tells an address."""
    last = answers[-1] if answers else TAKEN
    asked = last.pause or (AWAY_FOR if last.away else timedelta(0))
    letters = claimed.kind is TargetKind.EMAIL and answers and last is not NOT_SET_UP
    return max(asked, BETWEEN_LETTERS) if letters else asked


@asynccontextmanager
async def notifying(database: Database, couriers: Couriers) -> AsyncIterator[Notifier]:
    """Tell people of alarms for as long as the block lasts."""
    notifier = Notifier(database, couriers)
    async with beside(notifier=notifier.run()):
        yield notifier
