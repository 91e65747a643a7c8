"""Forecasts from elsewhere."""

from typing import Annotated

import strawberry

from schema.changes import key_at
from schema.declared import one
from schema.forecast import Forecast
from schema.forecast_changes import RecordForecastInput, RecordForecastPayload
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.errors import InvalidInputError
from twinql.live.recorded_forecasts import record_forecast

ToRecord = Annotated[RecordForecastInput, strawberry.argument(description="The forecast.")]


@strawberry.type
class ForecastMutation:
    """Root fields about forecasts."""

    @mutation(
        needs=Role.OPERATOR,
        description="Record a forecast that was made elsewhere, so that it is scored beside ours as readings arrive: "
        "of a channel, or of what a meter takes in. The same one sent again is the one that is there.",
    )
    async def record_forecast(self, info: Info, input: ToRecord) -> RecordForecastPayload:
        """Record it."""
        context = info.context
        channel, meter = key_at(input.channel_id, "channelId", "Channel"), key_at(input.meter_id, "meterId", "Meter")
        subject = channel or meter
        if subject is None or (channel and meter):
            raise InvalidInputError("Name a channel or a meter, one of them.", path=("channelId",))
        key = await record_forecast(
            context.database,
            context.workshop,
            context.actor,
            subject,
            input.to_domain(),
            of_meter=meter is not None,
            now=context.now,
        )
        return RecordForecastPayload(forecast=await one(info, Forecast, key))
