"""The root of all questions."""

import strawberry

from resolvers.alarm_rules import AlarmRuleQuery
from resolvers.alarm_targets import AlarmTargetQuery
from resolvers.alarms import AlarmQuery
from resolvers.assets import AssetQuery
from resolvers.audit_log import AuditLogQuery
from resolvers.automation import AutomationRuleQuery
from resolvers.bands import BandQuery
from resolvers.channels import ChannelQuery
from resolvers.command_schedules import CommandScheduleQuery
from resolvers.commands import CommandQuery
from resolvers.comparison import ComparisonQuery
from resolvers.decisions import DecisionQuery
from resolvers.deferrable_loads import DeferrableLoadQuery
from resolvers.interlocks import InterlockQuery
from resolvers.load_plans import LoadPlanQuery
from resolvers.maintenance import MaintenanceQuery
from resolvers.nodes import NodeQuery
from resolvers.rate_limit import RateLimitQuery
from resolvers.rejected_readings import RejectedReadingQuery
from resolvers.scenarios import ScenarioQuery
from resolvers.sites import SiteQuery
from resolvers.suppliers import SupplierQuery
from resolvers.tariffs import TariffQuery
from resolvers.viewer import ViewerQuery


@strawberry.type(name="Query", description="All that can be asked for.")
class Query(
    ViewerQuery,
    RateLimitQuery,
    NodeQuery,
    SiteQuery,
    AssetQuery,
    ChannelQuery,
    SupplierQuery,
    TariffQuery,
    RejectedReadingQuery,
    DecisionQuery,
    CommandQuery,
    InterlockQuery,
    CommandScheduleQuery,
    AlarmQuery,
    AlarmRuleQuery,
    AlarmTargetQuery,
    MaintenanceQuery,
    AuditLogQuery,
    BandQuery,
    ComparisonQuery,
    ScenarioQuery,
    DeferrableLoadQuery,
    LoadPlanQuery,
    AutomationRuleQuery,
):
    """The fields of its nouns."""
