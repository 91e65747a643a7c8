"""What machines make of their energy: few statements for any number of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.diagnosis.efficiency import (
    PAST_PERIODS,
    Efficiency,
    EnergyByState,
    efficiency_of,
    energy_by_state,
    energy_of_steps,
)
from twinql.domain.diagnosis.parts import energy_channel, output_channel, productive_codes, state_channel
from twinql.domain.diagnosis.reason import Reason, ReasonCode
from twinql.domain.diagnosis.sheet import Sheet
from twinql.domain.readings import Floats
from twinql.domain.units import Unit, convert
from twinql.storage.aside import aside
from twinql.storage.database import Connection
from twinql.storage.diagnosis import sheets_of_assets
from twinql.storage.grids import Grid, before, energy_grid, grid_over, grids_of

A = TypeVar("A")

_HOUR_S = 3_600.0
_NO_ENERGY = Reason(ReasonCode.NO_CHANNEL, "The machine has no channel of energy or power that it takes in; make one.")
_NO_STATE = Reason(ReasonCode.NO_CHANNEL, "The machine has no STATE channel that tells what it does; make one.")
_NO_WORK = Reason(
    ReasonCode.NO_CHANNEL, "The machine has neither a counter of what it makes nor a state such as RUNNING or ON."
)


@dataclass(frozen=True, slots=True)
class Used:
    """What was worked out of which channels.

    Attributes:
        energy: The channel that tells the energy; None where the machine has none.
        beside: The channel that tells the state, or what is made; None where it has none.
        grid: The instants that were looked at, of the period itself.
    """

    energy: Sheet | None
    beside: Sheet | None
    grid: Grid


async def energies_by_state(
    connection: Connection, machines: Sequence[UUID], first: datetime, last: datetime
) -> list[tuple[Used, EnergyByState | Reason]]:
    """Divide what machines used in a period among their states."""
    used = []
    for sheets in await sheets_of_assets(connection, machines):
        energy, state = energy_channel(sheets), state_channel(sheets)
        used.append(Used(energy, state, _grid(energy, first, last)))

    def divided(each: Used, values: Floats, codes: Floats) -> EnergyByState | Reason:
        assert each.energy is not None
        return energy_by_state(used_kwh(each.energy, values, each.grid), codes[:-1], step_s=each.grid.step_s)

    return await _worked_out(connection, used, 0, _NO_STATE, divided)


async def efficiencies_of(
    connection: Connection, machines: Sequence[UUID], first: datetime, last: datetime
) -> list[tuple[Used, Efficiency | Reason]]:
    """Say what machines make of their energy in a period, against as long periods before it."""
    used = []
    for sheets in await sheets_of_assets(connection, machines):
        energy, working = energy_channel(sheets), _working(sheets)
        used.append(Used(energy, working, _grid(energy, first, last)))

    def compared(each: Used, values: Floats, told: Floats) -> Efficiency | Reason:
        assert each.energy is not None
        assert each.beside is not None
        long, rows = before(each.grid, PAST_PERIODS), (PAST_PERIODS + 1, each.grid.points - 1)
        kwh, useful = used_kwh(each.energy, values, long), _useful(each.beside, told, long)
        return efficiency_of(kwh.reshape(rows), useful.reshape(rows))

    return await _worked_out(connection, used, PAST_PERIODS, _NO_WORK, compared)


async def _worked_out(
    connection: Connection,
    used: Sequence[Used],
    periods: int,
    nothing_beside: Reason,
    work: Callable[[Used, Floats, Floats], A],
) -> list[tuple[Used, A | Reason]]:
    """Read both channels of each machine that has them, so many periods further back, and work something out."""
    asked = [
        (sheet, before(each.grid, periods))
        for each in used
        if each.energy is not None and each.beside is not None
        for sheet in (each.energy, each.beside)
    ]
    told = iter(await grids_of(connection, asked))
    found: list[tuple[Used, A | Reason]] = []
    for each in used:
        if each.energy is None or each.beside is None:
            found.append((each, _NO_ENERGY if each.energy is None else nothing_beside))
        else:
            found.append((each, await aside(work, each, next(told), next(told))))
    return found


def _grid(energy: Sheet | None, first: datetime, last: datetime) -> Grid:
    return grid_over(first, last, []) if energy is None else energy_grid(energy, first, last)


def _working(sheets: Sequence[Sheet]) -> Sheet | None:
    counter, state = output_channel(sheets), state_channel(sheets)
    return counter or (state if state is not None and productive_codes(state) else None)


def used_kwh(energy: Sheet, values: Floats, grid: Grid) -> Floats:
    """Return what was used in each step of a grid, in kWh, by what a channel told at its instants."""
    target = Unit.KILOWATT if energy.kind is ReadingKind.INSTANTANEOUS else Unit.KILOWATT_HOUR
    told = convert(values, source=energy.unit, target=target) * energy.multiplier
    return energy_of_steps(told, energy.kind, step_s=grid.step_s, resolution_s=energy.resolution_s)


def _useful(working: Sheet, told: Floats, grid: Grid) -> Floats:
    if working.kind is ReadingKind.CUMULATIVE:
        return energy_of_steps(told * working.multiplier, working.kind, step_s=grid.step_s, resolution_s=None)
    productive = np.isin(told[:-1], list(productive_codes(working))) * (grid.step_s / _HOUR_S)
    return np.where(np.isfinite(told[:-1]), productive, np.nan)
