"""Places where assets stand."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from schema.alarm_list import alarms_of
from schema.asset import Filter
from schema.automation_rule import AutomationRuleFilter, automation_rules_asked
from schema.channel import channels_asked
from schema.connection import After, Before, First, Last, page_of
from schema.cost import CostAsOf, Spread, wish_of
from schema.declared import Asked, column, entity_of, hidden, listed
from schema.deferrable_load import loads_of
from schema.emergency_stop import SiteStops
from schema.insight import Insight
from schema.lists import AutomationRuleConnection, ChannelConnection, MachineConnection, MeterConnection
from schema.load_plan import plans_of
from schema.machine import MachineFilter, machines_asked
from schema.maintenance_task import maintenance_tasks_of
from schema.meter import MeterFilter, meters_asked
from schema.node import Node
from schema.orders import NameOrder
from schema.period import DuringPeriod
from schema.ranking import ByMetric, InOrder, OfKind, Places, Ranking, ranking_of
from schema.rotation import Capacity, Rotation, Weeks, site_rotation_of
from schema.scalars import TimeZone
from schema.scenario import scenarios_of
from schema.site_autonomy import SiteAutonomy
from schema.site_cost import SiteCost, site_cost_of
from schema.viewer_can import viewer_can
from twinql.context import Info
from twinql.domain.diagnosis.ranking import RankingOrder
from twinql.domain.membership import Role
from twinql.domain.metering.intervals import Fill
from twinql.storage.read import PageRequest, Question, Table, contains, is_set
from twinql.storage.read.entity import SITES

WhichMeters = Annotated[MeterFilter | None, strawberry.argument(name="filter", description="Which meters.")]
WhichRules = Annotated[AutomationRuleFilter | None, strawberry.argument(name="filter", description="Which rules.")]
WhichMachines = Annotated[MachineFilter | None, strawberry.argument(name="filter", description="Which machines.")]
OrderBy = Annotated[NameOrder, strawberry.argument(description="In which order.")]


@strawberry.type(description="A place with a time zone, where assets stand.")
class Site(Node, SiteStops):
    """A site."""

    table: ClassVar[Table] = SITES
    row_id: strawberry.Private[UUID] = hidden("id")
    name: str = column(description="What people call it.")
    time_zone: TimeZone = column(description="IANA time zone in which its days, weeks and months are counted.")
    latitude: float | None = column(description="Degrees north, WGS 84; null where unknown.")
    longitude: float | None = column(description="Degrees east, WGS 84; null where unknown.")
    attributes: JSON = column(description="Anything that no field foresees, as a JSON object.")
    power_limit: float | None = column(
        "limit_kw",
        description="What it may take in at most, a mean over a quarter of an hour, in kW; null for no limit.",
    )
    created_at: datetime = column(description="When it was made.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may change it, take it out of use and back, and make things on it."
    )

    @listed("row_id", graphql_type=MeterConnection, description="Its meters.")
    def meters(
        filter_: WhichMeters = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for the meters."""
        return meters_asked(filter_, order_by, page_of(first, after, last, before), parent="site_id")

    @listed("row_id", graphql_type=MachineConnection, description="Its machines, parts of machines included.")
    def machines(
        filter_: WhichMachines = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for the machines."""
        return machines_asked(filter_, order_by, page_of(first, after, last, before), parent="site_id")

    @listed("row_id", graphql_type=ChannelConnection, description="Its channels and those of its assets, by key.")
    def channels(
        filter_: Filter = None, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Asked:
        """Ask for the channels."""
        return channels_asked("site_id", filter_, page_of(first, after, last, before))

    alarms = alarms_of(
        "row_id", "site_id", description="What is or was wrong with its channels and those of its assets."
    )

    maintenance_tasks = maintenance_tasks_of(
        "row_id", "site_id", description="What is to be done to its assets and sensors, and what was done."
    )
    deferrable_loads = loads_of(
        "row_id", "site_id", description="What has to run behind its meters once a day, and may choose when; by name."
    )
    load_plans = plans_of("row_id", "site_id", description="When its loads run best, as it was planned, newest first.")
    scenarios = scenarios_of(
        "row_id", "site_id", description="What would happen if, of its channels and those of its assets, newest first."
    )

    @strawberry.field(
        description="What has to be calibrated, swapped or serviced in the coming weeks, most urgent first, spread so "
        "that of sensors of one quantity on one asset, and of assets of one model, never two are out at once. Null "
        "beside an error alone."
    )
    async def rotation(self, info: Info, weeks: Weeks = 12, capacity_per_week: Capacity = 5) -> Rotation | None:
        """Make it."""
        return await site_rotation_of(info, self.row_id, weeks, capacity_per_week)

    @strawberry.field(
        graphql_type=list[Insight],
        description="What a person should look at on it now, most urgent first: open alarms, waiting recommendations, "
        "channels that are silent or unwell, calibrations that end, overdue tasks, refused readings. Empty where "
        "all is well.",
    )
    async def insights(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many at most: 1 to 100.")] = 20,
    ) -> list[Insight]:
        """Look now."""
        return await Insight.at(info, self.row_id, first)

    @listed("row_id", graphql_type=AutomationRuleConnection, description="The rules of people on it.")
    def automation_rules(
        filter_: WhichRules = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for the rules."""
        return automation_rules_asked(filter_, order_by, page_of(first, after, last, before), parent="site_id")

    @strawberry.field(
        description="How far TwinQL may act by itself on it, and what came of it. Null beside an error alone."
    )
    async def autonomy(self, info: Info) -> SiteAutonomy | None:
        """Load it for all sites at once."""
        return await SiteAutonomy.at(info, self.row_id)

    @strawberry.field(
        description="What its meters cost together in a period, by what was agreed then; those beneath another meter "
        "are left out. Null beside an error where it cannot be worked out, as for a wrong period: the rest of the site "
        "is told all the same."
    )
    async def cost(
        self, info: Info, during: DuringPeriod, *, as_of: CostAsOf = None, fill: Spread = Fill.NONE
    ) -> SiteCost | None:
        """Work it out, for all sites that ask alike at once."""
        return await site_cost_of(info, self.row_id, wish_of(info, during, as_of=as_of, fill=fill))

    @strawberry.field(
        description="How its channels, meters or machines stand beside each other in a period of at most 92 days, "
        "which ends now at the latest, and which one to swap. Null beside an error alone."
    )
    async def ranking(
        self,
        info: Info,
        metric: ByMetric,
        of: OfKind,
        during: DuringPeriod,
        *,
        order: InOrder = RankingOrder.WORST_FIRST,
        first: Places = 10,
    ) -> Ranking | None:
        """Measure them all."""
        return await ranking_of(info, self.row_id, (metric, of, order), during, first)


@strawberry.input(description="Which sites are wanted; what is left out does not matter.")
class SiteFilter:
    """Conditions that all hold."""

    search: str | None = strawberry.field(default=None, description="Only where the name contains this text.")
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


def sites_asked(chosen: SiteFilter | None, order_by: NameOrder, page: PageRequest) -> Asked:
    """Return the question for sites."""
    chosen = chosen or SiteFilter()
    where = (*contains(("name",), chosen.search), *is_set("archived_at", wanted=chosen.archived))
    return Asked(Site, Question(entity_of(Site), order_by.columns, page, where))
