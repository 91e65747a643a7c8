"""What channels are expected to do, as it was issued, and how good such forecasts were."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, embedded, entity_of, hidden, to_one
from schema.described import publish
from schema.node import Node
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.units import Unit
from twinql.storage.read import Condition, PageRequest, Question, Table, json_text
from twinql.storage.read.entity import FORECASTS, NEWEST_FORECAST

if TYPE_CHECKING:
    from schema.channel import Channel
    from schema.meter import Meter

publish(
    ForecastModel,
    "How a forecast is made.",
    SEASONAL_NAIVE="What was read a day or a week before.",
    PERSISTENCE="The last value, repeated.",
    LOCAL_TREND="The slope of the last steps, ever less of it, as far as it stands out from the noise.",
    SIMILAR_DAYS="What days like that were like by the clock: recent, of its kind, of about the expected level.",
    AUTOREGRESSION="A weighted sum of what was read around one step, one day, two days and one week before.",
    ARIMA="ARIMA(2,0,1)(0,1,0) of a day, or ARIMA(2,1,1) where the past holds no two days; tried only when asked for.",
)
_STARTS = (
    "array(select starts_at + step * step_seconds * interval '1 second' "
    "from generate_series(0, cardinality(p50) - 1) as step order by step)"
)

_UNIT = (
    "(select case when meter_id is null then c.unit::text when c.quantity = 'VOLUME' then 'CUBIC_METRE' "
    "else 'KILOWATT_HOUR' end from channels as c where c.id = channel_id)"
)
_MASE = (
    "Mean absolute error as a multiple of that of the seasonal naive forecast within the past: below 1 is better than "
    "repeating yesterday; of a CUMULATIVE channel that of its increase a step. Null where nothing was compared, or the "
    "past never changed."
)
_NAIVE_MASE = (
    "The same for the seasonal naive forecast, of the shortest season that the past held twice, else of the last value."
)
_WAPE = (
    "Sum of the absolute errors as a share of the sum of the absolute values, 0.3 for 30 %; of a CUMULATIVE channel of "
    "its increase a step. Null where nothing was compared, or all values were 0."
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
    mase: float | None = column("backtest_mase", description=_MASE)
    naive_mase: float | None = column("backtest_naive_mase", description=_NAIVE_MASE)
    wape: float | None = column("backtest_wape", description=_WAPE)


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
    mase: float | None = column("realised_mase", description=_MASE)
    naive_mase: float | None = column("realised_naive_mase", description=_NAIVE_MASE)
    wape: float | None = column("realised_wape", description=_WAPE)
    scored_at: datetime | None = column(description="Until when readings were looked at; null while none were.")


@strawberry.type(description="What a channel was expected to do, as it was issued; only its score changes.")
class Forecast(Node):
    """A forecast."""

    table: ClassVar[Table] = FORECASTS
    row_id: strawberry.Private[UUID] = hidden("id")
    channel_id: strawberry.Private[UUID] = hidden()
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel",
        "channel_id",
        description="The channel; of a meter's consumption the first of those that count it.",
    )
    issued_at: datetime = column(description="When it was issued; nothing that was read later was known to it.")
    meter_id: strawberry.Private[UUID | None] = hidden()
    meter: Annotated["Meter", strawberry.lazy("schema.meter")] | None = to_one(
        "schema.meter:Meter",
        "meter_id",
        description="The meter whose consumption it is: what flows in each step, counted by all its registers with "
        "their multipliers. Null where it is of the channel's own values.",
    )
    model: str = column(description="The model that made it; ours are those of ForecastModel.")
    recorded_by: str | None = column(description="Who recorded it: the subject of the token; null for ours.")
    recorded_at: datetime | None = column(
        description="When it was recorded; null for ours. What comes long after `issuedAt` may have known more."
    )
    regular: bool = column(description="Whether TwinQL issued it by itself, in its rounds.")
    level: float = column(description="Share of outcomes that should lie between p10 and p90.")
    unit: Unit = column(
        _UNIT,
        description="The unit of the values: the channel's; of a meter's consumption kilowatt hours or cubic metres.",
    )
    step: timedelta = column("step_seconds", read=_seconds, written=json_text.duration, description="Length of a step.")
    horizon: timedelta = column(
        "step_seconds * cardinality(p50)",
        read=_seconds,
        written=json_text.duration,
        description="How far it reaches: all steps together.",
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
        description="For programs: INSUFFICIENT_HISTORY, STALE, NO_SEASON, HORIZON_TOO_LONG, STATES_ARE_NOT_FORECAST, "
        "NOTHING_COUNTS or NOT_COMPUTABLE."
    )
    message: str = strawberry.field(description="For people: what is wrong, and what would be needed.")


def forecasts_asked(page: PageRequest, *, of_meter: bool = False) -> Asked:
    """Return the question for the forecasts of a channel's own values, or of a meter's consumption, newest first."""
    if of_meter:
        return Asked(Forecast, Question(entity_of(Forecast), NEWEST_FORECAST, page, parent="meter_id"))
    own = Condition("meter_id is null")
    return Asked(Forecast, Question(entity_of(Forecast), NEWEST_FORECAST, page, (own,), parent="channel_id"))
