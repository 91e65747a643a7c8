"""Hands commands to devices, writes down what the devices say, and looks for the effect in their readings."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol
from uuid import UUID

import asyncpg
import structlog

from twinql.background import beside
from twinql.domain.commands import CommandStatus
from twinql.domain.identity import Worker
from twinql.domain.verification import VerificationStatus
from twinql.errors import TwinError, UnavailableError
from twinql.storage import dispatch, verifying
from twinql.storage.database import Connection, Database
from twinql.storage.dispatch import Waiting
from twinql.storage.verifying import READINGS_AT_ONCE, Executed, Looked

DISPATCHER: Final = Worker("dispatcher")
PERIOD_S: Final = 1.0
LOOKS_AFTER_EVERY_S: Final = 0.2
"""Every step of a command nudges; what is over is looked for no more often than this, so sending keeps its speed."""
ANSWERS_WITHIN_S: Final = 5.0
PATIENCE: Final = timedelta(seconds=30)
SHOWS_WITHIN: Final = timedelta(seconds=150)
READINGS_A_ROUND: Final = 5 * READINGS_AT_ONCE
"""So many are looked at for effects in one go: more would keep others waiting. The rest has its turn in the next."""
_LOOKING: Final = 0
"""Under which the nudges of the dispatcher's own rounds are kept; a transport's are kept under its identity."""
_SELF: Final = f"worker:{DISPATCHER.name}"

log = structlog.stdlib.get_logger("twinql.dispatcher")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a device said to a command.

    Attributes:
        executed: Whether it has already done what was asked; otherwise it will say so later.
        detail: In its own words; None where it said no more.
    """

    executed: bool
    detail: str | None = None


class Transport(Protocol):
    """A way to devices."""

    @property
    def name(self) -> str:
        """What it is called in transitions, such as simulator."""

    def channels(self) -> Collection[int]:
        """Return the numbers of the channels whose devices are there now; commands for others wait."""

    async def send(self, command: Waiting) -> Acknowledgement | None:
        """Hand a command to its device and return what the device says.

        Returns:
            The device's answer; None where it answers later, by `storage.device_reports.take_report`.

        Raises:
            UnavailableError: Nobody knows whether the device heard.
            TwinError: The device heard and refused.
        """


