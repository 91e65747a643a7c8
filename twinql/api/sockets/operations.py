"""What one connection runs."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

import structlog
from starlette.websockets import WebSocketDisconnect

from twinql.api.labels import NEUTRAL
from twinql.api.operation import Answer, Asked, Errors, Operation, RequestError
from twinql.api.services import Services
from twinql.api.sockets.closing import Close, Code
from twinql.api.sockets.vocabulary import Vocabulary
from twinql.api.sockets.wire import Wire
from twinql.api.standing import LOWERED, Standing
from twinql.errors import TwinError
from twinql.storage.queue import one_operation

BUSY = "This connection runs too many operations at once: end some, then begin this one again."

log = structlog.stdlib.get_logger("twinql.api")


@dataclass(slots=True)
class _Running:
    task: asyncio.Task[None]
    subscription: Operation | None = None


class Operations:
    """The operations of one connection, by the ids that the client gave them."""

    def __init__(
        self, services: Services, wire: Wire, words: Vocabulary, standing: Standing, tasks: asyncio.TaskGroup
    ) -> None:
        """Begin with none."""
        self._services = services
        self._wire = wire
        self._words = words
        self._standing = standing
        self._tasks = tasks
        self._running: dict[str, _Running] = {}

    async def begin(self, operation_id: str, asked: Asked) -> None:
        """Run an operation beside the others.

        Raises:
            Close: One of the same id is running.
        """
        if operation_id in self._running:
            raise Close(Code.DUPLICATE_ID, f"Subscriber for {operation_id} already exists")  # the protocol's words
        if len(self._running) >= self._services.limits.operations:
            await self._fail(operation_id, RequestError.of(BUSY, "RATE_LIMITED", retryable=True).errors)
        else:
            self._running[operation_id] = _Running(self._tasks.create_task(self._run(operation_id, asked)))

    def stop(self, operation_id: str) -> bool:
        """End an operation at once, of which nothing more is told, and say whether there was one."""
        running = self._running.pop(operation_id, None)
        if running is not None:
            running.task.cancel()
        return running is not None

    async def weigh(self) -> None:
        """End the subscriptions for which the membership has become too little."""
        for operation_id, running in tuple(self._running.items()):
            subscription = running.subscription
            if subscription and not self._standing.covers(subscription) and self.stop(operation_id):
                await self._fail(operation_id, RequestError.of(LOWERED, "FORBIDDEN").errors)

    async def _run(self, operation_id: str, asked: Asked) -> None:
        try:
            self._services.check_room()
            await self._standing.join()
            with one_operation():
                with self._services.foreground:
                    operation = await self._services.engine.prepare(asked, self._standing.context)
                    del asked  # a subscription may live for days
                    if operation.kind != "subscription":
                        answer = await self._services.engine.execute(operation, self._standing.context)
                if operation.kind == "subscription":
                    await self._follow(operation_id, operation)
            if operation.kind != "subscription":
                await self._tell(operation_id, answer)
            await self._wire.send({"id": operation_id, "type": "complete"})
        except RequestError as error:
            await self._fail(operation_id, error.errors)
        except TwinError as error:
            await self._fail(operation_id, RequestError.because(error).errors)
        except (Close, WebSocketDisconnect):
            raise
        except Exception:  # whatever it was: it must not end the other operations
            log.exception("An operation over a WebSocket failed.")
            await self._fail(operation_id, RequestError.of(NEUTRAL, "INTERNAL").errors)
        # What was sent is not read before this task waits again: the id is free as soon as the client knows.
        self._running.pop(operation_id, None)

    async def _follow(self, operation_id: str, operation: Operation) -> None:
        self._running[operation_id].subscription = operation  # weighed from before it is asked whether it may begin
        with self._standing.following():
            before, after = self._words.around(operation_id)

            def take(answer: Answer) -> bool:
                sent = self._standing.is_sure and self._wire.send_now(before, answer.body(), after)
                if sent:
                    self._services.count(answer.errors or ())
                return sent

            events = await self._services.engine.subscribe(operation, self._standing.context, take)
            async with aclosing(events):
                async for answer in events:
                    await self._standing.sure()
                    await self._tell(operation_id, answer)

    async def _tell(self, operation_id: str, answer: Answer) -> None:
        self._services.count(answer.errors or ())
        before, after = self._words.around(operation_id)
        await self._wire.send_text((before + answer.body() + after).decode())

    async def _fail(self, operation_id: str, errors: Errors) -> None:
        self._services.count(errors)
        await self._wire.send(self._words.failure(operation_id, errors))
