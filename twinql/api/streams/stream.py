"""One subscription over Server-Sent Events: what is told, and how it ends."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from time import perf_counter
from typing import Any, Never

import structlog
from starlette.types import Receive, Send

from twinql.api.labels import NEUTRAL
from twinql.api.media_types import EVENT_STREAM
from twinql.api.operation import Answer, Operation, RequestError
from twinql.api.services import Services
from twinql.api.standing import LOWERED, EndedError, Standing
from twinql.api.stopping import STOPPING
from twinql.api.streams.words import COMPLETE, alive, come_back, event, failure, opening
from twinql.api.written import headers_of_all, raw
from twinql.context import Context

UNBUFFERED = {"x-accel-buffering": "no"}
"""Else nginx would gather events until they fill a page."""
HEADERS = raw({**headers_of_all(EVENT_STREAM), **UNBUFFERED})
STREAMS_SINCE = "streams_since"
"""Where the state of a request says when its answer began that has no end, for whoever measures how long they take."""
LAST_WORDS_S = 1.0
EXPIRED = "The token expired: begin this again with a new one."

log = structlog.stdlib.get_logger("twinql.api")


class End(Exception):  # noqa: N818 - an ending, not always an error
    """Ends a stream.

    Attributes:
        words: What is sent last; None cuts it off.
    """

    def __init__(self, words: bytes | None) -> None:
        """Keep the last words."""
        super().__init__()
        self.words = words


@dataclass(frozen=True, slots=True)
class Following:
    """A subscription that has begun.

    Attributes:
        operation: What it is.
        events: What it tells.
        standing: Whether its client may still hear it.
        expires_at: When the client's token ends; None where it does not.
        receive: Tells when the client goes away.
        state: The state of the request, as the server and the layers before this one share it.
        living: Is closed when it ends.
    """

    operation: Operation
    events: AsyncGenerator[Answer, None]
    standing: Standing
    expires_at: datetime | None
    receive: Receive
    state: dict[str, Any]
    living: ExitStack


class Stream:
    """Tells a subscription until either side ends it; all that it runs ends with it."""

    def __init__(self, services: Services, following: Following) -> None:
        """Tell what has begun."""
        self._services = services
        self._following = following
        self._send: Send
        self._stopping: asyncio.Event = following.state.get(STOPPING) or asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        self._told_at = self._clock()
        self._waiting_since: float | None = None

    async def send(self, send: Send) -> None:
        """Send it, until it ends."""
        self._send = send
        self._following.state[STREAMS_SINCE] = perf_counter()
        with self._following.living, self._counted():
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            words = await self._run()
            if words is not None:
                with suppress(TimeoutError):  # whoever reads nothing is cut off without them
                    async with asyncio.timeout(LAST_WORDS_S):
                        await send({"type": "http.response.body", "body": words})

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._services.streams.add(self)
        try:
            yield
        finally:
            self._services.streams.remove(self)

    async def _run(self) -> bytes | None:
        words: bytes | None = None
        try:
            async with aclosing(self._following.events), asyncio.TaskGroup() as tasks:
                for work in (self._tell(), self._keep(), self._beat(), self._leave()):
                    tasks.create_task(work)
        except* End as ends:
            end = ends.exceptions[0]
            assert isinstance(end, End)
            words = end.words
        return words

    async def _tell(self) -> Never:
        following = self._following
        context: Context = following.operation.executor.context_value
        # Nobody else has the loop between this and the begin: whoever has heard it misses nothing.
        await self._write(opening(context.begun))
        over = True
        try:
            async for answer in following.events:
                await following.standing.sure()
                over = not answer.errors or not all(each["extensions"]["retryable"] for each in answer.errors)
                self._services.count(answer.errors or ())
                await self._write(event(answer.body(), answer.cursor))
                await asyncio.sleep(0)  # one that always has more to tell must not keep all others waiting
        except Exception:  # whatever it was: the client is told
            log.exception("An event stream failed.")
            raise self._refusal(NEUTRAL, "INTERNAL") from None
        raise End(COMPLETE if over else come_back())

    async def _keep(self) -> Never:
        try:
            await self._following.standing.keep(self._weigh)
        except EndedError as error:
            raise self._refusal(error.message, error.code) from None

    async def _weigh(self) -> None:
        if not self._following.standing.covers(self._following.operation):
            raise self._refusal(LOWERED, "FORBIDDEN")

    async def _beat(self) -> Never:
        """Say that the stream lives while nothing happens, and watch over what ends with time."""
        expires_at, send_wait_s = self._following.expires_at, self._services.limits.send_wait_s
        while True:
            left_s = inf if expires_at is None else (expires_at - datetime.now(UTC)).total_seconds()
            if left_s <= 0:
                raise self._refusal(EXPIRED, "UNAUTHENTICATED")
            if (due_s := self._due_s()) <= 0:
                if self._waiting_since is not None:
                    raise self._cut_off()
                await self._ping(send_wait_s)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(min(due_s, left_s)):
                    await self._stopping.wait()
                    raise End(come_back())

    def _due_s(self) -> float:
        """Return how long it is until a client that reads nothing is let go, or one that hears nothing gets a ping."""
        limits, now = self._services.limits, self._clock()
        if self._waiting_since is not None:
            return self._waiting_since + limits.send_wait_s - now
        return self._told_at + limits.keep_alive_s - now

    async def _ping(self, send_wait_s: float) -> None:
        try:
            async with asyncio.timeout(send_wait_s):
                await self._write(alive(self._place()))
        except TimeoutError:
            raise self._cut_off() from None

    def _place(self) -> str | None:
        """Return the cursor up to which nothing is left to be told; None where something may be on its way."""
        context: Context = self._following.operation.executor.context_value
        follower, at = context.awaited, context.feed.at
        return context.feed.write_cursor(at) if follower is not None and follower.idle and at is not None else None

    def _cut_off(self) -> End:
        log.info("An event stream was cut off: its client read nothing.")
        return End(None)

    async def _leave(self) -> Never:
        while (await self._following.receive())["type"] != "http.disconnect":
            pass
        raise End(None)

    async def _write(self, words: bytes) -> None:
        """Write as soon as the client has taken enough of what was written before."""
        self._waiting_since = self._clock()
        await self._send({"type": "http.response.body", "body": words, "more_body": True})
        self._waiting_since, self._told_at = None, self._clock()

    def _refusal(self, message: str, code: str) -> End:
        refusal = RequestError.of(message, code)
        self._services.count(refusal.errors)
        return End(failure(refusal))
