"""What channels will probably read, and how that came true."""

from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, hidden, listed
from schema.forecast import Forecast, ForecastRefusal, Horizon, Level, Model, forecasts_asked
from schema.forecast_asked import forecast_of, refusal_of
from schema.forecast_scores import ForecastModelScore, model_scores_of
from schema.lists import ForecastConnection
from schema.period import DuringPeriod
from twinql.context import Info
from twinql.live.foresight import USUAL_LEVEL, Question, Wanted


@strawberry.type
class ChannelForecasts:
    """The part of a channel that looks ahead."""

    row_id: strawberry.Private[UUID] = hidden("id")

    @strawberry.field(
        description="What it will probably do, from now on; issued now, unless one was and no more steps "
        ""
        "were completed by readings since. Null where there is none: `forecastRefusal` says why."
    )
    async def forecast(
        self, info: Info, horizon: Horizon, level: Level = USUAL_LEVEL, model: Model = None
    ) -> Forecast | None:
        """Load the forecasts of all channels of the operation together."""
        return await forecast_of(info, Question(self.row_id, Wanted(horizon, level, model)))

    @strawberry.field(description="Why the same `forecast` is null, and what would be needed; null where it is not.")
    async def forecast_refusal(
        self, info: Info, horizon: Horizon, level: Level = USUAL_LEVEL, model: Model = None
    ) -> ForecastRefusal | None:
        """Load it together with the forecasts."""
        return await refusal_of(info, Question(self.row_id, Wanted(horizon, level, model)))

    @listed(
        "row_id", graphql_type=ForecastConnection, description="Forecasts as they were issued and scored, newest first."
    )
    def forecasts(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return forecasts_asked(page_of(first, after, last, before, usual=10, most=100))

    @strawberry.field(
        description="How the forecasts of it that began in a period have come true, ours beside those from elsewhere: "
        "by how far they reach, the best model first."
    )
    async def forecast_scores(self, info: Info, during: DuringPeriod) -> list[ForecastModelScore]:
        """Add them up, for all channels that ask alike at once."""
        return await model_scores_of(info, self.row_id, during)
