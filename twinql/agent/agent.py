"""Mirrors a machine: records what it reads, and does what it is asked, over outages of the network and the server."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from twinql.agent.blueprint import Mirrored
from twinql.agent.graph import Graph
from twinql.errors import ForbiddenError, TwinError, UnauthenticatedError, UnavailableError

MOST_KEPT: Final = 100_000
"""Readings that are kept while the server is away, about three hours of a computer by the two seconds."""
MOST_AT_ONCE: Final = 1_000
LOOKS_EVERY_S: Final = 15.0
"""How often an agent asks what waits for it, beside being told."""
SHORTEST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0

RECORD: Final = """mutation ($input: RecordReadingsInput!) {
  recordReadings(input: $input) { outcomes { index outcome message } userErrors { message } }
}"""
WAITING: Final = """query ($status: [CommandStatus!]!, $due: Boolean) {
  commands(filter: { status: $status, due: $due }, last: 100) { nodes { id status desired channel { id } } }
}"""
UPDATED: Final = "subscription { commandUpdated(filter: { status: [QUEUED] }) { caughtUp commands { id } } }"
REPORT: Final = """mutation ($input: ReportCommandInput!) {
  reportCommand(input: $input) { userErrors { code message } }
}"""

log = structlog.stdlib.get_logger("twinql.agent")

Reading = dict[str, Any]


@dataclass(slots=True)
class Agent:
    """An agent beside a machine.

    Attributes:
        graph: The server, as the agent's API key sees it.
        machine: What it mirrors.
        channels: The global ids of the machine's channels, by key.
        clock: Gives the present.
        kept: Readings that the server does not have yet, oldest first.
        lost: How many were let go, because too many waited.
    """

    graph: Graph
    machine: Mirrored
    channels: dict[str, str]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    kept: deque[Reading] = field(default_factory=deque)
    lost: int = 0
    _to_send: asyncio.Event = field(default_factory=asyncio.Event)
    _rhythm: asyncio.Event = field(default_factory=asyncio.Event)
    _looks: asyncio.Event = field(default_factory=asyncio.Event)
    _machine_is_busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Mirror until cancelled.

        Raises:
            UnauthenticatedError: The API key was revoked or has expired.
            ForbiddenError: It may not do what an agent does.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (self._sample(), self._send(), self._obey(), self._listen()):
                    tasks.create_task(work)
        except ExceptionGroup as errors:
            # Both parts may be refused at the same moment; one refusal tells it all.
            refused = [each for each in errors.exceptions if isinstance(each, (UnauthenticatedError, ForbiddenError))]
            if not refused:
                raise
            raise refused[0] from None

    async def look(self) -> None:
        """Look at the machine once, and keep what it reads."""
        async with self._machine_is_busy:
            values = await asyncio.to_thread(self.machine.read)
        at = self.clock().isoformat()
        for key, value in values.items():
            self.kept.append({"channelId": self.channels[key], "observedAt": at, "value": value})
        while len(self.kept) > MOST_KEPT:
            self.kept.popleft()
            self.lost += 1
            if self.lost % MOST_AT_ONCE == 1:
                log.warning("The server is away too long: the oldest readings are let go.", lost=self.lost)
        self._to_send.set()

    async def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self.look()
            self._rhythm.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(began + self.machine.every.total_seconds()):
                    await self._rhythm.wait()  # a command may have changed it

    async def _send(self) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            while self.kept:
                sent = [self.kept[place] for place in range(min(MOST_AT_ONCE, len(self.kept)))]
                answer = (await self._insist(RECORD, input={"readings": sent}))["recordReadings"]
                for each in answer["outcomes"]:
                    if each["outcome"] == "REJECTED":
                        log.warning("A reading was refused.", reading=sent[each["index"]], reason=each["message"])
                for each in answer["userErrors"]:
                    log.warning("Readings were refused.", count=len(sent), reason=each["message"])
                let_go = {id(each) for each in sent}
                while self.kept and id(self.kept[0]) in let_go:
                    self.kept.popleft()

    async def _listen(self) -> None:
        """Be told of commands; whatever ends that, listen again."""
        pause_s = SHORTEST_PAUSE_S
        while True:
            try:
                async for _ in self.graph.follow(UPDATED):
                    pause_s = SHORTEST_PAUSE_S
                    self._looks.set()
            except UnavailableError as error:
                log.warning("Commands are not told at the moment; asking for them instead.", error=error.message)
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    async def _obey(self) -> None:
        await self._settle()
        while True:
            self._looks.clear()
            waiting = (await self._insist(WAITING, status=["QUEUED"], due=True))["commands"]["nodes"]
            for command in reversed(waiting):  # the oldest first
                await self._carry_out(command)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOKS_EVERY_S):
                    await self._looks.wait()

    async def _settle(self) -> None:
        """Say that commands which an earlier run took and did not finish have failed: nobody knows how far it came."""
        taken = (await self._insist(WAITING, status=["ACKNOWLEDGED", "EXECUTING"]))["commands"]["nodes"]
        for command in taken:
            await self._report(command, "FAILED", "The agent was started anew before it had said what became of it.")

    async def _carry_out(self, command: dict[str, Any]) -> None:
        """Take a command, do it, and say what became of it; whoever acknowledges first has it."""
        key = {identity: key for key, identity in self.channels.items()}.get(command["channel"]["id"])
        if key is None or not await self._report(command, "ACKNOWLEDGED"):
            return
        try:
            async with self._machine_is_busy:
                await asyncio.to_thread(self.machine.act, key, command["desired"])
        except TwinError as error:
            await self._report(command, "FAILED", error.message)
            return
        except Exception as error:  # a defect of one actuator must not end the mirroring of all else
            log.exception("A command could not be carried out.", channel=key)
            await self._report(command, "FAILED", f"The agent failed: {type(error).__name__}.")
            return
        log.info("A command was carried out.", channel=key, desired=command["desired"])
        await self._report(command, "EXECUTED")
        await self.look()  # what it did is to be seen at once
        self._rhythm.set()

    async def _report(self, command: dict[str, Any], status: str, detail: str | None = None) -> bool:
        asked = {"commandId": command["id"], "status": status, "detail": detail}
        errors = (await self._insist(REPORT, input=asked))["reportCommand"]["userErrors"]
        for each in errors:
            log.warning("A report was not taken.", command=command["id"], status=status, reason=each["message"])
        return not errors

    async def _insist(self, document: str, **variables: Any) -> dict[str, Any]:
        """Ask until somebody answers."""
        pause_s = SHORTEST_PAUSE_S
        while True:
            try:
                return await self.graph.ask(document, **variables)
            except UnavailableError as error:
                log.warning("Trying again soon.", error=error.message, pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
