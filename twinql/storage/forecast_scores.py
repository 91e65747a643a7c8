"""How forecasts come true: which wait for a score, what was read since, and the scores by model."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.score import Issued, Score, scored
from twinql.storage.database import Connection
from twinql.storage.forecast_history import Stretch, histories
from twinql.storage.metering import BillingChannel
from twinql.storage.statements import load

AT_ONCE: Final = 100
"""How many forecasts are scored in one statement."""
SETTLED_AFTER: Final = timedelta(days=30)
"""How long after its end late and corrected readings still change a score."""
_SHORTEST_WAIT: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A forecast that is to be scored.

    Attributes:
        id: Its identity.
        meter_id: The meter whose consumption it is; None for a channel's own values.
        number: Its channel.
        kind: How the channel's values are to be read.
        resolution_s: Length of an INTERVAL channel's intervals; None where nothing is said. [s]
        starts_at: Start of its first step.
        step_s: Length of a step. [s]
        issued: What it expected.
    """

    id: UUID
    meter_id: UUID | None
    number: int
    kind: ReadingKind
    resolution_s: int | None
    starts_at: datetime
    step_s: int
    issued: Issued

    @property
    def ends_at(self) -> datetime:
        """End of its last step."""
        return self.starts_at + timedelta(seconds=self.step_s * len(self.issued.median))


@dataclass(frozen=True, slots=True)
class ModelScore:
    """How the forecasts of a model came true, of one length.

    Attributes:
        model: The model.
        from_elsewhere: Whether others made them.
        step_s: Length of a step. [s]
        steps: Steps of a forecast.
        forecasts: How many of them.
        count: Steps of all of them that were read.
        mae: Mean absolute error. [unit of the values]
        mase: Mean absolute error as a multiple of that of the seasonal naive forecast within the past.
        wape: Sum of the absolute errors as a share of the sum of the absolute values.
        coverage: Share of the values between the bounds, 0 to 1.
        level: What that share should be.
        naive_mase: MASE of the seasonal naive forecast, on the same steps.
    """

    model: str
    from_elsewhere: bool
    step_s: int
    steps: int
    forecasts: int
    count: int
    mae: float | None
    mase: float | None
    wape: float | None
    coverage: float | None
    level: float
    naive_mase: float | None


async def waiting(connection: Connection, now: datetime) -> list[Waiting]:
    """Return the forecasts that are to be scored by now, those that have waited longest first, a bounded number."""
    return [_waiting(row) for row in await connection.fetch(load("forecast_scores")["waiting"], now, AT_ONCE)]


async def score(
    connection: Connection,
    forecasts: Sequence[Waiting],
    counters: dict[UUID, tuple[BillingChannel, ...]],
    now: datetime,
) -> None:
    """Compare forecasts with what was read since, keep the scores, and say when they are to be looked at again.

    Args:
        connection: As TwinQL itself.
        forecasts: The forecasts.
        counters: The channels that count what their meters take in.
        now: The present: a step that is not over has no value yet.
    """
    stretches = [_stretch(each, counters, now) for each in forecasts]
    read = await histories(connection, [each for each in stretches if each.steps > 0])
    observed = iter(read)
    scores = []
    for each, stretch in zip(forecasts, stretches, strict=True):
        values = np.full(len(each.issued.median), np.nan)
        if stretch.steps > 0:
            values[: stretch.steps] = next(observed)
        scores.append(scored(each.issued, values))
    await _keep(connection, forecasts, scores, now)


async def scores_of(
    connection: Connection, subject_ids: Sequence[UUID], first: datetime, last: datetime
) -> list[list[ModelScore]]:
    """Return how the forecasts of channels or meters that began in a period came true, in their order."""
    found: defaultdict[UUID, list[ModelScore]] = defaultdict(list)
    for row in await connection.fetch(load("forecast_scores")["by_model"], list(subject_ids), first, last):
        subject_id, model, from_elsewhere, step_s, steps, *rest = row
        found[subject_id].append(ModelScore(model, from_elsewhere, step_s, steps, *rest))
    return [found[each] for each in subject_ids]


def _waiting(row: asyncpg.Record) -> Waiting:
    kind = ReadingKind(row["kind"]) if row["meter_id"] is None else ReadingKind.INTERVAL
    median = np.array(row["p50"])
    return Waiting(
        id=row["id"],
        meter_id=row["meter_id"],
        number=row["number"],
        kind=kind,
        resolution_s=row["resolution_seconds"],
        starts_at=row["starts_at"],
        step_s=row["step_seconds"],
        issued=Issued(
            lower=np.array(row["p10"]),
            median=median,
            upper=np.array(row["p90"]),
            naive=np.array(row["naive"]) if row["naive"] else np.full(median.size, np.nan),
            scale=row["scale"],
            last_value=row["last_value"],
            cumulative=kind is ReadingKind.CUMULATIVE,
        ),
    )


def _stretch(forecast: Waiting, counters: dict[UUID, tuple[BillingChannel, ...]], now: datetime) -> Stretch:
    over = int((now - forecast.starts_at).total_seconds() // forecast.step_s)
    steps = min(max(over, 0), len(forecast.issued.median))
    counting = () if forecast.meter_id is None else counters.get(forecast.meter_id, ())
    if forecast.meter_id is not None and not counting:
        steps = 0  # nothing counts it any more
    return Stretch(
        forecast.number, forecast.kind, forecast.resolution_s, forecast.starts_at, forecast.step_s, steps, counting
    )


async def _keep(connection: Connection, forecasts: Sequence[Waiting], scores: Sequence[Score], now: datetime) -> None:
    columns = [list(column) for column in zip(*(astuple(each) for each in scores), strict=True)]
    until = [min(now, each.ends_at) for each in forecasts]
    due = [_due(each, now) for each in forecasts]
    await connection.execute(load("forecast_scores")["keep"], [each.id for each in forecasts], *columns, until, due)


def _due(forecast: Waiting, now: datetime) -> datetime | None:
    """Return when a score is to be looked at again.

    While it grows, that is when the next step is over; then each time the forecast's age has doubled, as late and
    corrected readings are ever less likely; None once it is settled.
    """
    if now < forecast.ends_at:
        over = (now - forecast.starts_at) // timedelta(seconds=forecast.step_s)
        return max(forecast.starts_at + timedelta(seconds=(over + 1) * forecast.step_s), now + _SHORTEST_WAIT)
    age = now - forecast.ends_at
    return None if age >= SETTLED_AFTER else now + max(age, _SHORTEST_WAIT)