@dataclass(slots=True)
class Dispatcher:
    """Moves commands from QUEUED to their end.

    Each transport has a task of its own, so that one whose devices are slow keeps none waiting.

    Attributes:
        database: Where commands are.
        transports: The ways to devices.
        clock: Gives the present.
        patience: How long a device may take to answer.
        shows_within: How long readings may take to show an effect.
    """

    database: Database
    transports: list[Transport] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    patience: timedelta = PATIENCE
    shows_within: timedelta = SHOWS_WITHIN
    _nudged: dict[int, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    _looked: dict[UUID, Looked] = field(default_factory=dict)

    def nudge(self) -> None:
        """Say that there may be something to do."""
        for event in self._nudged.values():
            event.set()

    async def run(self) -> None:
        """Do what is to be done, whenever somebody nudges and once a second, until cancelled."""
        lines: dict[int, asyncio.Task[None]] = {}
        try:
            while True:
                there = {id(each): each for each in self.transports}
                for gone in lines.keys() - there.keys():
                    lines.pop(gone).cancel()
                    self._nudged.pop(gone, None)
                for new in there.keys() - lines.keys():
                    lines[new] = asyncio.create_task(self._again_and_again(new, partial(self._deliver, there[new])))
                await self._once(_LOOKING, self.look_after)
                await asyncio.sleep(LOOKS_AFTER_EVERY_S)
        finally:
            for task in lines.values():
                task.cancel()
            await asyncio.gather(*lines.values(), return_exceptions=True)

    async def dispatch(self) -> None:
        """Go once through everything that is not finished."""
        await asyncio.gather(*(self._deliver(transport) for transport in self.transports))
        await self.look_after()

    async def look_after(self) -> None:
        """Close what is over: what expired, what no device answered for, and what readings show or do not show."""
        now = self.clock()
        async with self.database.transaction(DISPATCHER) as connection:
            await dispatch.expire(connection, now=now, actor=_SELF)
            await dispatch.give_up(connection, now=now, patience=self.patience, actor=_SELF)
        async with self.database.transaction(DISPATCHER) as connection:
            for command in self._in_turn(await verifying.executed(connection, now=now)):
                try:
                    await self._verify(connection, command, now)
                except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
                    raise
                except Exception:  # one whose effect cannot be looked for must not keep all others unverified
                    log.exception("The effect of a command could not be looked for.", command=str(command.id))

    def _in_turn(self, commands: Sequence[Executed]) -> Iterator[Executed]:
        """Give out those whose effect is looked for, until they took as many readings as one round may.

        Who came late in this round comes early in the next one: what was looked at longest ago is first.
        """
        there = {command.id: command for command in commands}
        self._looked = {key: looked for key, looked in self._looked.items() if key in there}
        for key in there:
            self._looked.setdefault(key, Looked())
        left = READINGS_A_ROUND
        for key in list(self._looked):
            if left >= READINGS_AT_ONCE or there[key].expectation is None:
                self._looked[key] = looked = self._looked.pop(key)
                yield there[key]
                left -= looked.readings

    async def _verify(self, connection: Connection, command: Executed, now: datetime) -> None:
        """Look for the effect of a command; where that fails, nothing else in the transaction is undone."""
        finding = await verifying.verify(
            connection, command, self._looked[command.id], shows_within=self.shows_within, now=now
        )
        if finding.status is VerificationStatus.PENDING:
            return
        async with connection.transaction():
            await verifying.keep(connection, command.id, finding)
            status = CommandStatus(finding.status.value)
            await self._move(connection, command.id, status, _SELF, finding.detail)

    async def _again_and_again(self, line: int, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._once(line, work)

    async def _once(self, line: int, work: Callable[[], Awaitable[None]]) -> None:
        """Work, and wait until somebody nudges, or a second has passed."""
        nudged = self._nudged[line]
        nudged.clear()
        try:
            await work()
        except (TwinError, asyncpg.PostgresError, OSError) as error:
            log.warning("Commands were not dispatched; the next round may work.", error=str(error))
        except Exception:  # one command that cannot be handled must not keep all others waiting for good
            log.exception("A round of the dispatcher failed.")
        with suppress(TimeoutError):
            async with asyncio.timeout(PERIOD_S):
                await nudged.wait()

    async def _deliver(self, transport: Transport) -> None:
        """Send what waits for a transport, one by one, so that none is claimed before it can be sent."""
        while channels := transport.channels():
            async with self.database.transaction(DISPATCHER) as connection:
                command = await dispatch.claim(connection, channels, now=self.clock(), actor=_SELF)
            if command is None or not await self._send(transport, command):
                return

    async def _send(self, transport: Transport, command: Waiting) -> bool:
        """Send a command and write down the answer; False where there was none."""
        device = f"device:{transport.name}"
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                said = await transport.send(command)
        except (TimeoutError, UnavailableError, OSError) as error:
            # It may have heard: the command stays SENT until patience ends, and is never sent again.
            log.warning("A device did not answer.", transport=transport.name, command=str(command.id), error=str(error))
            return False
        except TwinError as error:
            async with self.database.transaction(DISPATCHER) as connection:
                await self._move(connection, command.id, CommandStatus.REJECTED, device, error.message)
            return True
        except Exception:  # a defect of one transport must not keep commands from all others
            log.exception("A transport failed.", transport=transport.name, command=str(command.id))
            return False
        if said is None:
            return True
        async with self.database.transaction(DISPATCHER) as connection:
            await self._move(connection, command.id, CommandStatus.ACKNOWLEDGED, device, said.detail)
            if said.executed:
                await self._move(connection, command.id, CommandStatus.EXECUTED, device, None)
        return True

    async def _move(
        self, connection: Connection, command_id: UUID, status: CommandStatus, actor: str, detail: str | None
    ) -> None:
        await dispatch.move(connection, command_id, status, at=self.clock(), actor=actor, detail=detail)


@asynccontextmanager
async def dispatching(database: Database) -> AsyncIterator[Dispatcher]:
    """Dispatch commands for as long as the block lasts; transports may be added and taken away meanwhile."""
    dispatcher = Dispatcher(database)
    async with beside(dispatcher=dispatcher.run()):
        yield dispatcher
