"""Machines."""

from typing import ClassVar

import strawberry

from schema.asset import Asset
from schema.declared import Asked, column, entity_of, key_of
from schema.execution import EXECUTION, MachineExecution
from schema.machine_diagnosis import MachineDiagnosis
from schema.orders import NameOrder
from schema.remaining_life import RemainingUsefulLife, remaining_life_of
from schema.stored_parts import stored
from twinql.context import Info
from twinql.storage.execution import executions_of
from twinql.storage.read import PageRequest, Question, Table, contains, is_set, one_of
from twinql.storage.read.entity import MACHINES


@strawberry.type(description="A thing that works.")
class Machine(Asset, MachineDiagnosis):
    """A machine."""

    table: ClassVar[Table] = MACHINES
    manufacturer: str | None = column(description="Who built it; null where unknown.")
    model: str | None = column(description="The maker's name for its type; null where unknown.")

    @strawberry.field(
        description="What it is doing, by its channel `execution`; UNKNOWN where it has none or nothing was read.",
        metadata=stored(EXECUTION),
    )
    async def execution(self, info: Info) -> MachineExecution:
        """Load what it is doing, for all machines of the operation at once."""
        return MachineExecution.of(await info.context.batch("execution", executions_of).load(self.row_id))

    @strawberry.field(
        description="How long it has left until it fails, by what became of machines of its maker and model; hours are "
        "null, with a reason, where fewer than 10 of their runs ended in a failure. Null beside an error alone."
    )
    async def remaining_useful_life(self, info: Info) -> RemainingUsefulLife | None:
        """Learn it from its fleet."""
        return await remaining_life_of(info, self.row_id)


@strawberry.input(description="Which machines are wanted; what is left out does not matter.")
class MachineFilter:
    """Conditions that all hold."""

    site_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only on these sites.")
    search: str | None = strawberry.field(
        default=None, description="Only where the name, model, manufacturer or external id contains this text."
    )
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


def machines_asked(
    chosen: MachineFilter | None, order_by: NameOrder, page: PageRequest, *, parent: str | None = None
) -> Asked:
    """Return the question for machines, under a parent column or for all."""
    chosen = chosen or MachineFilter()
    sites = None if chosen.site_ids is None else [key_of(each, "Site") for each in chosen.site_ids]
    where = (
        *one_of("site_id", sites, "uuid"),
        *contains(("name", "model", "manufacturer", "external_id"), chosen.search),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(Machine, Question(entity_of(Machine), order_by.columns, page, where, parent=parent))
