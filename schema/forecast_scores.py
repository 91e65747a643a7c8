"""How the forecasts of a channel or a meter came true, model by model."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import strawberry

from schema.period import PeriodInput
from twinql.context import Info
from twinql.storage.database import Connection
from twinql.storage.forecast_scores import ModelScore, scores_of


@strawberry.type(
    description="How the forecasts of one model and one length came true, beside the seasonal naive forecast."
)
class ForecastModelScore:
    """A model's score."""

    model: str = strawberry.field(description="The model; ours are those of ForecastModel.")
    from_elsewhere: bool = strawberry.field(description="Whether its forecasts were recorded, and not made here.")
    horizon: timedelta = strawberry.field(description="How far its forecasts reach.")
    step: timedelta = strawberry.field(description="Length of their steps.")
    forecasts: int = strawberry.field(description="How many forecasts there were.")
    count: int = strawberry.field(description="How many of their steps were compared with readings.")
    mae: float | None = strawberry.field(description="Mean absolute error, in the unit of the forecasts.")
    mase: float | None = strawberry.field(
        description="Mean absolute error as a multiple of that of the seasonal naive forecast within the past. Null "
        "where nothing was compared, or the past never changed."
    )
    naive_mase: float | None = strawberry.field(
        description="The same for the seasonal naive forecast, on the same steps."
    )
    wape: float | None = strawberry.field(
        description="Sum of the absolute errors as a share of the sum of the absolute values. Null where all were 0."
    )
    coverage: float | None = strawberry.field(description="Share of the values between p10 and p90, 0 to 1.")
    level: float = strawberry.field(description="What that share should be.")

    @classmethod
    def of(cls, score: ModelScore) -> "ForecastModelScore":
        """Show it."""
        step = timedelta(seconds=score.step_s)
        return cls(
            model=score.model,
            from_elsewhere=score.from_elsewhere,
            horizon=step * score.steps,
            step=step,
            forecasts=score.forecasts,
            count=score.count,
            mae=score.mae,
            mase=score.mase,
            naive_mase=score.naive_mase,
            wape=score.wape,
            coverage=score.coverage,
            level=score.level,
        )


async def model_scores_of(info: Info, subject_id: UUID, during: PeriodInput) -> list[ForecastModelScore]:
    """Return them for a channel or a meter, for all that ask alike at once."""
    first, last = during.countable()

    async def load(connection: Connection, keys: Sequence[UUID]) -> list[list[ModelScore]]:
        return await scores_of(connection, keys, first, last)

    scores = await info.context.batch(("forecast scores", first, last), load).load(subject_id)
    return [ForecastModelScore.of(each) for each in scores]
