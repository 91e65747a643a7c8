"""Foresees what channels will read and what meters will take in: on request, and for TwinQL's own work."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID, uuid4

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.bulk import Task, forecast_all
from twinql.domain.forecasting.grid import LONGEST_HORIZON_S, Grid, grid_for, working_grid
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.prediction import Refusal
from twinql.domain.identity import Actor, Worker
from twinql.errors import InvalidInputError, NotFoundError, TwinError
from twinql.live.workshop import Workshop
from twinql.storage import forecasts
from twinql.storage.database import Connection, Database
from twinql.storage.forecast_history import Stretch, histories
from twinql.storage.forecasts import Issue, Subject
from twinql.storage.read import Entity, Table

FORESIGHT: Final = Worker("foresight")
USUAL_LEVEL: Final = 0.8
AT_ONCE: Final = 50
"""How many pasts are read in one statement, and held in memory."""
A_JOB: Final = 20
"""How many forecasts the worker makes in one go, about half a second: then it is somebody else's turn."""
_LEVELS: Final = (0.5, 0.99)
_USUAL_HORIZON: Final = timedelta(minutes=15)
_SAME_FOR: Final = timedelta(seconds=30)
_STALE_STEPS: Final = 3
_STEPS_OF_ONE_BEFORE: Final = 10
"""For so many steps of the past one more is read before it."""
_NAME: Final = Entity("Forecast", Table("forecasts"), {"id": "id"})
"""What is read of a forecast that nobody looks at yet."""


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

    @property
    def question(self) -> str:
        """The same text for the same question."""
        model = self.model.value if self.model else "BEST"
        return f"{self.horizon.total_seconds():.6f} {self.level!r} {model}"

    def check(self) -> None:
        """Refuse what can never be answered.

        Raises:
            InvalidInputError: The horizon or the level lies outside of what makes sense.
        """
        if self.horizon.total_seconds() < 1.0:
            raise InvalidInputError("A forecast reaches at least a second ahead.", path=("horizon",))
        low, high = _LEVELS
        if not low <= self.level <= high:
            raise InvalidInputError(f"The level is a share between {low} and {high}, usually 0.8.", path=("level",))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a channel, or of what a meter takes in.

    Attributes:
        subject_id: The channel, or the meter.
        wanted: How far, how surely, by which model.
        of_meter: Whether it is a meter's consumption.
    """

    subject_id: UUID
    wanted: Wanted
    of_meter: bool = False


Answer = UUID | Refusal | TwinError


async def foresee(
    database: Database, workshop: Workshop, actor: Actor, questions: Sequence[Question], *, now: datetime
) -> dict[Question, Answer]:
    """Return the stored forecasts that answer questions, issued just now where there are none yet.

    Args:
        database: Where readings and forecasts are.
        workshop: Where they are worked out.
        actor: Who asks; row-level security holds for a user.
        questions: What is asked.
        now: The present: what is read later is not looked at.

    Returns:
        For each the forecast's id, why there is none, or what was wrong with the question.
    """
    async with database.transaction(actor, readonly=True) as connection:
        subjects = await _subjects(connection, questions)
        known = await fresh(connection, _NAME, questions, now=now)
    found: dict[Question, Answer] = {each: row["id"] for each, row in known.items()}
    wanting: dict[tuple[Question, datetime], Subject] = {}
    for each in dict.fromkeys(questions):
        subject = subjects.get(each)
        if each in found:
            continue
        if subject is None:
            found[each] = NotFoundError("There is no such channel in use; look its id up first.")
        elif isinstance(subject, Refusal):
            found[each] = subject
        elif (refusal := _refusal(subject, each.wanted, now)) is not None:
            found[each] = refusal
        else:
            wanting[each, _start(subject, each.wanted, now)] = subject

    async def make(keys: Sequence[tuple[Question, datetime]]) -> Mapping[tuple[Question, datetime], UUID | Refusal]:
        made: list[UUID | Refusal] = []
        for first in range(0, len(keys), AT_ONCE):
            asked = [(wanting[key], key[0].wanted) for key in keys[first : first + AT_ONCE]]
            theirs = workshop.of(asked[0][0].organisation_id)
            # What was foreseen belongs to the channel, whoever asked: also a VIEWER's question is kept and scored.
            made += await keep(database, await predict(database, theirs, asked, now=now))
        return dict(zip(keys, made, strict=True))

    # Who asks the same at the same moment waits for the same answer.
    made = await workshop.together(list(wanting), make)
    return found | {question: answer for (question, _), answer in made.items()}


async def fresh(
    connection: Connection, entity: Entity, questions: Sequence[Question], *, now: datetime
) -> dict[Question, forecasts.Row]:
    """Return those stored forecasts that still answer questions, with the columns of an entity."""
    asked = list(dict.fromkeys(questions))
    keys = [(e.subject_id, e.wanted.question, now - min(_SAME_FOR, e.wanted.horizon / 4)) for e in asked]
    rows = await forecasts.fresh(connection, entity, keys, now=now) if asked else {}
    return {asked[place]: row for place, row in rows.items()}


async def issued_since(
    connection: Connection, subject: Subject, wanted: Wanted, since: datetime, *, now: datetime
) -> bool:
    """Say whether a forecast of a channel that answers the same was issued since then, at most 13 hours ago."""
    return bool(await forecasts.fresh(connection, _NAME, [(subject.id, wanted.question, since)], now=now))


async def predict(
    database: Database, workshop: Workshop, asked: Sequence[tuple[Subject, Wanted]], *, now: datetime
) -> list[Issue | Refusal]:
    """Make forecasts without keeping them, in their order.

    Args:
        database: Where readings are.
        workshop: Where they are worked out.
        asked: Of what, and what is wanted.
        now: The present: what is read later is not looked at.
    """
    found: list[Issue | Refusal] = []
    for begin in range(0, len(asked), AT_ONCE):
        some = asked[begin : begin + AT_ONCE]
        stretches = [_past_of(subject, wanted, now) for subject, wanted in some]
        async with database.transaction(FORESIGHT, readonly=True) as connection:
            pasts = await histories(connection, stretches)
        tasks = [_task(*each, *known) for each, known in zip(some, zip(stretches, pasts, strict=True), strict=True)]
        made = [each for job in _jobs(tasks) for each in await workshop.run(forecast_all, job)]
        for (subject, wanted), stretch, each in zip(some, stretches, made, strict=True):
            if isinstance(each, Refusal):
                found.append(each)
                continue
            step_s = grid_of(subject, wanted.horizon).step_s
            found.append(Issue(subject, each, now, stretch.last, step_s, wanted.level, wanted.question))
    return found


async def keep(database: Database, issues: Sequence[Issue | Refusal], *, regular: bool = False) -> list[UUID | Refusal]:
    """Store forecasts, and return their ids beside what was refused, in their order."""
    kept = [(replace(each, regular=regular), uuid4()) for each in issues if isinstance(each, Issue)]
    if kept:
        async with database.transaction(FORESIGHT) as connection:
            await forecasts.keep(connection, [issue for issue, _ in kept], [name for _, name in kept])
    names = iter(name for _, name in kept)
    return [each if isinstance(each, Refusal) else next(names) for each in issues]


def grid_of(subject: Subject, horizon: timedelta) -> Grid:
    """Choose the steps of a forecast: as fine as the channel now speaks, or as its intervals are."""
    spacing_s = subject.spacing_s
    if subject.kind is ReadingKind.INTERVAL:
        spacing_s = subject.resolution_s
    elif subject.kind is ReadingKind.CUMULATIVE:
        spacing_s = max(subject.resolution_s or 0.0, spacing_s or 0.0)
    return grid_for(horizon_s=horizon.total_seconds(), spacing_s=spacing_s, kind=subject.kind)


async def _subjects(connection: Connection, questions: Sequence[Question]) -> dict[Question, Subject | Refusal | None]:
    """Look up what is asked of; None for what the actor may not see."""
    channel_ids = {each.subject_id for each in questions if not each.of_meter}
    meter_ids = {each.subject_id for each in questions if each.of_meter}
    channels = await forecasts.subjects_of(connection, list(channel_ids)) if channel_ids else {}
    meters = await forecasts.consumptions_of(connection, list(meter_ids)) if meter_ids else {}
    nothing = Refusal(
        "NOTHING_COUNTS",
        "Nothing in use counts what this meter takes in; give it an INTERVAL or CUMULATIVE channel of direction "
        "IMPORT. Of what flows out, ask for the forecast of the channel that counts it.",
    )
    return {
        each: (
            channels.get(each.subject_id)
            if not each.of_meter
            else (meters[each.subject_id] or nothing)
            if each.subject_id in meters
            else None
        )
        for each in questions
    }


def _jobs(tasks: Sequence[Task]) -> Iterator[Sequence[Task]]:
    """Cut tasks into jobs of about half a second, in their order."""
    for slow, some in groupby(tasks, lambda task: task.only is ForecastModel.ARIMA):
        alike, size = list(some), 1 if slow else A_JOB
        yield from (alike[first : first + size] for first in range(0, len(alike), size))


def _refusal(subject: Subject, wanted: Wanted, now: datetime) -> Refusal | None:
    if subject.kind is ReadingKind.STATE:
        return Refusal("STATES_ARE_NOT_FORECAST", "States have no forecast; ask for one of a measured quantity.")
    if wanted.horizon.total_seconds() > LONGEST_HORIZON_S:
        return Refusal(
            "HORIZON_TOO_LONG",
            "Nothing here foresees more than 30 days: what is told of later is the time of year. Ask for up to P30D.",
        )
    if subject.observed_at is None:
        return Refusal("INSUFFICIENT_HISTORY", "It has never been read; record readings first.")
    step = timedelta(seconds=grid_of(subject, wanted.horizon).step_s)
    if subject.observed_at < now - max(wanted.horizon, _STALE_STEPS * step):
        return Refusal("STALE", "The last reading is older than the horizon; record newer ones, or look further ahead.")
    return None


def _working(subject: Subject, wanted: Wanted) -> Grid:
    grid = grid_of(subject, wanted.horizon)
    usual = grid_of(subject, _USUAL_HORIZON)
    return working_grid(grid, usual) if subject.kind is ReadingKind.INSTANTANEOUS else grid


def _start(subject: Subject, wanted: Wanted, now: datetime) -> datetime:
    """Return where the past ends and the first step begins."""
    step_s = _working(subject, wanted).step_s
    return datetime.fromtimestamp(now.timestamp() // step_s * step_s, UTC)


def _past_of(subject: Subject, wanted: Wanted, now: datetime) -> Stretch:
    grid, last = _working(subject, wanted), _start(subject, wanted, now)
    # Between two readings steps are filled in; the first ones of a past have nothing before them.
    more = 0 if subject.kind is ReadingKind.INTERVAL else grid.past_steps // _STEPS_OF_ONE_BEFORE
    steps = grid.past_steps + more
    first = last - timedelta(seconds=grid.step_s * steps)
    return Stretch(subject.number, subject.kind, subject.resolution_s, first, grid.step_s, steps, subject.counters)


def _task(subject: Subject, wanted: Wanted, stretch: Stretch, values: Floats) -> Task:
    working = _working(subject, wanted)
    reach = max(1, round(1.5 * (subject.resolution_s or working.step_s) / working.step_s))
    return Task(
        past=Past(values, stretch.first.timestamp(), working.step_s, subject.zone),
        steps=working.steps,
        joined=grid_of(subject, wanted.horizon).step_s // working.step_s,
        reach=0 if subject.kind is ReadingKind.INTERVAL else reach,
        level=wanted.level,
        cumulative=subject.kind is ReadingKind.CUMULATIVE,
        lowest=subject.lowest,
        highest=subject.highest,
        only=wanted.model,
    )
