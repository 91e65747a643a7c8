"""What a temperature would do if: finds what moves it, reads both on one grid, and asks a heat balance."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.scenarios.findings import written
from twinql.domain.scenarios.fitted import REFIT_STEPS
from twinql.domain.scenarios.inputs import Candidate, check_state, drivers, found, measured_instead, nearest, role_of
from twinql.domain.scenarios.question import MOST_DRIVERS, TemperatureWhatIf
from twinql.domain.scenarios.scenario import Course, Floats, Scenario, ScenarioKind, ScenarioRefusal
from twinql.domain.scenarios.stretch import Stretch, held, stretches_for
from twinql.domain.scenarios.temperature import (
    Setpoint,
    Supposition,
    TemperatureAnswer,
    TemperatureQuestion,
    Threshold,
    answered,
)
from twinql.domain.thermal.control import Thermostat
from twinql.domain.thermal.drivers import DriverRole, ThermalPast
from twinql.domain.thermal.trajectory import Trajectory
from twinql.domain.units import Quantity, Unit, convert
from twinql.domain.wording import LONGEST_NAME
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage.costs import Reading
from twinql.storage.database import Connection
from twinql.storage.forecasts import Subject, subjects_of
from twinql.storage.what_if import candidates_of, read_before, read_on_grid

Run = Callable[..., Awaitable[Any]]
"""Works a function out beside the event loop, and returns what it gives."""
_PLACE = "temperature"


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What moves the temperature.

    Attributes:
        channels: The channels that are looked at.
        roles: How they enter.
        sinks: Of flows: the temperature to which they open a path.
        supposed: What is supposed of some of them.
    """

    channels: Sequence[Candidate]
    roles: Mapping[UUID, DriverRole]
    sinks: Mapping[UUID, UUID]
    supposed: Sequence[Supposition] = ()


async def foresee(
    reading: Reading, run: Run, wanted: TemperatureWhatIf, name: str | None, *, now: datetime
) -> Scenario | ScenarioRefusal:
    """Work out what a temperature would do if, beside what it does if nobody does anything.

    Args:
        reading: Opens transactions that only read, as whoever asks.
        run: Works out what takes long beside the event loop.
        wanted: What is asked.
        name: What people call it; None for what is assumed.
        now: The present: what was read later is not looked at.

    Raises:
        NotFoundError: There is no such channel that the actor may see.
        InvalidInputError: It can never be worked out as it is asked.
    """
    wanted.check()
    if (refusal := wanted.refusal()) is not None:
        return refusal
    async with reading() as connection:
        subject = (await subjects_of(connection, [wanted.channel_id])).get(wanted.channel_id)
        if subject is None:
            raise _unseen(_PLACE, "channelId")
        if subject.kind is not ReadingKind.INSTANTANEOUS or _is_no_temperature(subject, wanted):
            message = "A heat balance is of a temperature that is measured; name a channel of one."
            raise InvalidInputError(message, path=(_PLACE, "channelId"))
        inputs = await _inputs(connection, wanted, subject)
        if isinstance(inputs, ScenarioRefusal):
            return inputs
        inputs = replace(inputs, supposed=_suppositions(wanted, inputs, Unit(subject.unit)))
    stretches = stretches_for(
        horizon_s=wanted.horizon.total_seconds(),
        spacing_s=subject.spacing_s or 1.0,
        sparse_s=subject.resolution_s or 1.0,
    )
    for stretch in stretches:
        async with reading() as connection:
            past = await _past(connection, subject, inputs, stretch, now)
        question = _question(subject, wanted, inputs, past, stretch, horizon_step_s=stretches[-1].step_s)
        answer = await run(answered, question)
        if answer is not None:
            break
    if isinstance(answer, ScenarioRefusal):
        return measured_instead(answer, inputs.channels, [each.channel_id for each in wanted.assumptions])
    return _scenario(wanted, name or _title(wanted, inputs), stretch, inputs, answer, unit=Unit(subject.unit))


def _is_no_temperature(subject: Subject, wanted: TemperatureWhatIf) -> bool:
    """Say whether a heat balance is asked of no temperature; how a setpoint is followed can be asked of anything."""
    return wanted.setpoint is None and subject.quantity != Quantity.TEMPERATURE.value


