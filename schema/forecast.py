"""What channels are expected to do, as it was issued, and how good such forecasts were."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, embedded, entity_of, hidden, one, to_one
from schema.described import publish
from schema.node import Node
from twinql.context import Context, Info
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.prediction import Refusal
from twinql.domain.units import Unit
from twinql.errors import TwinError
from twinql.live.foresight import Wanted, forecast_channel
from twinql.storage.read import PageRequest, Question, Table
from twinql.storage.read.entity import FORECASTS, NEWEST_FORECAST

if TYPE_CHECKING:
    from schema.channel import Channel

publish(
    ForecastModel,
    "How a forecast is made.",
    SEASONAL_NAIVE="What was read a day or a week before.",
    PERSISTENCE="The last value, repeated.",
    LOCAL_TREND="The slope of the last steps, ever less of it, as far as it stands out from the noise.",
)
_STARTS = (
    "array(select starts_at + step * step_seconds * interval '1 second' "
    "from generate_series(0, cardinality(p50) - 1) as step order by step)"
)

Horizon = Annotated[timedelta, strawberry.argument(description="How far ahead, up to 30 days, such as PT15M or P1D.")]
Level = Annotated[
    float, strawberry.argument(description="Share of outcomes that should lie between p10 and p90, 0.5 to 0.99.")
]
Model = Annotated[
    ForecastModel | None,
    strawberry.argument(description="The model; left out, the one that did best on the channel's own past."),
]


def _seconds(value: int) -> timedelta:
    return timedelta(seconds=value)


@strawberry.type(description="How this model did on the past of the channel, tried before the forecast was issued.")
class ForecastAccuracy:
    """A measured accuracy, beside the naive one."""

    count: int = column("backtest_count", description="Pairs of an expected and an observed value that were compared.")
    mae: float | None = column(
        "backtest_mae", description="Mean absolute error, in the unit of the channel; null where nothing was compared."
    )
    naive_mae: float | None = column(
        "backtest_naive_mae", description="The same for repeating the last value, in the unit of the channel."
    )
    coverage: float | None = column(
        "backtest_coverage", description="Share of the values between the bounds, 0 to 1; it should be near `level`."
    )


@strawberry.type(description="How a forecast has come true so far.")
class ForecastScore:
    """A score that grows as readings arrive."""

    count: int = column("realised_count", description="Steps that have been compared with readings.")
    mae: float | None = column(
        "realised_mae", description="Mean absolute error, in the unit of the channel; null while nothing is compared."
    )
    naive_mae: float | None = column(
        "realised_naive_mae", description="The same for repeating the last value, in the unit of the channel."
    )
    coverage: float | None = column("realised_coverage", description="Share of the values between the bounds, 0 to 1.")
    scored_at: datetime | None = column(description="Until when readings were looked at; null while none were.")


@strawberry.type(description="What a channel was expected to do, as it was issued; only its score changes.")
class Forecast(Node):
    """A forecast."""

    table: ClassVar[Table] = FORECASTS
    row_id: strawberry.Private[UUID] = hidden("id")
    channel_id: strawberry.Private[UUID] = hidden()
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel."
    )
    issued_at: datetime = column(description="When it was issued; nothing that was read later was known to it.")
    model: str = column(description="The model that made it; ours are those of ForecastModel.")
    level: float = column(description="Share of outcomes that should lie between p10 and p90.")
    unit: Unit = column(
        "(select c.unit::text from channels as c where c.id = channel_id)",
        description="The unit of the values: the channel's.",
    )
    step: timedelta = column("step_seconds", read=_seconds, description="Length of a step.")
    horizon: timedelta = column(
        "step_seconds * cardinality(p50)", read=_seconds, description="How far it reaches: all steps together."
    )
    starts: list[datetime] = column(_STARTS, description="Start of each step.")
    p10: list[float] = column(description="Lower bound of each step, in the unit; the tenth percentile at level 0.8.")
    p50: list[float] = column(
        description="Median of each step, in the unit: the mean over the step, the sum of an INTERVAL channel, the end "
        "value of a CUMULATIVE one."
    )
    p90: list[float] = column(description="Upper bound of each step, in the unit; the 90th percentile at level 0.8.")
    last_value: float | None = column(description="The last value known when it was issued, in the unit.")
    accuracy: ForecastAccuracy = embedded(
        ForecastAccuracy, description="How good forecasts of this model were on the past."
    )
    score: ForecastScore = embedded(ForecastScore, description="How it has come true so far.")


@strawberry.type(description="Why there is no forecast.")
class ForecastRefusal:
    """A reason."""

    code: str = strawberry.field(
        description="For programs: INSUFFICIENT_HISTORY, STALE, NO_SEASON or STATES_ARE_NOT_FORECAST."
    )
    message: str = strawberry.field(description="For people: what is wrong, and what would be needed.")


async def forecast_of(info: Info, channel_id: UUID, wanted: Wanted) -> Forecast | None:
    """Return the forecast of a channel; None where there is none."""
    found = await _foreseen(info, channel_id, wanted)
    return None if isinstance(found, Refusal) else await one(info, Forecast, found)


async def refusal_of(info: Info, channel_id: UUID, wanted: Wanted) -> ForecastRefusal | None:
    """Return why a channel has no forecast; None where it has one."""
    found = await _foreseen(info, channel_id, wanted)
    return ForecastRefusal(code=found.code, message=found.message) if isinstance(found, Refusal) else None


def forecasts_asked(page: PageRequest) -> Asked:
    """Return the question for the forecasts of a channel, newest first."""
    return Asked(Forecast, Question(entity_of(Forecast), NEWEST_FORECAST, page, parent="channel_id"))


async def _foreseen(info: Info, channel_id: UUID, wanted: Wanted) -> UUID | Refusal:
    wanted.check()
    context = info.context

    async def load(keys: Sequence[tuple[UUID, Wanted]]) -> list[UUID | Refusal | TwinError]:
        # One after the other: each takes a core for a moment, and the others who ask want it too.
        found = {key: await _forecast_or_error(context, *key) for key in dict.fromkeys(keys)}
        return [found[key] for key in keys]

    foreseen: UUID | Refusal = await context.together("forecast", load).load((channel_id, wanted))
    return foreseen


async def _forecast_or_error(context: Context, channel_id: UUID, wanted: Wanted) -> UUID | Refusal | TwinError:
    try:
        return await forecast_channel(context.database, context.actor, channel_id, wanted, now=context.now)
    except TwinError as error:
        return error
