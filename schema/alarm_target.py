"""Who is told of alarms."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema import alarm_vocabulary  # noqa: F401 - publishes the enums
from schema.alarm_notification import notifications_of
from schema.declared import Asked, column, entity_of, hidden, to_one
from schema.described import publish
from schema.node import Node
from schema.orders import NameOrder
from schema.viewer_can import viewer_can
from twinql.domain.alarms.targets import TargetKind
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table, contains, equals, is_set
from twinql.storage.read.entity import ALARM_TARGETS

if TYPE_CHECKING:
    from schema.site import Site

publish(
    TargetKind,
    "How somebody is told of an alarm.",
    WEBHOOK="By a signed HTTP request to a web address.",
    EMAIL="By e-mail.",
)


@strawberry.type(
    description="Somebody, or something, that is told of alarms when they are raised, raised again, escalated or back "
    "to normal. Only OWNERs see it. The secret with which requests to a webhook are signed is told to nobody."
)
class AlarmTarget(Node):
    """A target."""

    table: ClassVar[Table] = ALARM_TARGETS
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID | None] = hidden()
    name: str = column(description="What people call it.")
    kind: TargetKind = column("kind::text", description="How it is told.")
    address: str = column(description="The web address of the webhook, or the e-mail address.")
    minimum_severity: Severity = column(
        "minimum_severity::text", description="Of alarms that matter less it is not told."
    )
    site: Annotated["Site", strawberry.lazy("schema.site")] | None = to_one(
        "schema.site:Site", "site_id", description="The site of whose alarms it is told; null for all."
    )
    enabled: bool = column(description="Whether it is told at all.")
    created_at: datetime = column(description="When it was made.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may change it, try it out, and take it out of use and back."
    )
    notifications = notifications_of(
        "target_id", description="What it was to be told, and what became of that, the last one written first."
    )


@strawberry.input(description="Which targets are wanted; what is left out does not matter.")
class AlarmTargetFilter:
    """Conditions that all hold."""

    search: str | None = strawberry.field(
        default=None, description="Only where the name or the address contains this text."
    )
    kind: TargetKind | None = strawberry.field(default=None, description="Only those that are told so.")
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


def alarm_targets_asked(chosen: AlarmTargetFilter | None, order_by: NameOrder, page: PageRequest) -> Asked:
    """Return the question for targets."""
    chosen = chosen or AlarmTargetFilter()
    where = (
        *contains(("name", "address"), chosen.search),
        *equals("kind", chosen.kind and chosen.kind.value, "alarm_target_kind"),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(AlarmTarget, Question(entity_of(AlarmTarget), order_by.columns, page, where))
