"""Asks for forecasts: what is stored and still fresh first, then what has to be made."""

from collections.abc import Sequence

from schema.declared import build, entity_of, one
from schema.forecast import Forecast, ForecastRefusal
from twinql.context import Info
from twinql.domain.forecasting.prediction import Refusal
from twinql.errors import TwinError
from twinql.live.foresight import Answer, Question, foresee, fresh
from twinql.storage.database import Connection


async def forecast_of(info: Info, question: Question) -> Forecast | None:
    """Return the forecast of a channel or a meter; None where there is none."""
    found = await _foreseen(info, question)
    if isinstance(found, Forecast) or found is None:
        return found
    return None if isinstance(found, Refusal) else await one(info, Forecast, found)


async def refusal_of(info: Info, question: Question) -> ForecastRefusal | None:
    """Return why a channel or a meter has no forecast; None where it has one."""
    found = await _foreseen(info, question)
    return ForecastRefusal(code=found.code, message=found.message) if isinstance(found, Refusal) else None


async def _foreseen(info: Info, question: Question) -> "Forecast | Answer | None":
    question.wanted.check()
    context = info.context

    async def stored(connection: Connection, keys: Sequence[Question]) -> list[Forecast | None]:
        rows = await fresh(connection, entity_of(Forecast), keys, now=context.now)
        return [build(Forecast, rows[key]) if key in rows else None for key in keys]

    async def made(keys: Sequence[Question]) -> list[Answer | TwinError]:
        found = await foresee(context.database, context.workshop, context.actor, keys, now=context.now)
        return [found[key] for key in keys]

    known: Forecast | None = await context.batch("fresh forecast", stored).load(question)
    if known is not None:
        return known
    answer: Answer = await context.together("forecast", made).load(question)
    return answer
