"""What a machine makes of its energy."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

import strawberry

from schema import machine_words  # noqa: F401 - publishes the enums
from schema.diagnosis_words import DiagnosisReason
from schema.from_readings import ReadingStretch
from twinql.context import Info
from twinql.domain.channels import ReadingKind
from twinql.domain.diagnosis import efficiency
from twinql.domain.diagnosis.bands import EfficiencyLevel
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.sheet import Sheet
from twinql.storage.database import Connection
from twinql.storage.machine_energy import Used, efficiencies_of, energies_by_state

Period = tuple[datetime, datetime]


def _stretch(sheet: Sheet | None, period: Period) -> ReadingStretch | None:
    return None if sheet is None else ReadingStretch(span=sheet.span(*period))


@strawberry.type(description="What a machine used while it was in a state.")
class StateEnergy:
    """A line."""

    code: float | None = strawberry.field(description="The state's code; null for time of unknown state.")
    label: str | None = strawberry.field(description="What people call it, such as RUNNING; null where nobody said.")
    energy: float = strawberry.field(description="What was used in it, in kWh.")
    elapsed: timedelta = strawberry.field(description="For how long it was so, of the time whose energy is known.")
    share: float | None = strawberry.field(description="Share of the total, 0 to 1; null where nothing was used.")


@strawberry.type(description="What a machine used in a period, by the state in which it was.")
class EnergyByState:
    """A division."""

    states: list[StateEnergy] = strawberry.field(description="The states, the most used first; they add up to `total`.")
    total: float | None = strawberry.field(description="What was used, in kWh; null with a reason.")
    step: timedelta | None = strawberry.field(
        description="How finely it was divided: one state in each such step counts. Null with a reason."
    )
    energy_from: ReadingStretch | None = strawberry.field(
        description="The channel that tells the energy; null where there is none."
    )
    state_from: ReadingStretch | None = strawberry.field(
        description="The channel that tells the state; null where there is none."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, used: Used, found: efficiency.EnergyByState | Reason, period: Period) -> Self:
        """Show a division."""
        told = None if isinstance(found, Reason) else found
        labels = {} if used.beside is None else used.beside.states
        states = [
            StateEnergy(
                code=each.code,
                label=None if each.code is None else labels.get(each.code),
                energy=each.energy_kwh,
                elapsed=timedelta(seconds=each.elapsed_s),
                share=each.share,
            )
            for each in ([] if told is None else told.states)
        ]
        return cls(
            states=states,
            total=None if told is None else told.total_kwh,
            step=None if told is None else timedelta(seconds=used.grid.step_s),
            energy_from=_stretch(used.energy, period),
            state_from=_stretch(used.beside, period),
            reason=DiagnosisReason.of(found),
        )


@strawberry.type(description="What a machine makes of a kilowatt hour, against its own past.")
class MachineEfficiency:
    """An efficiency."""

    level: EfficiencyLevel | None = strawberry.field(
        description="In which third of its own past it lies; null with a reason."
    )
    value: float | None = strawberry.field(
        description="Useful output of a kilowatt hour: what a counter counted, in 1/kWh, else productive hours, in "
        "h/kWh."
    )
    counted: bool = strawberry.field(description="Whether a counter told the output; else hours in a productive state.")
    percentile: float | None = strawberry.field(
        description="Share of the earlier periods that were less efficient, 0 to 100 percent; equal ones count half."
    )
    usual: float | None = strawberry.field(description="The median of the earlier periods, as `value`.")
    periods: int | None = strawberry.field(
        description="With how many earlier periods of the same length it was compared, 5 to 12; null with a reason."
    )
    energy: float | None = strawberry.field(
        description="What was used in the time whose output is known, in kWh; null with a reason."
    )
    useful: float | None = strawberry.field(description="What was made of it, counted or in hours; null with a reason.")
    energy_from: ReadingStretch | None = strawberry.field(
        description="The channel that tells the energy; null where there is none."
    )
    useful_from: ReadingStretch | None = strawberry.field(
        description="The channel that tells the output; null where there is none."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, used: Used, found: efficiency.Efficiency | Reason, period: Period) -> Self:
        """Show an efficiency."""
        told = None if isinstance(found, Reason) else found
        return cls(
            level=None if told is None else told.level,
            value=None if told is None else told.value,
            counted=used.beside is not None and used.beside.kind is ReadingKind.CUMULATIVE,
            percentile=None if told is None else told.percentile,
            usual=None if told is None else told.usual,
            periods=None if told is None else told.periods,
            energy=None if told is None else told.energy_kwh,
            useful=None if told is None else told.useful,
            energy_from=_stretch(used.energy, period),
            useful_from=_stretch(used.beside, period),
            reason=DiagnosisReason.of(found),
        )


async def energy_by_state_of(info: Info, machine: UUID, period: Period) -> EnergyByState:
    """Divide what a machine used, for all machines of the operation at once."""

    async def load(connection: Connection, machines: Sequence[UUID]) -> list[EnergyByState]:
        return [EnergyByState.of(*each, period) for each in await energies_by_state(connection, machines, *period)]

    found: EnergyByState = await info.context.batch(("energy by state", period), load).load(machine)
    return found


async def efficiency_of(info: Info, machine: UUID, period: Period) -> MachineEfficiency:
    """Say what a machine makes of its energy, for all machines of the operation at once."""

    async def load(connection: Connection, machines: Sequence[UUID]) -> list[MachineEfficiency]:
        return [MachineEfficiency.of(*each, period) for each in await efficiencies_of(connection, machines, *period)]

    found: MachineEfficiency = await info.context.batch(("efficiency", period), load).load(machine)
    return found
