"""How what a subscription tells becomes answers: once for all who are told the same."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import aclosing
from typing import Any, Literal, cast

import orjson
from graphql import (
    SKIP,
    ArgumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    VariableNode,
    Visitor,
    execute_subscription_event,
    visit,
)

from schema.passed import NotPassedError
from subscriptions.told import Moment, Told
from twinql.api.event_text import EventText
from twinql.api.executor import TwinExecutor
from twinql.api.labels import labelled
from twinql.api.operation import Answer
from twinql.api.passing import Passing
from twinql.api.sharing import Alike, One, Sharing, Worked
from twinql.context import Context

Take = Callable[[Answer], bool]
GIVEN = "given"
"""Where a document keeps the names of the variables that followers of it must have in common."""
BEGINNINGS = frozenset({"after", "snapshot"})
"""Arguments of subscriptions that say where one follower begins; all else is the same for those who are told alike."""


class Events:
    """Makes answers of what the subscriptions of one process tell."""

    def __init__(self, passing: Passing | None) -> None:
        """Follow nothing yet; without `passing` every event is executed."""
        self._passing = passing
        self._sharing = Sharing()

    async def of(self, told: Told[Any], executor: TwinExecutor, take: Take | None) -> AsyncGenerator[Answer, None]:
        """Return the answers of one follower, but for those that `take` has sent already.

        Args:
            told: What they are told.
            executor: Executes their events.
            take: Sends an answer at once; False where that cannot be now. Whoever has none neither leads nor rests.
        """
        context: Context = executor.context_value
        key = (id(executor.document), id(executor.operation), _given(executor), told.same)
        try:
            with self._sharing.among(key) as alike, told.followed() as follower:
                if alike.text is None:
                    alike.text = self._text(told, executor)
                one = One(told, follower, take or _later)
                try:
                    async with aclosing(told.moments(follower)) as moments:
                        while True:
                            if take is not None:
                                alike.rest(one, await _whose(told, alike, context))
                            context.awaited = follower
                            if (moment := await anext(moments, None)) is None:
                                break
                            context.awaited = None
                            alike.begin(one, moment.batch)
                            worked = await self._work(alike, moment, told, executor)
                            alike.tell(one, worked)
                            if (answer := worked.answer) is not None and not one.take(answer):
                                alike.leave(one)  # nobody else waits for one who is slow
                                yield answer
                            await asyncio.sleep(0)  # one who always has more to tell keeps nobody waiting
                finally:
                    alike.leave(one)
        except (Exception, asyncio.CancelledError) as error:  # whatever ends the events ends the subscription alone
            if isinstance(error, asyncio.CancelledError):
                if _is_ended():
                    raise
                error = RuntimeError(f"Something below was broken off: {error!r}").with_traceback(error.__traceback__)
            failed = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
            yield Answer(None, labelled([failed], context.request_id))

    async def _work(self, alike: Alike, moment: Moment[Any], told: Told[Any], executor: TwinExecutor) -> Worked:
        context: Context = executor.context_value
        place = moment.batch.place if moment.batch else None
        whose = await _whose(told, alike, context) if place is not None else None

        async def work() -> Worked:
            looked = told.known and told.known.looked
            answer = await _answer(moment, told, executor, alike.text or None)
            common = whose is not None and alike.members > 1
            # What the database was asked for on the way may have been asked with fewer rights than there were before.
            if common and (answer is None or answer.text is None or (told.known and told.known.looked) != looked):
                common = await _whose(told, alike, context, anew=True) == whose
            return Worked(answer, common)

        return await (work() if whose is None else alike.once((place, whose), work))

    def _text(self, told: Told[Any], executor: TwinExecutor) -> EventText | Literal[False]:
        if self._passing is None or told.known is None:
            return False
        try:
            return EventText(self._passing, executor.document, executor.operation, executor.variable_values)
        except (NotPassedError, GraphQLError):
            return False


def _is_ended() -> bool:
    """Tell whether somebody ended this task; a cancellation that came from elsewhere would end it without a word."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _later(_answer: Answer) -> bool:
    return False


async def _answer(
    moment: Moment[Any], told: Told[Any], executor: TwinExecutor, text: EventText | None
) -> Answer | None:
    """Return the answer to one moment; None where nothing of it is shown."""
    context: Context = executor.context_value
    if text is not None and moment.batch is not None and told.known is not None:
        cursor = context.feed.write_cursor(moment.batch.cursor)
        try:
            data = await text.write(moment.batch, cursor, told.known, context)
        except NotPassedError:
            pass
        else:
            return None if data is None else Answer(orjson.Fragment(data), text=data, cursor=cursor)
    event = await moment.event()
    if event is None:
        return None
    result = execute_subscription_event(executor.build_per_event_executor(event))
    if executor.is_awaitable(result):
        result = await cast("Awaitable[ExecutionResult]", result)
    result = cast("ExecutionResult", result)
    errors = labelled(result.errors, context.request_id) if result.errors else None
    # Whoever went on from a snapshot's place would not be told the rest of it.
    return Answer(result.data, errors, cursor=event.cursor if moment.batch else None)


async def _whose(told: Told[Any], alike: Alike, context: Context, *, anew: bool = False) -> Hashable:
    """Return what decides what somebody is told; None where that is not known.

    What is executed may speak of whoever asks, as `viewerCanApprove` does; what is written never does.
    """
    whose = await told.whose(anew=anew)
    return whose and (whose, None if alike.text else context.actor)


def _given(executor: TwinExecutor) -> tuple[tuple[str, str], ...]:
    """Return the values of variables, but for those that say no more than where one follower begins."""
    plans = executor.document.plans
    if GIVEN not in plans:
        used = _Used(frozenset(cast("GraphQLObjectType", executor.schema.subscription_type).fields))
        visit(executor.document.parsed, used)
        plans[GIVEN] = used.names
    values = executor.variable_values.coerced
    return tuple((name, repr(values[name])) for name in sorted(plans[GIVEN] & values.keys()))


class _Used(Visitor):
    """Finds the variables that are used for more than where a subscription begins."""

    def __init__(self, roots: frozenset[str]) -> None:
        """Know the names of the subscriptions; no field below them bears one."""
        super().__init__()
        self._roots = roots
        self.names: set[str] = set()

    def enter_variable_definition(self, *_: Any) -> Any:
        return SKIP

    def enter_argument(self, node: ArgumentNode, *place: Any) -> Any:
        above = place[-1][-1]
        return SKIP if node.name.value in BEGINNINGS and above.name.value in self._roots else None

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)
