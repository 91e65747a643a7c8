"""Who was told of a step of an alarm, and what became of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema import alarm_vocabulary  # noqa: F401 - publishes the enums
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, listed, to_one
from schema.described import publish
from schema.lists import AlarmNotificationConnection
from schema.node import Node
from twinql.domain.alarms.targets import MOST_ATTEMPTS, NotificationStatus
from twinql.domain.alarms.vocabulary import AlarmAction
from twinql.storage.read import Question, Table
from twinql.storage.read.entity import ALARM_NOTIFICATIONS, BY_CREATION_DESCENDING

if TYPE_CHECKING:
    from schema.alarm import Alarm
    from schema.alarm_target import AlarmTarget

publish(
    NotificationStatus,
    "What became of telling somebody of an alarm.",
    PENDING="It waits to be told, or to be told again.",
    DELIVERED="The other side took it.",
    FAILED="The other side will not take it, or did not in all attempts: nobody is told any more.",
)


@strawberry.type(description="That a target is to be told of a step of an alarm, and what became of it.")
class AlarmNotification(Node):
    """A notification."""

    table: ClassVar[Table] = ALARM_NOTIFICATIONS
    row_id: strawberry.Private[UUID] = hidden("id")
    target_id: strawberry.Private[UUID] = hidden()
    alarm_id: strawberry.Private[UUID] = hidden()
    target: Annotated["AlarmTarget", strawberry.lazy("schema.alarm_target")] | None = to_one(
        "schema.alarm_target:AlarmTarget", "target_id", description="Who is told; null for all but OWNERs."
    )
    alarm: Annotated["Alarm", strawberry.lazy("schema.alarm")] = to_one(
        "schema.alarm:Alarm", "alarm_id", description="The alarm."
    )
    sequence: int = column(description="Which step of the alarm, by its `sequence` among the transitions.")
    action: AlarmAction = column("action::text", description="What happened in that step.")
    status: NotificationStatus = column("status::text", description="What became of it.")
    attempts: int = column(description=f"How often it was tried, at most {MOST_ATTEMPTS} times.")
    next_attempt_at: datetime | None = column(
        description="When it is tried next, at the earliest; null where it is not tried any more."
    )
    last_error: str | None = column(
        description="What went wrong the last time, in a sentence; null where nothing has, or where it was delivered."
    )
    created_at: datetime = column(description="When the step was taken, and with it this was written.")
    delivered_at: datetime | None = column(description="When the other side took it; null where it has not.")


def notifications_of(parent: str, *, description: str) -> object:
    """Declare the list of notifications of a thing, by the column of notifications that points to it."""

    def notifications(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        page = page_of(first, after, last, before)
        question = Question(entity_of(AlarmNotification), BY_CREATION_DESCENDING, page, parent=parent)
        return Asked(AlarmNotification, question)

    return listed("row_id", graphql_type=AlarmNotificationConnection, description=description)(notifications)
