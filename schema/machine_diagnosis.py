"""What the readings of a machine's channels mean together."""

from datetime import datetime, timedelta
from uuid import UUID

import strawberry

from schema.declared import hidden
from schema.machine_condition import (
    ErrorRate,
    NetworkCongestion,
    Overheating,
    congestion_of,
    error_rate_of,
    overheating_of,
)
from schema.machine_correlation import (
    ChannelCorrelation,
    MaxLag,
    OneChannel,
    UsualCorrelation,
    correlation_of,
    usual_correlations,
)
from schema.machine_energy import EnergyByState, MachineEfficiency, efficiency_of, energy_by_state_of
from schema.machine_risk import FailureProbability, MachineRisk, WithinTime, failure_of, risk_of
from schema.period import DuringPeriod, PeriodInput
from schema.traits import Window
from twinql.context import Info
from twinql.errors import InvalidInputError

_AT_ONCE = timedelta(0)
_LONGEST = timedelta(days=92)


@strawberry.type
class MachineDiagnosis:
    """Fields of a machine."""

    row_id: strawberry.Private[UUID] = hidden("id")

    @strawberry.field(
        description="How much is at risk with it, over a window that ends now, and what each channel adds to it. Null "
        "beside an error alone."
    )
    async def risk(self, info: Info, window: Window = None) -> MachineRisk | None:
        """Work it out for all machines at once."""
        return await risk_of(info, self.row_id, window)

    @strawberry.field(
        description="How likely it fails within some time from now, by the times between its failures of the last 180 "
        "days. Null beside an error alone."
    )
    async def failure_probability(self, info: Info, within: WithinTime) -> FailureProbability | None:
        """Fit a model for each machine."""
        return await failure_of(info, self.row_id, within)

    @strawberry.field(description="How warm it runs, over a window that ends now. Null beside an error alone.")
    async def overheating(self, info: Info, window: Window = None) -> Overheating | None:
        """Work it out for all machines at once."""
        return await overheating_of(info, self.row_id, window)

    @strawberry.field(
        description="How congested its network is, over a window that ends now. Null beside an error alone."
    )
    async def network_congestion(self, info: Info, window: Window = None) -> NetworkCongestion | None:
        """Work it out for all machines at once."""
        return await congestion_of(info, self.row_id, window)

    @strawberry.field(
        description="How often it errs in a period of at most 92 days, which ends now at the latest, and whether that "
        "gets worse. Null beside an error alone."
    )
    async def error_rate(self, info: Info, during: DuringPeriod) -> ErrorRate | None:
        """Work it out for all machines at once."""
        return await error_rate_of(info, self.row_id, *_bounded(info, during))

    @strawberry.field(
        description="What it makes of its energy in a period of at most 92 days, which ends now at the latest, against "
        "as long periods before it. Null beside an error alone."
    )
    async def efficiency(self, info: Info, during: DuringPeriod) -> MachineEfficiency | None:
        """Work it out for all machines at once."""
        return await efficiency_of(info, self.row_id, _bounded(info, during))

    @strawberry.field(
        description="What it used in a period of at most 92 days, which ends now at the latest, by its state. Null "
        "beside an error alone."
    )
    async def energy_by_state(self, info: Info, during: DuringPeriod) -> EnergyByState | None:
        """Work it out for all machines at once."""
        return await energy_by_state_of(info, self.row_id, _bounded(info, during))

    @strawberry.field(
        description="How much two of its channels go together in a period of at most 92 days, with a reason where one "
        "of them is not in use on it. Null beside an error alone."
    )
    async def correlation(
        self, info: Info, x: OneChannel, y: OneChannel, during: DuringPeriod, max_lag: MaxLag = _AT_ONCE
    ) -> ChannelCorrelation | None:
        """Work it out for all machines at once."""
        return await correlation_of(info, self.row_id, (x, y), _bounded(info, during), max_lag)

    @strawberry.field(
        description="How much those of its channels go together in a period of at most 92 days that often do. Null "
        "beside an error alone."
    )
    async def correlations(
        self, info: Info, during: DuringPeriod, max_lag: MaxLag = _AT_ONCE
    ) -> list[UsualCorrelation] | None:
        """Work them out for all machines at once."""
        return await usual_correlations(info, self.row_id, _bounded(info, during), max_lag)


def _bounded(info: Info, during: PeriodInput) -> tuple[datetime, datetime]:
    """Return what has passed of a period, where it can be looked at.

    Raises:
        InvalidInputError: It is empty, runs backwards, lies ahead, or lasts longer than 92 days.
    """
    during.countable()
    if during.until - during.from_ > _LONGEST:
        raise InvalidInputError("This looks at periods of at most 92 days; ask for a shorter one.", path=("during",))
    return during.so_far(info.context.now)
