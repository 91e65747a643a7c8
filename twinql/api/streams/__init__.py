"""The graph over Server-Sent Events: a stream for each operation, the distinct connections of npm graphql-sse."""

from contextlib import ExitStack
from datetime import datetime

from starlette.types import Receive, Scope

from twinql.api.headers import headers_of
from twinql.api.media_types import EVENT_STREAM
from twinql.api.operation import Asked, Operation, RequestError, check_method
from twinql.api.services import Services
from twinql.api.standing import Standing
from twinql.api.streams.stream import STREAMS_SINCE, UNBUFFERED, Following, Stream
from twinql.api.streams.words import COMPLETE, event, failure
from twinql.api.written import Written, written
from twinql.context import Context
from twinql.storage.queue import one_operation

__all__ = ["STREAMS_SINCE", "Stream", "Streams"]

AT_FAULT, AGAIN, AGAIN_IF_LESS = 400, 503, 429


class Streams:
    """Answers requests with events."""

    def __init__(self, services: Services) -> None:
        """Answer with these services behind."""
        self._services = services

    async def open(
        self, scope: Scope, receive: Receive, asked: Asked, context: Context, expires_at: datetime | None
    ) -> Stream | Written:
        """Begin an operation, and return what answers the request.

        An operation that is refused for what it says gets its errors as an event, since pages cannot read those of a
        status, and clients would try again after one.

        Args:
            scope: The request.
            receive: Tells when the client goes away.
            asked: What is asked for.
            context: The world of whoever asks.
            expires_at: When their token ends; None where it does not.

        Raises:
            RequestError: It is refused for another reason.
            TwinError: It is refused for another reason.
        """
        context.last_event_id = headers_of(scope).get("last-event-id") or None
        try:
            with ExitStack() as living:
                living.enter_context(one_operation())
                operation = await self._prepared(asked, context, scope["method"])
                if operation.kind != "subscription":
                    return await self._answered(operation, context)
                standing = Standing(self._services, context, living)
                await standing.join()
                living.enter_context(standing.following())
                events = await self._services.engine.subscribe(operation, context)
                state = scope.setdefault("state", {})
                begun = Following(operation, events, standing, expires_at, receive, state, living.pop_all())
                return Stream(self._services, begun)
        except RequestError as error:
            told = error.errors[0].get("extensions", {})
            if error.status == AT_FAULT and told.get("retryable"):
                error.status = AGAIN_IF_LESS if told["code"] == "RATE_LIMITED" else AGAIN
            if error.status != AT_FAULT:
                raise
            self._services.count(error.errors)
            return written([failure(error)], EVENT_STREAM, 200, UNBUFFERED)

    async def _prepared(self, asked: Asked, context: Context, method: str) -> Operation:
        with self._services.foreground:
            operation = await self._services.engine.prepare(asked, context)
        check_method(operation.kind, method)
        if operation.kind == "subscription" and method == "HEAD":
            raise RequestError.of("A subscription has no end to ask about: send GET or POST.", status=405)
        return operation

    async def _answered(self, operation: Operation, context: Context) -> Written:
        with self._services.foreground:
            answer = await self._services.engine.execute(operation, context)
        self._services.count(answer.errors or ())
        return written([event(answer.body(), None), COMPLETE], EVENT_STREAM, 200, UNBUFFERED)
