"""What is to be done to meters, machines and sensors, and what was done."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, key_of, listed, to_one
from schema.described import publish
from schema.lists import MaintenanceTaskConnection
from schema.node import Node
from schema.period import PeriodInput
from schema.viewer_can import is_one_of, viewer_can
from twinql.domain.maintenance.tasks import MaintenanceKind, MaintenanceStatus
from twinql.domain.membership import Role
from twinql.storage.read import Condition, Order, PageRequest, Question, Table, one_of
from twinql.storage.read.entity import LATEST_DONE_TASK, MAINTENANCE_TASKS, NEWEST_TASK, TASK_DUE_FIRST

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.calibration import Calibration
    from schema.channel import Channel
    from schema.site import Site

publish(
    MaintenanceKind,
    "What is done to a meter, a machine or a sensor.",
    INSPECTION="Somebody looks at it.",
    SERVICE="What wears is cared for: oil, filters, screws.",
    REPAIR="Something is mended. Of an asset it ends its run: to failure, or before that.",
    REPLACEMENT="Another one takes its place. Of an asset it ends its run: to failure, or before that.",
    CALIBRATION="A sensor is compared with a reference.",
)
publish(
    MaintenanceStatus,
    "Where a maintenance task stands.",
    OPEN="It waits, and nobody has planned it.",
    SCHEDULED="It is planned for a time.",
    DONE="It was done.",
    CANCELLED="It will not be done, or was recorded by mistake.",
)


@strawberry.type(description="Something that is to be done to a meter, a machine or one of its sensors, or was done.")
class MaintenanceTask(Node):
    """A task."""

    table: ClassVar[Table] = MAINTENANCE_TASKS
    row_id: strawberry.Private[UUID] = hidden("id")
    asset_id: strawberry.Private[UUID | None] = hidden()
    channel_id: strawberry.Private[UUID | None] = hidden()
    site_id: strawberry.Private[UUID] = hidden()
    calibration_id: strawberry.Private[UUID | None] = hidden()
    kind: MaintenanceKind = column("kind::text", description="What is done.")
    status: MaintenanceStatus = column("status::text", description="Where it stands.")
    title: str = column(description="What is to be done, in a few words.")
    note: str | None = column(description="What else is to be known before it is done; null where nothing was said.")
    due_at: datetime | None = column(description="By when it is to be done; null where nobody said.")
    scheduled_for: datetime | None = column(description="For when it is planned; null where it is not.")
    done_at: datetime | None = column(description="When it was done; null where it was not.")
    done_by: str | None = column(description="Who did it: a person or a firm; null where it was not done.")
    findings: str | None = column(description="What was found; null where nothing was said.")
    failed: bool | None = column(
        description="Of a repair or a replacement that was done: whether the thing had failed before. Of an asset that "
        "ends a run to failure; false says that it was renewed before it could. Null for everything else."
    )
    failed_at: datetime | None = column(
        description="When it had failed: there its run ends. Null where nobody said, and where it had not."
    )
    cancelled_at: datetime | None = column(description="When it was cancelled or taken back; null where it was not.")
    cancelled_by: str | None = column(description="Who did that: the subject of the token; null where nobody did.")
    created_at: datetime = column(description="When it was made here; what was done may be older.")
    created_by: str = column(description="Who made it: the subject of the token.")
    viewer_can_complete: bool = viewer_can(
        Role.OPERATOR,
        when=is_one_of("status", MaintenanceStatus.OPEN, MaintenanceStatus.SCHEDULED),
        description="Whether you may change it, and say that it was done: it waits, and your role allows it.",
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset", "asset_id", description="The meter or machine; null for a sensor of the site itself."
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "channel_id",
        description="The channel whose sensor it is about; null where it is about the asset itself.",
    )
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site on which that stands."
    )
    calibration: Annotated["Calibration", strawberry.lazy("schema.calibration")] | None = to_one(
        "schema.calibration:Calibration",
        "calibration_id",
        description="The calibration that was recorded with it; null where none was.",
    )


@strawberry.enum(description="The order of maintenance tasks.")
class MaintenanceTaskOrder(Enum):
    """Orders by what comes next, and by what came last."""

    DUE_FIRST = strawberry.enum_value(
        "DUE_FIRST", description="By when each is planned, else due; those without such a time come last."
    )
    LATEST_DONE_FIRST = strawberry.enum_value(
        "LATEST_DONE_FIRST", description="By when each was done, the latest first; those that were not come last."
    )
    NEWEST_FIRST = strawberry.enum_value("NEWEST_FIRST", description="By when each was made, the latest first.")

    @property
    def columns(self) -> Order:
        """The order, as the read path takes it."""
        return {"DUE_FIRST": TASK_DUE_FIRST, "LATEST_DONE_FIRST": LATEST_DONE_TASK}.get(self.name, NEWEST_TASK)


@strawberry.input(description="Which maintenance tasks are wanted; what is left out does not matter.")
class MaintenanceTaskFilter:
    """Conditions that all hold."""

    status: list[MaintenanceStatus] | None = strawberry.field(default=None, description="Only those that stand so.")
    kind: list[MaintenanceKind] | None = strawberry.field(default=None, description="Only of these kinds.")
    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only of these meters and machines, their sensors included."
    )
    channel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these sensors.")
    overdue: bool | None = strawberry.field(
        default=None,
        description="True: those that wait, and were due before now, or planned where nobody said by when. False: all "
        "others. Null: both.",
    )
    done: PeriodInput | None = strawberry.field(
        default=None, description="Only those that were done in this period, by `doneAt`."
    )


WhichTasks = Annotated[MaintenanceTaskFilter | None, strawberry.argument(name="filter", description="Which tasks.")]
TasksInOrder = Annotated[MaintenanceTaskOrder, strawberry.argument(description="In which order.")]


def tasks_asked(
    chosen: MaintenanceTaskFilter | None,
    order_by: MaintenanceTaskOrder,
    page: PageRequest,
    *,
    parent: str | None = None,
) -> Asked:
    """Return the question for maintenance tasks, under a parent column or for all.

    Raises:
        InvalidInputError: An id is malformed or of another type, or the period runs backwards.
    """
    chosen = chosen or MaintenanceTaskFilter()
    statuses = None if chosen.status is None else [each.value for each in chosen.status]
    kinds = None if chosen.kind is None else [each.value for each in chosen.kind]
    where = (
        *one_of("status", statuses, "maintenance_status"),
        *one_of("kind", kinds, "maintenance_kind"),
        *one_of("asset_id", _keys(chosen.asset_ids, "Meter", "Machine"), "uuid"),
        *one_of("channel_id", _keys(chosen.channel_ids, "Channel"), "uuid"),
        *_overdue(chosen.overdue),
        *_done(chosen.done),
    )
    return Asked(MaintenanceTask, Question(entity_of(MaintenanceTask), order_by.columns, page, where, parent=parent))


def maintenance_tasks_of(local: str | None, parent: str | None, *, description: str) -> object:
    """Declare the list of tasks of a thing, or of all.

    Args:
        local: The attribute that holds its key.
        parent: The column of tasks that points to it.
        description: For the schema.
    """

    def maintenance_tasks(
        filter_: WhichTasks = None,
        order_by: TasksInOrder = MaintenanceTaskOrder.DUE_FIRST,
        first: First = None,
        after: After = None,
        last: Last = None,
        *,
        before: Before = None,
    ) -> Asked:
        return tasks_asked(filter_, order_by, page_of(first, after, last, before), parent=parent)

    return listed(local, graphql_type=MaintenanceTaskConnection, description=description)(maintenance_tasks)


def _keys(ids: list[strawberry.ID] | None, *types: str) -> list[object] | None:
    return None if ids is None else [key_of(each, *types) for each in ids]


def _overdue(wanted: bool | None) -> tuple[Condition, ...]:  # noqa: FBT001 - null, true and false are its values
    if wanted is None:
        return ()
    waits = "(status in ('OPEN', 'SCHEDULED') and coalesce(due_at, scheduled_for, 'infinity') < now())"
    return (Condition(waits if wanted else f"not {waits}", ()),)


def _done(period: PeriodInput | None) -> tuple[Condition, ...]:
    if period is None:
        return ()
    return (Condition("done_at >= {}::timestamptz and done_at < {}::timestamptz", period.bounds()),)
