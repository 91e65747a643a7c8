"""Anything, by its global id."""

import asyncio
from typing import Annotated

import strawberry

from schema.declared import Asked, Sought, first_of, listed, named
from schema.node import Node
from schema.reading import reading_asked
from twinql.context import Info
from twinql.domain import global_id
from twinql.domain.global_id import GlobalId
from twinql.errors import InvalidInputError

MOST = 100
NODES = {
    "Organisation": "schema.organisation:Organisation",
    "Member": "schema.member:Member",
    "Invitation": "schema.invitation:Invitation",
    "ApiKey": "schema.api_key:ApiKey",
    "CommandWebhook": "schema.command_webhook:CommandWebhook",
    "AuditEntry": "schema.audit_entry:AuditEntry",
    "Site": "schema.site:Site",
    "Meter": "schema.meter:Meter",
    "Machine": "schema.machine:Machine",
    "Channel": "schema.channel:Channel",
    "Forecast": "schema.forecast:Forecast",
    "Decision": "schema.decision:Decision",
    "Command": "schema.command:Command",
    "Interlock": "schema.interlock:Interlock",
    "EmergencyStop": "schema.emergency_stop:EmergencyStop",
    "CommandSchedule": "schema.command_schedule:CommandSchedule",
    "RejectedReading": "schema.rejected_reading:RejectedReading",
    "Supplier": "schema.supplier:Supplier",
    "Tariff": "schema.tariff:Tariff",
    "TariffRevision": "schema.tariff_revision:TariffRevision",
    "Agreement": "schema.agreement:Agreement",
    "RegisterEvent": "schema.register_event:RegisterEvent",
    "Alarm": "schema.alarm:Alarm",
    "AlarmNotification": "schema.alarm_notification:AlarmNotification",
    "AlarmRule": "schema.alarm_rule:AlarmRule",
    "AlarmTarget": "schema.alarm_target:AlarmTarget",
    "Calibration": "schema.calibration:Calibration",
    "MaintenanceTask": "schema.maintenance_task:MaintenanceTask",
    "Scenario": "schema.scenario:Scenario",
    "LoadPlan": "schema.load_plan:LoadPlan",
    "AutomationRule": "schema.automation_rule:AutomationRule",
    "DeferrableLoad": "schema.deferrable_load:DeferrableLoad",
}
"""What can be asked for by the key of its row. Whoever adds a noun adds it here."""

NodeId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
NodeIds = Annotated[list[strawberry.ID], strawberry.argument(description=f"Global ids, at most {MOST}.")]


@strawberry.type
class NodeQuery:
    """Root fields by global id."""

    @listed(
        graphql_type=Node | None,
        single=True,
        description="Anything by its global id; null where there is nothing that you may see.",
    )
    def node(id: NodeId) -> Asked | Sought | None:
        """Say what it names."""
        return _sought(global_id.decode(id))

    @strawberry.field(description="Several things by their global ids, in that order; null for what you may not see.")
    async def nodes(self, info: Info, ids: NodeIds) -> list[Node | None]:
        """Load them together."""
        if len(ids) > MOST:
            raise InvalidInputError(f"At most {MOST} ids are looked up at once, and {len(ids)} were given.")
        wanted = [global_id.decode(each) for each in ids]
        return list(await asyncio.gather(*(first_of(info, _sought(each)) for each in wanted)))


def _sought(wanted: GlobalId) -> Asked | Sought | None:
    if wanted.type == "Reading" and wanted.instant_us is not None:
        return reading_asked(wanted.key, wanted.instant_us, wanted.as_of_us)
    target = NODES.get(wanted.type)
    return None if target is None else Sought(named(target), wanted.key)
