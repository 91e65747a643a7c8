"""The root of all changes."""

import strawberry

from resolvers.agreements import AgreementMutation
from resolvers.alarm_rules import AlarmRuleMutation
from resolvers.alarm_steps import AlarmMutation
from resolvers.alarm_targets import AlarmTargetMutation
from resolvers.api_keys import ApiKeyMutation
from resolvers.automation import AutomationRuleMutation
from resolvers.autonomy import AutonomyMutation
from resolvers.calibrations import CalibrationMutation
from resolvers.channels import ChannelMutation
from resolvers.command_schedules import CommandScheduleMutation
from resolvers.command_steps import CommandStepMutation
from resolvers.command_webhooks import CommandWebhookMutation
from resolvers.commands import CommandMutation
from resolvers.decisions import DecisionMutation
from resolvers.deferrable_loads import DeferrableLoadMutation
from resolvers.forecasts import ForecastMutation
from resolvers.interlocks import InterlockMutation
from resolvers.invitations import InvitationMutation
from resolvers.load_plans import LoadPlanMutation
from resolvers.machines import MachineMutation
from resolvers.maintenance import MaintenanceMutation
from resolvers.members import MemberMutation
from resolvers.meters import MeterMutation
from resolvers.organisations import OrganisationMutation
from resolvers.recording import RecordingMutation
from resolvers.register_events import RegisterEventMutation
from resolvers.scenarios import ScenarioMutation
from resolvers.sites import SiteMutation
from resolvers.suppliers import SupplierMutation
from resolvers.tariffs import TariffMutation


@strawberry.type(name="Mutation", description="All that can be changed.")
class Mutation(
    RecordingMutation,
    SiteMutation,
    MeterMutation,
    MachineMutation,
    ChannelMutation,
    SupplierMutation,
    TariffMutation,
    AgreementMutation,
    RegisterEventMutation,
    DecisionMutation,
    ForecastMutation,
    CommandMutation,
    InterlockMutation,
    CommandStepMutation,
    CommandScheduleMutation,
    AlarmMutation,
    AlarmRuleMutation,
    AlarmTargetMutation,
    CalibrationMutation,
    MaintenanceMutation,
    ScenarioMutation,
    DeferrableLoadMutation,
    LoadPlanMutation,
    AutomationRuleMutation,
    AutonomyMutation,
    OrganisationMutation,
    MemberMutation,
    InvitationMutation,
    ApiKeyMutation,
    CommandWebhookMutation,
):
    """The mutations of its nouns."""
