"""Loads that have to run once a day and may choose when."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, key_of, listed, to_one
from schema.lists import DeferrableLoadConnection
from schema.node import Node
from schema.viewer_can import viewer_can
from twinql.domain.membership import Role
from twinql.domain.tariffs.wire import clock_time
from twinql.storage.read import PageRequest, Question, Table, contains, is_set, json_text, one_of
from twinql.storage.read.entity import BY_NAME, DEFERRABLE_LOADS

if TYPE_CHECKING:
    from schema.channel import Channel
    from schema.meter import Meter
    from schema.site import Site


def _clock(minute: int | None) -> str | None:
    return None if minute is None else clock_time(minute)


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


@strawberry.type(
    description="A load that has to run once a day and may choose when: a boiler, a car, a pump, a batch. `planLoads` "
    "says when it runs best. Times of day are those of the clock of its site."
)
class DeferrableLoad(Node):
    """A load that can wait."""

    table: ClassVar[Table] = DEFERRABLE_LOADS
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID] = hidden()
    meter_id: strawberry.Private[UUID] = hidden()
    channel_id: strawberry.Private[UUID | None] = hidden()
    name: str = column(description="What people call it.")
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site of its meter."
    )
    meter: Annotated["Meter", strawberry.lazy("schema.meter")] = to_one(
        "schema.meter:Meter", "meter_id", description="The meter behind which it is, and whose tariff it runs by."
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "channel_id",
        description="The writable channel that switches it; null where only people do.",
    )
    power: float = column("power_kw", description="What it takes while it runs, in kW.")
    run_time: timedelta | None = column(
        "run_seconds",
        read=_span,
        written=json_text.duration,
        description="How long it runs a day; null where its energy is said.",
    )
    energy: float | None = column(
        "energy_kwh", description="What it needs a day, in kWh; null where its run time is said."
    )
    earliest: str = column(
        "earliest_minute",
        read=clock_time,
        written=json_text.clock_time,
        description="From when on it may run, as HH:MM.",
    )
    latest: str = column(
        "latest_minute",
        read=clock_time,
        written=json_text.clock_time,
        description="By when it is done, as HH:MM; not after `earliest`, it is that of the next day.",
    )
    usual: str | None = column(
        "usual_minute",
        read=_clock,
        written=json_text.clock_time,
        description="When it begins if nobody plans, as HH:MM; null for as soon as it may.",
    )
    interruptible: bool = column(description="Whether it may pause.")
    minimum_run: timedelta | None = column(
        "minimum_run_seconds",
        read=_span,
        written=json_text.duration,
        description="How long it runs before it may pause, at least; null for any.",
    )
    counted: bool = column(
        description="Whether what its meter is expected to take in contains it already, at its usual time."
    )
    on_value: float = column(description="What its channel is set to for it to run, in the unit of the channel.")
    off_value: float = column(description="What its channel is set to for it to stop, in the unit of the channel.")
    created_at: datetime = column(description="When it was described.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may describe it otherwise, and take it out of use and back."
    )


@strawberry.input(description="Which loads are wanted; what is left out does not matter.")
class DeferrableLoadFilter:
    """Conditions that all hold."""

    site_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these sites.")
    meter_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only behind these meters.")
    search: str | None = strawberry.field(default=None, description="Only where the name contains this text.")
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


WhichLoads = Annotated[
    DeferrableLoadFilter | None,
    strawberry.argument(name="filter", description="Which loads; those in use if left out."),
]


def loads_asked(chosen: DeferrableLoadFilter | None, page: PageRequest, *, parent: str | None = None) -> Asked:
    """Return the question for loads, by name, under a parent column or for all."""
    chosen = chosen or DeferrableLoadFilter()
    where = (
        *one_of("site_id", _keys(chosen.site_ids, "Site"), "uuid"),
        *one_of("meter_id", _keys(chosen.meter_ids, "Meter"), "uuid"),
        *contains(("name",), chosen.search),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(DeferrableLoad, Question(entity_of(DeferrableLoad), BY_NAME, page, where, parent=parent))


def loads_of(local: str | None, parent: str | None, *, description: str) -> Any:
    """Declare the list of loads of a thing; without its key the root field."""

    def deferrable_loads(
        filter_: WhichLoads = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        return loads_asked(filter_, page_of(first, after, last, before, usual=20, most=100), parent=parent)

    return listed(local, graphql_type=DeferrableLoadConnection, description=description)(deferrable_loads)


def _keys(ids: list[strawberry.ID] | None, *types: str) -> list[object] | None:
    return None if ids is None else [key_of(each, *types) for each in ids]
