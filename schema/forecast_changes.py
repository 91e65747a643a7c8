"""Forecasts that others made, as they are recorded."""

from datetime import datetime, timedelta

import strawberry

from schema.forecast import Forecast
from schema.payload import Payload
from twinql.domain.forecasting.elsewhere import LONGEST_NAME, MOST_STEPS, Elsewhere


@strawberry.input(
    description="A forecast that was made elsewhere, to be scored beside ours: of a channel or of a meter."
)
class RecordForecastInput:
    """A forecast from elsewhere."""

    channel_id: strawberry.ID | None = strawberry.field(
        default=None, description="The channel whose own values it is of; left out for a meter."
    )
    meter_id: strawberry.ID | None = strawberry.field(
        default=None, description="The meter whose consumption it is of, in kWh or m³; left out for a channel."
    )
    model: str = strawberry.field(
        description=f"What the model is called, 1 to {LONGEST_NAME} characters; not like one of ours."
    )
    issued_at: datetime = strawberry.field(description="When it was made, not in the future.")
    starts_at: datetime = strawberry.field(
        description="Start of the first step, not over when it was issued and at most 30 days ago."
    )
    step: timedelta = strawberry.field(description="Length of a step; whole intervals of an INTERVAL channel.")
    p10: list[float] = strawberry.field(description=f"Lower bounds, in the unit; at most {MOST_STEPS:,}.")
    p50: list[float] = strawberry.field(description="Medians, as many, as `Forecast.p50` says what a step holds.")
    p90: list[float] = strawberry.field(description="Upper bounds, as many.")
    level: float = strawberry.field(
        default=0.8, description="Share of outcomes that should lie between the bounds, 0.5 to 0.99."
    )

    def to_domain(self) -> Elsewhere:
        """Say it in the words of the domain."""
        return Elsewhere(
            model=self.model,
            issued_at=self.issued_at,
            starts_at=self.starts_at,
            step=self.step,
            lower=self.p10,
            median=self.p50,
            upper=self.p90,
            level=self.level,
        )


@strawberry.type(description="What became of a forecast to be recorded.")
class RecordForecastPayload(Payload):
    """The outcome of `recordForecast`."""

    forecast: Forecast | None = strawberry.field(
        default=None, description="The forecast; null where the input was not taken."
    )
