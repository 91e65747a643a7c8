"""Asks an engine as somebody, whether what is asked is refused, answered or followed."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import orjson

from twinql.api.admission import Admission
from twinql.api.engine import Engine, core_of
from twinql.api.limits import Limits
from twinql.api.operation import Answer, Asked, RequestError
from twinql.context import Context

BOUNDLESS = 10**12


def boundless(schema: Any, *, pass_through: bool = True) -> Engine:
    """Return an engine for tests of what is behind its limits."""
    limits = Limits(*(BOUNDLESS for _ in Limits.__dataclass_fields__))
    admission = Admission(core_of(schema), cost_limit=BOUNDLESS, budget=BOUNDLESS, open_introspection=True)
    return Engine(schema, limits=limits, admission=admission, pass_through=pass_through)


async def answer_of(engine: Engine, context: Context, document: str, variables: Mapping[str, Any]) -> Answer:
    """Return the answer to a query or mutation."""
    try:
        operation = await engine.prepare(Asked(document, variables=variables), context)
    except RequestError as error:
        return Answer(None, error.errors)
    return as_read(await engine.execute(operation, context))


def as_read(answer: Answer) -> Answer:
    """Return an answer as a client reads it, whoever wrote it."""
    return replace(answer, data=orjson.loads(orjson.dumps(answer.data)))


async def followed(
    engine: Engine, context: Context, document: str, variables: Mapping[str, Any]
) -> AsyncGenerator[Answer, None]:
    """Return the events of a subscription; the only one of a refused one tells why."""
    try:
        operation = await engine.prepare(Asked(document, variables=variables), context)
        events = await engine.subscribe(operation, context)
    except RequestError as error:
        return _refused(Answer(None, error.errors))
    return _read(events)


async def _read(events: AsyncGenerator[Answer, None]) -> AsyncGenerator[Answer, None]:
    async with aclosing(events):
        async for each in events:
            yield as_read(each)


async def _refused(answer: Answer) -> AsyncGenerator[Answer, None]:
    yield answer
