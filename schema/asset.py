"""What meters and machines have in common."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from schema.alarm_list import alarms_of
from schema.channel import ChannelFilter, channels_asked
from schema.command import CommandFilter, commands_asked
from schema.connection import After, Before, First, Last, page_of
from schema.decision import DecisionFilter, decisions_asked
from schema.declared import Asked, column, entity_of, hidden, listed, to_one
from schema.health import Availability, Health, asset_health_of, availability_of
from schema.lists import AssetConnection, ChannelConnection, CommandConnection, DecisionConnection
from schema.maintenance_outlook import USUAL_HISTORY, History, MaintenanceOutlook, maintenance_of
from schema.maintenance_task import maintenance_tasks_of
from schema.node import Node
from schema.period import AsOf
from schema.scenario import scenarios_of
from schema.state import ChannelReading, state_of
from schema.traits import Window
from schema.viewer_can import IN_USE, viewer_can
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage.read import Question, Table
from twinql.storage.read.entity import ASSETS, BY_NAME

if TYPE_CHECKING:
    from schema.site import Site

Decisions = Annotated[DecisionFilter | None, strawberry.argument(name="filter", description="Which decisions.")]
Commands = Annotated[CommandFilter | None, strawberry.argument(name="filter", description="Which commands.")]
Filter = Annotated[ChannelFilter | None, strawberry.argument(name="filter", description="Which channels.")]


@strawberry.interface(description="A thing that is twinned: a meter or a machine.")
class Asset(Node):
    """A meter or a machine."""

    table: ClassVar[Table] = ASSETS
    kinds: ClassVar[Mapping[str, str]] = {"METER": "schema.meter:Meter", "MACHINE": "schema.machine:Machine"}
    kind_column: ClassVar[str] = "asset_kind"
    row_id: strawberry.Private[UUID] = hidden("id")
    asset_kind: strawberry.Private[str] = hidden("kind::text")
    site_id: strawberry.Private[UUID] = hidden()
    parent_id: strawberry.Private[UUID | None] = hidden()
    name: str = column(description="What people call it.")
    external_id: str | None = column(
        description="Its name in another system, unique in the organisation; null without one."
    )
    attributes: JSON = column(description="Anything that no field foresees, as a JSON object.")
    created_at: datetime = column(description="When it was made.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may change it, take it out of use and back, and make channels of it."
    )
    viewer_can_record_reading: bool = viewer_can(
        Role.OPERATOR,
        device=True,
        when=IN_USE,
        description="Whether you may record readings of its channels: it is in use, and your role or key allows it.",
    )
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site on which it stands."
    )
    parent: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset",
        "parent_id",
        description="What it is a part of: the machine of a pump, the main meter of a sub-meter; null for none.",
    )

    @listed(
        "row_id", graphql_type=AssetConnection, description="Its parts, by name: the pump of a machine, sub-meters."
    )
    def parts(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for the parts."""
        page = page_of(first, after, last, before)
        return Asked(Asset, Question(entity_of(Asset), BY_NAME, page, parent="parent_id"))

    @listed("row_id", graphql_type=ChannelConnection, description="What is measured and controlled on it, by key.")
    def channels(
        filter_: Filter = None, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Asked:
        """Ask for the channels."""
        return channels_asked("asset_id", filter_, page_of(first, after, last, before))

    @strawberry.field(
        description="What each of its channels in use read last, by key: the newest reading that was observed by "
        "`asOf`, or by now, as it was known then. Up to 500 channels are told. Null beside an error alone."
    )
    async def state(self, info: Info, as_of: AsOf = None) -> list[ChannelReading] | None:
        """Load it."""
        return await state_of(info, self.row_id, as_of)

    @strawberry.field(
        description="How well it is, over a window that ends now: as well as the worst of its channels in use, with "
        "the issues of all. Null beside an error alone."
    )
    async def health(self, info: Info, window: Window = None) -> Health | None:
        """Work it out for all assets at once."""
        return await asset_health_of(info, self.row_id, window)

    @strawberry.field(description="Whether it is heard of, by its channels in use.")
    async def availability(self, info: Info) -> Availability:
        """Read it for all assets at once."""
        return await availability_of(info, self.row_id)

    @listed("row_id", graphql_type=DecisionConnection, description="What TwinQL recommends for it, newest first.")
    def decisions(
        filter_: Decisions = None, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Asked:
        """Ask for the decisions."""
        return decisions_asked(filter_, page_of(first, after, last, before), parent="asset_id")

    @listed("row_id", graphql_type=CommandConnection, description="What was asked of its channels, newest first.")
    def commands(
        filter_: Commands = None, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Asked:
        """Ask for the commands."""
        return commands_asked(filter_, page_of(first, after, last, before), parent="asset_id")

    alarms = alarms_of(
        "row_id", "asset_id", description="What is or was wrong with its channels; parts have their own."
    )

    @strawberry.field(
        description="How its health has changed, in how many hours maintenance is due if that goes on, and what to do: "
        "by its health at 28 times, each by the readings of then. Null beside an error alone."
    )
    async def maintenance(self, info: Info, history: History = USUAL_HISTORY) -> MaintenanceOutlook | None:
        """Work it out for all assets at once."""
        return await maintenance_of(info, self.row_id, history)

    maintenance_tasks = maintenance_tasks_of(
        "row_id", "asset_id", description="What is to be done to it and its sensors, and what was done."
    )
    scenarios = scenarios_of(
        "row_id", "asset_id", description="What would happen if, of its channels, newest first; parts have their own."
    )