async def _inputs(connection: Connection, wanted: TemperatureWhatIf, subject: Subject) -> _Inputs | ScenarioRefusal:
    """Find what moves a temperature, or take what is named.

    Raises:
        NotFoundError: One that is named cannot be seen; the path says which.
        InvalidInputError: Nobody knows how one that is named moves it.
    """
    named = _named(wanted)
    candidates = await candidates_of(connection, wanted.channel_id, [key for key, _ in named])
    seen = {each.id: each for each in candidates}
    for key, path in named:
        if key == wanted.channel_id:
            raise InvalidInputError("A temperature does not move itself; name another channel.", path=(_PLACE, *path))
        if key not in seen:
            raise _unseen(_PLACE, *path)
    if wanted.setpoint is not None:
        return _following(seen[wanted.setpoint.channel_id], subject)
    given = wanted.drivers or ()
    roles = found(candidates) if wanted.drivers is None else {}
    for key, path in named:
        role = next((each.role for each in given if each.channel_id == key), None) or role_of(seen[key])
        if role is None:
            message = (
                f"How {seen[key].name} moves the temperature cannot be told from what it is; say its role in drivers."
            )
            raise InvalidInputError(message, path=(_PLACE, *path))
        roles[key] = role
    roles = nearest(candidates, roles, [key for key, _ in named], most=MOST_DRIVERS)
    if not roles:
        return ScenarioRefusal(
            "NO_DRIVERS",
            "No channel near this one is known to move it: no power, no surrounding temperature, no switch.",
            "Such channels on the same asset, its parts, its parent or its site; or `drivers` that name them.",
        )
    for place, each in enumerate(given):
        if each.sink_id is not None and roles[each.sink_id] is not DriverRole.SINK:
            message = "What a flow leads to is a temperature; name a channel of one, or leave it out."
            raise InvalidInputError(message, path=(_PLACE, "drivers", str(place), "sinkId"))
    sinks = {each.channel_id: each.sink_id for each in given if each.sink_id is not None}
    return _Inputs([each for each in candidates if each.id in roles], roles, sinks)


def _following(setpoint: Candidate, subject: Subject) -> _Inputs:
    """Return the setpoint as what moves the channel.

    Raises:
        InvalidInputError: It is of another quantity.
    """
    if setpoint.unit.dimension != Unit(subject.unit).dimension:
        message = f"{setpoint.name}, in {setpoint.unit.name}, is no setpoint of a channel in {subject.unit}."
        raise InvalidInputError(message, path=(_PLACE, "setpoint", "channelId"))
    return _Inputs([setpoint], {setpoint.id: DriverRole.SINK}, {})


def _named(wanted: TemperatureWhatIf) -> list[tuple[UUID, tuple[str, ...]]]:
    """Return all channels that the question names beside its own, each with its place in the input."""
    places: list[tuple[UUID, tuple[str, ...]]] = []
    for place, given in enumerate(wanted.drivers or ()):
        places.append((given.channel_id, ("drivers", str(place), "channelId")))
        if given.sink_id is not None:
            places.append((given.sink_id, ("drivers", str(place), "sinkId")))
    places += [(each.channel_id, ("assumptions", str(at), "channelId")) for at, each in enumerate(wanted.assumptions)]
    if wanted.setpoint is not None:
        places.append((wanted.setpoint.channel_id, ("setpoint", "channelId")))
    if wanted.thermostat is not None:
        places.append((wanted.thermostat.channel_id, ("thermostat", "channelId")))
    return places


def _unseen(*path: str) -> NotFoundError:
    return NotFoundError("There is no channel in use with this id that you may see; look it up first.", path=path)


def _suppositions(wanted: TemperatureWhatIf, inputs: _Inputs, unit: Unit) -> list[Supposition]:
    """Say what is assumed in the numbers of the heat balance, whose temperatures are in the unit of the channel.

    Raises:
        InvalidInputError: A channel has no such state.
    """
    seen = {each.id: each for each in inputs.channels}
    suppositions = []
    if (thermostat := wanted.thermostat) is not None:
        for name in ("off", "on"):
            check_state(seen[thermostat.channel_id], getattr(thermostat, name), _PLACE, "thermostat", name)
    for place, each in enumerate(wanted.assumptions):
        channel, value = seen[each.channel_id], each.value
        if each.state is not None:
            value = channel.labels.get(each.state)
        if value is None:
            labels = ", ".join(channel.labels) or "none"
            message = f"{channel.name} has no state {each.state!r}; its states are: {labels}."
            raise InvalidInputError(message, path=(_PLACE, "assumptions", str(place), "state"))
        check_state(channel, value, _PLACE, "assumptions", str(place), "value")
        if inputs.roles[channel.id] is DriverRole.SINK:
            value = float(convert(np.array(value), source=channel.unit, target=unit))
        until_s = None if each.lasting is None else (each.after + each.lasting).total_seconds()
        suppositions.append(Supposition(channel.key, value, each.after.total_seconds(), until_s))
    return suppositions


