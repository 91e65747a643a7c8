"""Which alarms are wanted, and in which order."""

from enum import Enum
from typing import Annotated

import strawberry

from schema.alarm import Alarm
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, entity_of, key_of, listed
from schema.lists import AlarmConnection
from schema.period import PeriodInput
from twinql.domain.alarms.vocabulary import AlarmState, Severity
from twinql.domain.detection.finding import Cause
from twinql.storage.read import Condition, Order, PageRequest, Question, is_set, one_of
from twinql.storage.read.entity import MOST_SEVERE_ALARM, NEWEST_ALARM


@strawberry.enum(description="The order of alarms.")
class AlarmOrder(Enum):
    """Orders by age or by weight."""

    NEWEST_FIRST = strawberry.enum_value("NEWEST_FIRST", description="From the last one that was raised on.")
    MOST_SEVERE_FIRST = strawberry.enum_value(
        "MOST_SEVERE_FIRST", description="From CRITICAL to LOW, and of one severity the last one raised first."
    )

    @property
    def columns(self) -> Order:
        """The order, as the read path takes it."""
        return NEWEST_ALARM if self is AlarmOrder.NEWEST_FIRST else MOST_SEVERE_ALARM


@strawberry.input(description="Which alarms are wanted; what is left out does not matter.")
class AlarmFilter:
    """Conditions that all hold."""

    open: bool | None = strawberry.field(
        default=None, description="True: those that are not closed. False: those that are. Null: both."
    )
    states: list[AlarmState] | None = strawberry.field(default=None, description="Only those that stand so.")
    causes: list[Cause] | None = strawberry.field(default=None, description="Only with one of these causes.")
    minimum_severity: Severity | None = strawberry.field(
        default=None, description="Only those that matter so much, or more."
    )
    site_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only on these sites.")
    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only of these meters and machines; those of their parts are their parts'."
    )
    channel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these channels.")
    raised: PeriodInput | None = strawberry.field(
        default=None, description="Only those that were raised in this period, by `raisedAt`."
    )


WhichAlarms = Annotated[AlarmFilter | None, strawberry.argument(name="filter", description="Which alarms.")]
AlarmsInOrder = Annotated[AlarmOrder, strawberry.argument(description="In which order.")]


def alarms_asked(
    chosen: AlarmFilter | None, order_by: AlarmOrder, page: PageRequest, *, parent: str | None = None
) -> Asked:
    """Return the question for alarms, under a parent column or for all.

    Raises:
        InvalidInputError: An id is malformed or of another type, or the period runs backwards.
    """
    chosen = chosen or AlarmFilter()
    where = (
        *is_set("closed_at", wanted=None if chosen.open is None else not chosen.open),
        *one_of("state", None if chosen.states is None else [each.value for each in chosen.states], "alarm_state"),
        *one_of("cause", None if chosen.causes is None else [each.value for each in chosen.causes], "alarm_cause"),
        *_as_severe(chosen.minimum_severity),
        *one_of("site_id", _keys(chosen.site_ids, "Site"), "uuid"),
        *one_of("asset_id", _keys(chosen.asset_ids, "Meter", "Machine"), "uuid"),
        *one_of("channel_id", _keys(chosen.channel_ids, "Channel"), "uuid"),
        *_raised(chosen.raised),
    )
    return Asked(Alarm, Question(entity_of(Alarm), order_by.columns, page, where, parent=parent))


def alarms_of(local: str, parent: str, *, description: str) -> object:
    """Declare the list of alarms of a thing.

    Args:
        local: The attribute that holds its key.
        parent: The column of alarms that points to it.
        description: For the schema.
    """

    def alarms(
        filter_: WhichAlarms = None,
        order_by: AlarmsInOrder = AlarmOrder.NEWEST_FIRST,
        first: First = None,
        after: After = None,
        last: Last = None,
        *,
        before: Before = None,
    ) -> Asked:
        return alarms_asked(filter_, order_by, page_of(first, after, last, before), parent=parent)

    return listed(local, graphql_type=AlarmConnection, description=description)(alarms)


def _keys(ids: list[strawberry.ID] | None, *types: str) -> list[object] | None:
    return None if ids is None else [key_of(each, *types) for each in ids]


def _as_severe(least: Severity | None) -> tuple[Condition, ...]:
    return () if least is None else (Condition("severity >= {}::text::severity", (least.value,)),)


def _raised(period: PeriodInput | None) -> tuple[Condition, ...]:
    if period is None:
        return ()
    return (Condition("raised_at >= {}::timestamptz and raised_at < {}::timestamptz", period.bounds()),)
