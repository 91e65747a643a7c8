"""One client: who it is, what it says, and how the connection ends."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Never

from starlette.websockets import WebSocket, WebSocketDisconnect

from twinql.api.operation import RequestError, asked_of
from twinql.api.services import Services
from twinql.api.sockets.closing import Close, Code
from twinql.api.sockets.credentials import Credentials
from twinql.api.sockets.operations import Operations
from twinql.api.sockets.vocabulary import Vocabulary
from twinql.api.sockets.wire import Message, Wire, id_of, object_of
from twinql.api.standing import CrowdedError, EndedError, Standing
from twinql.api.stopping import STOPPING, Stopping
from twinql.auth import Caller
from twinql.errors import TwinError, UnauthenticatedError

REFUSED = 'This needs a valid token: send {"Authorization": "Bearer …"} with connection_init.'
EXPIRED = "The token expired: connect again with a new one."
LATE = "No connection_init came: send it as soon as the connection is open."
TWICE = "A second connection_init came: send it once."
STOPS = "The server stops: connect again, and go on from the cursor of the last event."
EARLY = "Send connection_init, and wait for connection_ack, before any operation."

MOST_ECHOED = 10
"""How many entries of a ping's payload come back with the pong."""
MOST_BEFORE_ACK = 65_536
"""How long a message may be before anybody is let in; a token has at most 8,192 characters."""


class Connection:
    """The state of one WebSocket; all that it runs ends with it."""

    def __init__(self, services: Services, socket: WebSocket, vocabulary: Vocabulary) -> None:
        """Speak over a socket that was accepted."""
        self._services = services
        self._socket = socket
        self._words = vocabulary
        self._wire = Wire(socket, send_wait_s=services.limits.send_wait_s)
        self._tasks = asyncio.TaskGroup()
        self._living = ExitStack()
        self._ended: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self._late: asyncio.TimerHandle | None = None
        self._operations: Operations | None = None

    async def run(self) -> None:
        """Speak until either side ends it."""
        close: BaseException | None = None
        try:
            with self._living:
                self._late = self._end_in(self._services.limits.init_wait_s, Close(Code.INIT_TIMEOUT, LATE))
                stopping: Stopping = self._socket.scope.get("state", {}).get(STOPPING) or Stopping()
                self._living.enter_context(stopping.sent_away(partial(self._end, Close(Code.RESTART, STOPS))))
                async with self._tasks:
                    self._tasks.create_task(self._listen())
                    raise await self._ended
        except* Close as endings:
            close = endings.exceptions[0]
        except* WebSocketDisconnect:
            close = None
        if isinstance(close, Close):
            await self._wire.close(close)

    def _end(self, close: Close) -> None:
        if not self._ended.done():
            self._ended.set_result(close)

    def _end_in(self, seconds: float, close: Close) -> asyncio.TimerHandle:
        timer = asyncio.get_running_loop().call_later(seconds, self._end, close)
        self._living.callback(timer.cancel)
        return timer

    async def _listen(self) -> None:
        while True:
            # Who brings no token yet has nothing long to say.
            message = await self._wire.receive(most=MOST_BEFORE_ACK if self._operations is None else None)
            await self._answer(message)
            del message  # the next one may be long in coming

    async def _answer(self, message: Message) -> None:
        match message["type"], self._words.older:
            case "connection_init", _:
                await self._greet(message)
            case self._words.begin, _:
                await self._begin(message)
            case self._words.stop, _:
                await self._stop(message)
            case "ping", False:
                await self._ping(message)
            case "pong", False:
                object_of(message)
            case "connection_terminate", True:
                raise Close(Code.NORMAL, "")
            case _:
                raise Close(Code.BAD_MESSAGE, f"A client of {self._words.protocol} sends no message of this type.")

    async def _greet(self, message: Message) -> None:
        if self._late is None:
            raise Close(Code.TOO_MANY, TWICE)
        self._late.cancel()
        self._late = None
        credentials = Credentials.of(object_of(message), self._socket.headers)
        try:
            caller = await self._services.gate.admit(credentials.authorization, credentials.organisation)
            self._operations = await self._let_in(caller)
        except UnauthenticatedError as error:
            self._services.count_error(error.code)
            if self._words.older:
                await self._wire.send({"type": "connection_error", "payload": {"message": REFUSED}})
            raise Close(Code.FORBIDDEN, REFUSED) from None
        except CrowdedError as error:
            self._services.count_error(error.code)
            raise Close(Code.TOO_MANY, error.message) from None
        except TwinError as error:
            self._services.count_error(error.code)
            raise Close(Code.TRY_AGAIN_LATER, error.message) from None
        await self._wire.send({"type": "connection_ack"})

    async def _let_in(self, caller: Caller) -> Operations:
        socket = self._socket
        request_id = str(socket.scope.get("state", {}).get("request_id", ""))
        context = self._services.make_context(caller, request_id, socket.client.host if socket.client else "")
        standing = Standing(self._services, context, self._living)
        await standing.join()
        if caller.expires_at is not None:
            left_s = (caller.expires_at - datetime.now(UTC)).total_seconds()
            self._end_in(max(0.0, left_s), Close(Code.FORBIDDEN, EXPIRED))
        operations = Operations(self._services, self._wire, self._words, standing, self._tasks)
        self._tasks.create_task(self._keep(standing, operations))
        return operations

    async def _keep(self, standing: Standing, operations: Operations) -> Never:
        try:
            await standing.keep(operations.weigh)
        except EndedError as error:
            raise Close(Code.FORBIDDEN, error.message) from None

    async def _begin(self, message: Message) -> None:
        if self._operations is None:
            raise Close(Code.UNAUTHORIZED, EARLY)
        operation_id = id_of(message)
        try:
            asked = asked_of(message.get("payload"))
        except RequestError as error:
            raise Close(Code.BAD_MESSAGE, str(error.errors[0]["message"])) from None
        await self._operations.begin(operation_id, asked)

    async def _stop(self, message: Message) -> None:
        operation_id = id_of(message)
        stopped = self._operations is not None and self._operations.stop(operation_id)
        if stopped and self._words.older:
            await self._wire.send({"id": operation_id, "type": "complete"})

    async def _ping(self, message: Message) -> None:
        payload = object_of(message)
        # What is nested is not echoed: it may be more than can be written.
        flat = payload and len(payload) <= MOST_ECHOED and not any(isinstance(e, dict | list) for e in payload.values())
        await self._wire.send({"type": "pong", "payload": payload} if flat else {"type": "pong"})