async def _past(
    connection: Connection, subject: Subject, inputs: _Inputs, stretch: Stretch, now: datetime
) -> ThermalPast:
    until = datetime.fromtimestamp(now.timestamp() // stretch.step_s * stretch.step_s, UTC)
    first = until - timedelta(seconds=stretch.step_s * (stretch.past_steps + REFIT_STEPS))
    numbers = [subject.number, *(each.number for each in inputs.channels)]
    grids = await read_on_grid(connection, numbers, first, until, stretch.step_s)
    before = await read_before(connection, [each.number for each in inputs.channels if each.holds()], first)
    series: dict[str, Floats] = {}
    for each in inputs.channels:
        values = grids[each.number].means
        values = held(values, before.get(each.number)) if each.holds() else values
        if inputs.roles[each.id] is DriverRole.SINK:
            values = convert(values, source=each.unit, target=Unit(subject.unit))
        series[each.key] = values
    return ThermalPast(grids[subject.number].ends, series, float(stretch.step_s), first.timestamp())


def _question(
    subject: Subject,
    wanted: TemperatureWhatIf,
    inputs: _Inputs,
    past: ThermalPast,
    stretch: Stretch,
    *,
    horizon_step_s: float,
) -> TemperatureQuestion:
    keys = {each.id: each.key for each in inputs.channels}
    thresholds = [Threshold(each.value, each.is_high) for each in subject.limits]
    if wanted.thresholds is not None:
        thresholds = [Threshold(each) for each in wanted.thresholds]
    setpoint, thermostat = wanted.setpoint, wanted.thermostat
    holding = [each.key for each in inputs.channels if each.holds() or setpoint is not None]
    return TemperatureQuestion(
        past=past,
        past_steps=len(past) - REFIT_STEPS,
        drivers=drivers(inputs.channels, inputs.roles, inputs.sinks),
        holding=frozenset(holding),
        supposed=inputs.supposed,
        setpoint=None if setpoint is None else Setpoint(keys[setpoint.channel_id], setpoint.value, setpoint.tolerance),
        thermostat=None
        if thermostat is None
        else Thermostat(
            key=keys[thermostat.channel_id],
            setpoint=thermostat.setpoint,
            hysteresis=thermostat.hysteresis,
            off=thermostat.off,
            on=thermostat.on,
            cools=thermostat.cools,
        ),
        steps=stretch.steps,
        told_every=stretch.told_every,
        horizon_step_s=horizon_step_s,
        level=wanted.level,
        thresholds=thresholds,
    )


def _scenario(
    wanted: TemperatureWhatIf, name: str, stretch: Stretch, inputs: _Inputs, answer: TemperatureAnswer, *, unit: Unit
) -> Scenario:
    return Scenario(
        channel_id=wanted.channel_id,
        kind=ScenarioKind.TEMPERATURE,
        name=name,
        starts_at=datetime.fromtimestamp(answer.baseline.begins_s, UTC),
        step_s=stretch.told_s,
        level=wanted.level,
        asked=wanted.asked(),
        baseline=_course(answer.baseline),
        alternative=_course(answer.alternative),
        findings=written(answer, {each.key: each.id for each in inputs.channels}, unit),
    )


def _title(wanted: TemperatureWhatIf, inputs: _Inputs) -> str:
    """Say what is assumed."""
    names = {each.id: each.name for each in inputs.channels}
    found = [f"{names[each.channel_id]} is {each.state or f'{each.value:g}'}" for each in wanted.assumptions]
    if wanted.setpoint is not None:
        found.append(f"{names[wanted.setpoint.channel_id]} is {wanted.setpoint.value:g}")
    if wanted.thermostat is not None:
        found.append(f"{names[wanted.thermostat.channel_id]} keeps {wanted.thermostat.setpoint:g}")
    return f"If {', '.join(found)}"[:LONGEST_NAME]


def _course(trajectory: Trajectory) -> Course:
    return Course(trajectory.lower, trajectory.median, trajectory.upper)
