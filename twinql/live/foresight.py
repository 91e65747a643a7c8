"""Foresees what channels will read: on request, and by itself for channels that have limits to keep."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.forecast import forecast
from twinql.domain.forecasting.grid import LONGEST_HORIZON_S, Grid, bridged, grid_for, working_grid
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.prediction import Prediction, Refusal
from twinql.domain.identity import Actor, Worker
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage import forecasts
from twinql.storage.database import Connection, Database
from twinql.storage.forecasts import Issue, Subject

FORESIGHT: Final = Worker("foresight")
USUAL_LEVEL: Final = 0.8
_LEVELS: Final = (0.5, 0.99)
_USUAL_HORIZON: Final = timedelta(minutes=15)
_SAME_FOR: Final = timedelta(seconds=30)
_STALE_STEPS: Final = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """The forecast that is asked for.

    Attributes:
        horizon: How far ahead.
        level: Share of outcomes that should lie between the bounds.
        model: The model, when somebody asked for it by name.
    """

    horizon: timedelta
    level: float = USUAL_LEVEL
    model: ForecastModel | None = None

    def check(self) -> None:
        """Refuse what can never be answered.

        Raises:
            InvalidInputError: The horizon or the level lies outside of what makes sense.
        """
        if not 1.0 <= self.horizon.total_seconds() <= LONGEST_HORIZON_S:
            raise InvalidInputError("A forecast reaches from one second to 30 days ahead.", path=("horizon",))
        low, high = _LEVELS
        if not low <= self.level <= high:
            raise InvalidInputError(f"The level is a share between {low} and {high}, usually 0.8.", path=("level",))


async def forecast_channel(
    database: Database, actor: Actor, channel_id: UUID, wanted: Wanted, *, now: datetime
) -> UUID | Refusal:
    """Return the id of a stored forecast that answers the question, issued just now where there is none yet.

    Args:
        database: Where readings and forecasts are.
        actor: Who asks; row-level security holds for a user.
        channel_id: The channel.
        wanted: How far, how surely, by which model.
        now: The present.

    Returns:
        The forecast, or why there is none.

    Raises:
        NotFoundError: There is no such channel in use, or the actor may not see it.
        InvalidInputError: The question makes no sense.
    """
    wanted.check()
    async with database.transaction(actor, readonly=True) as connection:
        subject = await forecasts.subject_of(connection, channel_id)
        if subject is None:
            raise NotFoundError("There is no such channel in use; look its id up first.")
        if (refusal := _refusal(subject, wanted, now)) is not None:
            return refusal
        grid = grid_of(subject, wanted.horizon)
        known = await forecasts.recent(
            connection,
            subject.id,
            grid,
            since=now - min(_SAME_FOR, wanted.horizon / 4),
            level=wanted.level,
            model=wanted.model.value if wanted.model else None,
        )
        if known is not None:
            return known
        issue = await predict(connection, subject, wanted, now=now)
    if isinstance(issue, Refusal):
        return issue
    # What was foreseen belongs to the channel, whoever asked: also a VIEWER's question is kept and scored.
    async with database.transaction(FORESIGHT) as connection:
        return await forecasts.keep(connection, issue)


async def predict(connection: Connection, subject: Subject, wanted: Wanted, *, now: datetime) -> Issue | Refusal:
    """Make a forecast of a channel, without keeping it.

    Args:
        connection: As somebody who may see the channel.
        subject: The channel.
        wanted: How far, how surely, by which model.
        now: The present: what is read later is not looked at.

    Returns:
        The forecast, or why there is none.
    """
    grid = grid_of(subject, wanted.horizon)
    usual = grid_of(subject, _USUAL_HORIZON)
    working = working_grid(grid, usual) if subject.kind is ReadingKind.INSTANTANEOUS else grid
    starts_at = _floor(now, working.step_s)
    values = await forecasts.history(connection, subject, working, starts_at)
    past = Past(values, starts_at.timestamp() - values.size * working.step_s, working.step_s)
    made = await asyncio.to_thread(_forecast, subject, working, wanted, past)
    if isinstance(made, Refusal):
        return made
    made = made.joined(grid.step_s // working.step_s)
    return Issue(subject, made, issued_at=now, starts_at=starts_at, step_s=grid.step_s, level=wanted.level)


def grid_of(subject: Subject, horizon: timedelta) -> Grid:
    """Choose the steps of a forecast: as fine as the channel now speaks, or as its intervals are."""
    spacing_s = subject.spacing_s
    if subject.kind is ReadingKind.INTERVAL:
        spacing_s = subject.resolution_s
    elif subject.kind is ReadingKind.CUMULATIVE:
        spacing_s = max(subject.resolution_s or 0.0, spacing_s or 0.0)
    return grid_for(horizon_s=horizon.total_seconds(), spacing_s=spacing_s, kind=subject.kind)


def _refusal(subject: Subject, wanted: Wanted, now: datetime) -> Refusal | None:
    if subject.kind is ReadingKind.STATE:
        return Refusal("STATES_ARE_NOT_FORECAST", "States have no forecast; ask for one of a measured quantity.")
    if subject.observed_at is None:
        return Refusal("INSUFFICIENT_HISTORY", "The channel has never been read; record readings first.")
    step = timedelta(seconds=grid_of(subject, wanted.horizon).step_s)
    if subject.observed_at < now - max(wanted.horizon, _STALE_STEPS * step):
        return Refusal("STALE", "The last reading is older than the horizon; record newer ones, or look further ahead.")
    return None


def _forecast(subject: Subject, grid: Grid, wanted: Wanted, past: Past) -> Prediction | Refusal:
    if subject.kind is not ReadingKind.INTERVAL:
        reach = max(1, round(1.5 * (subject.resolution_s or grid.step_s) / grid.step_s))
        past = replace(past, values=bridged(past.values, reach=reach))
    return forecast(
        past,
        steps=grid.steps,
        level=wanted.level,
        cumulative=subject.kind is ReadingKind.CUMULATIVE,
        lowest=subject.lowest,
        highest=subject.highest,
        only=wanted.model,
    )


def _floor(now: datetime, step_s: int) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // step_s * step_s, UTC)
