"""Sends commands to webhooks, and again until one answers or the command expires; what it answers is its report."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from twinql.background import beside
from twinql.delivery.answer import Answer
from twinql.delivery.webhook import ANSWERS_WITHIN_S, Webhooks
from twinql.domain.command_messages import answered
from twinql.domain.command_reports import DeviceReport
from twinql.domain.commands import CommandStatus
from twinql.domain.identity import Device, Worker
from twinql.domain.webhooks import backoff
from twinql.errors import ConflictError, TwinError
from twinql.storage import attempts
from twinql.storage import command_deliveries as deliveries
from twinql.storage.command_deliveries import Delivery
from twinql.storage.database import Connection, Database
from twinql.storage.device_reports import take_report
from twinql.storage.dispatch import Waiting, move

WEBHOOKS: Final = Worker("webhooks")
PERIOD_S: Final = 1.0
AT_ONCE: Final = 32
"""How many commands one server sends at the same time."""
AT_ONCE_OF_ONE: Final = 8
"""How many of them are of one organisation: its slow webhooks keep those of others not waiting."""
CLAIMED_FOR: Final = timedelta(seconds=3 * ANSWERS_WITHIN_S)
"""Longer than an attempt can take. After a crash it is due again when this is over."""
FIRST_DELAY: Final = timedelta(seconds=1)
GROWTH: Final = 2.0
LONGEST_DELAY: Final = timedelta(seconds=30)
_READS: Final = 4096

log = structlog.stdlib.get_logger("twinql.webhooks")


@dataclass(slots=True)
class CommandWebhooks:
    """The way to devices that are told of their commands by webhook; several servers share the work.

    Attributes:
        database: Where commands are.
        webhooks: Sends the requests.
        clock: Gives the present.
        jitter: Draws where in its range a wait is, from 0 to 1.
        name: What it is called in transitions.
        outcomes: How many attempts this process has made, by what became of them.
    """

    database: Database
    webhooks: Webhooks = field(default_factory=Webhooks)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = SystemRandom().random
    name: str = "webhook"
    outcomes: Counter[str] = field(
        default_factory=lambda: Counter(dict.fromkeys(("TAKEN", "PENDING", "REFUSED", "EXPIRED"), 0))
    )
    _channels: Collection[int] = ()
    _due: asyncio.Event = field(default_factory=asyncio.Event)
    _sending: dict[asyncio.Task[None], UUID] = field(default_factory=dict)
    """The attempts that are under way, and whose they are."""

    def channels(self) -> Collection[int]:
        """Return the channels whose commands are sent to webhooks."""
        return self._channels

    async def send(self, command: Waiting) -> None:
        """Let a command wait for its webhook; what that answers is reported later.

        Raises:
            ConflictError: Its webhook was switched off a moment ago.
        """
        async with self.database.transaction(WEBHOOKS) as connection:
            if not await deliveries.hand_over(connection, command.id, self.clock()):
                raise ConflictError("The webhook was switched off before it could be told.")
            await attempts.reached_nobody(connection, command.id)
        self._due.set()

    async def run(self) -> None:
        """Send, wait, and send again until cancelled."""
        try:
            while True:
                self._due.clear()
                try:
                    await self.go_on()
                except (TwinError, asyncpg.PostgresError, OSError) as error:
                    log.warning("Commands were not sent to webhooks; the next round may work.", error=str(error))
                except Exception:  # a defect in sending one of them must not keep the others for good
                    log.exception("Sending commands to webhooks failed.")
                woken = asyncio.create_task(self._due.wait())
                await asyncio.wait({woken, *self._sending}, timeout=PERIOD_S, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
        finally:
            for each in self._sending:
                each.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def go_on(self) -> None:
        """Look which channels have webhooks, and begin to send whatever is due."""
        for each in [task for task in self._sending if task.done()]:
            del self._sending[each]
            each.result()
        async with self.database.transaction(WEBHOOKS) as connection:
            self._channels = await deliveries.channels_of_webhooks(connection, self.clock())
        while len(self._sending) < AT_ONCE and (claimed := await self._claim()) is not None:
            self._sending[asyncio.create_task(self._attempt(claimed))] = claimed.message.organisation_id

    async def settle(self) -> None:
        """Wait until everything that is due now was tried."""
        await self.go_on()
        while self._sending:
            await asyncio.wait(self._sending)
            await self.go_on()

    async def _claim(self) -> Delivery | None:
        now = self.clock()
        busy = [each for each, count in Counter(self._sending.values()).items() if count >= AT_ONCE_OF_ONE]
        async with self.database.transaction(WEBHOOKS) as connection:
            return await deliveries.claim(connection, now=now, until=now + CLAIMED_FOR, busy=busy)

    async def _attempt(self, delivery: Delivery) -> None:
        """Send a command that nobody has answered for yet, and write down what came of it."""
        message, now = delivery.message, self.clock()
        async with self.database.transaction(WEBHOOKS) as connection:
            if not await self._goes(connection, delivery, now):
                return
        answer = await self.webhooks.post(
            delivery.address,
            message.body(),
            secret=delivery.secret,
            event_id=message.event_id,
            now=now,
            reads=_READS,
        )
        async with self.database.transaction(WEBHOOKS) as connection:
            await self._record(connection, delivery, answer)
        if answer.error is not None:
            log.warning(
                "A command was not taken by its webhook.",
                command=str(message.id),
                webhook=str(delivery.webhook_id),
                attempt=delivery.attempts,
                error=answer.error,
            )
        self._due.set()  # what waits behind it on the same channel may go now

    async def _goes(self, connection: Connection, delivery: Delivery, now: datetime) -> bool:
        """Say whether a webhook is to be told of a command now; otherwise this was its end."""
        command_id = delivery.message.id
        if delivery.status is CommandStatus.SENT and now >= delivery.message.expires_at:
            await self._give_up(connection, delivery)
            return False
        if delivery.status is CommandStatus.SENT and not delivery.in_use:
            await attempts.end(connection, command_id, attempts.NO_DEVICE, now=now)
        elif await attempts.begin(connection, command_id, device=delivery.api_key_id, now=now):
            return True
        await self._finish(connection, command_id)  # it was ended, or somebody has answered otherwise
        return False

    async def _finish(self, connection: Connection, command_id: UUID) -> None:
        await deliveries.finish(connection, command_id)
        await attempts.forget(connection, command_id)

    async def _record(self, connection: Connection, delivery: Delivery, answer: Answer) -> None:
        now, command_id = self.clock(), delivery.message.id
        await deliveries.note(connection, delivery.webhook_id, at=now, error=answer.error)
        if answer.error is not None and not answer.lasting:
            delay = backoff(
                delivery.attempts, first=FIRST_DELAY, growth=GROWTH, longest=LONGEST_DELAY, jitter=self.jitter()
            )
            again_at = now + max(delay, answer.pause or timedelta(0))
            await deliveries.postpone(connection, command_id, min(again_at, delivery.message.expires_at))
            if answer.refused:
                await attempts.came_to_nothing(connection, command_id)
            self.outcomes["PENDING"] += 1
            return
        status, detail = answered(answer.body)
        if answer.error is not None:
            status, detail = CommandStatus.REJECTED, detail or answer.error
            await attempts.came_to_nothing(connection, command_id)
            if not await attempts.forget(connection, command_id):
                # Whoever acted on an earlier attempt may refuse to do it twice.
                detail = f"{detail} Nobody knows whether an earlier attempt did."
                await self._end(connection, command_id, CommandStatus.TIMED_OUT, detail)
                self.outcomes["REFUSED"] += 1
                return
        # Whoever reported meanwhile by other ways has said what became of it; this is then old news.
        await take_report(
            connection, DeviceReport(command_id, status, detail), device=Device(delivery.api_key_id), now=now
        )
        await self._finish(connection, command_id)
        self.outcomes["TAKEN" if answer.error is None else "REFUSED"] += 1

    async def _give_up(self, connection: Connection, delivery: Delivery) -> None:
        command_id = delivery.message.id
        detail = f"The webhook had not taken it when it expired, after {delivery.attempts - 1} attempts;"
        if await attempts.forget(connection, command_id):
            await self._end(connection, command_id, CommandStatus.REJECTED, f"{detail} it refused each of them.")
        else:
            await self._end(connection, command_id, CommandStatus.TIMED_OUT, f"{detail} nobody knows whether it acted.")
        self.outcomes["EXPIRED"] += 1

    async def _end(self, connection: Connection, command_id: UUID, status: CommandStatus, detail: str) -> None:
        signed = f"worker:{WEBHOOKS.name}"
        await move(connection, command_id, status, at=self.clock(), actor=signed, detail=detail)
        await self._finish(connection, command_id)


@asynccontextmanager
async def sending_to_webhooks(database: Database, webhooks: Webhooks) -> AsyncIterator[CommandWebhooks]:
    """Send commands to webhooks for as long as the block lasts."""
    sending = CommandWebhooks(database, webhooks)
    async with beside(command_webhooks=sending.run()):
        yield sending
