"""The connections of the graph, each made once: their nodes are named lazily, since nouns point at each other."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connection import Connection

if TYPE_CHECKING:
    from schema.agreement import Agreement
    from schema.alarm import Alarm
    from schema.alarm_notification import AlarmNotification
    from schema.alarm_rule import AlarmRule
    from schema.alarm_target import AlarmTarget
    from schema.api_key import ApiKey
    from schema.asset import Asset
    from schema.audit_entry import AuditEntry
    from schema.automation_rule import AutomationRule
    from schema.calibration import Calibration
    from schema.channel import Channel
    from schema.command import Command
    from schema.command_schedule import CommandSchedule
    from schema.decision import Decision
    from schema.deferrable_load import DeferrableLoad
    from schema.emergency_stop import EmergencyStop
    from schema.forecast import Forecast
    from schema.interlock import Interlock
    from schema.invitation import Invitation
    from schema.load_plan import LoadPlan
    from schema.machine import Machine
    from schema.maintenance_task import MaintenanceTask
    from schema.member import Member
    from schema.meter import Meter
    from schema.reading import Reading
    from schema.register_event import RegisterEvent
    from schema.rejected_reading import RejectedReading
    from schema.scenario import Scenario
    from schema.site import Site
    from schema.supplier import Supplier
    from schema.tariff import Tariff
    from schema.tariff_revision import TariffRevision

SiteConnection = Connection[Annotated["Site", strawberry.lazy("schema.site")]]
AssetConnection = Connection[Annotated["Asset", strawberry.lazy("schema.asset")]]
MeterConnection = Connection[Annotated["Meter", strawberry.lazy("schema.meter")]]
MachineConnection = Connection[Annotated["Machine", strawberry.lazy("schema.machine")]]
ChannelConnection = Connection[Annotated["Channel", strawberry.lazy("schema.channel")]]
ReadingConnection = Connection[Annotated["Reading", strawberry.lazy("schema.reading")]]
RejectedReadingConnection = Connection[Annotated["RejectedReading", strawberry.lazy("schema.rejected_reading")]]
ForecastConnection = Connection[Annotated["Forecast", strawberry.lazy("schema.forecast")]]
DecisionConnection = Connection[Annotated["Decision", strawberry.lazy("schema.decision")]]
EmergencyStopConnection = Connection[Annotated["EmergencyStop", strawberry.lazy("schema.emergency_stop")]]
InterlockConnection = Connection[Annotated["Interlock", strawberry.lazy("schema.interlock")]]
CommandConnection = Connection[Annotated["Command", strawberry.lazy("schema.command")]]
CommandScheduleConnection = Connection[Annotated["CommandSchedule", strawberry.lazy("schema.command_schedule")]]
MemberConnection = Connection[Annotated["Member", strawberry.lazy("schema.member")]]
InvitationConnection = Connection[Annotated["Invitation", strawberry.lazy("schema.invitation")]]
ApiKeyConnection = Connection[Annotated["ApiKey", strawberry.lazy("schema.api_key")]]
AuditEntryConnection = Connection[Annotated["AuditEntry", strawberry.lazy("schema.audit_entry")]]
SupplierConnection = Connection[Annotated["Supplier", strawberry.lazy("schema.supplier")]]
TariffConnection = Connection[Annotated["Tariff", strawberry.lazy("schema.tariff")]]
TariffRevisionConnection = Connection[Annotated["TariffRevision", strawberry.lazy("schema.tariff_revision")]]
AgreementConnection = Connection[Annotated["Agreement", strawberry.lazy("schema.agreement")]]
RegisterEventConnection = Connection[Annotated["RegisterEvent", strawberry.lazy("schema.register_event")]]
AlarmConnection = Connection[Annotated["Alarm", strawberry.lazy("schema.alarm")]]
AlarmNotificationConnection = Connection[Annotated["AlarmNotification", strawberry.lazy("schema.alarm_notification")]]
AlarmTargetConnection = Connection[Annotated["AlarmTarget", strawberry.lazy("schema.alarm_target")]]
AlarmRuleConnection = Connection[Annotated["AlarmRule", strawberry.lazy("schema.alarm_rule")]]
AutomationRuleConnection = Connection[Annotated["AutomationRule", strawberry.lazy("schema.automation_rule")]]
CalibrationConnection = Connection[Annotated["Calibration", strawberry.lazy("schema.calibration")]]
MaintenanceTaskConnection = Connection[Annotated["MaintenanceTask", strawberry.lazy("schema.maintenance_task")]]
DeferrableLoadConnection = Connection[Annotated["DeferrableLoad", strawberry.lazy("schema.deferrable_load")]]
LoadPlanConnection = Connection[Annotated["LoadPlan", strawberry.lazy("schema.load_plan")]]
ScenarioConnection = Connection[Annotated["Scenario", strawberry.lazy("schema.scenario")]]
