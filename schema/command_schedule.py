"""Series of commands, cancelled as one."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry

from schema.command import Actor, CommandFilter, commands_asked
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, listed
from schema.lists import CommandConnection
from schema.node import Node
from schema.stored_parts import actor_in
from schema.viewer_can import is_empty, viewer_can
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table
from twinql.storage.read.entity import COMMAND_DUE_FIRST, COMMAND_SCHEDULES, NEWEST_COMMAND


def _actor(text: str | None) -> Actor | None:
    return None if text is None else Actor.of(text)


@strawberry.type(description="A series of commands, cancelled as one.")
class CommandSchedule(Node):
    """A schedule."""

    table: ClassVar[Table] = COMMAND_SCHEDULES
    row_id: strawberry.Private[UUID] = hidden("id")
    name: str = column(description="What people call it.")
    idempotency_key: str = column(description="The key under which it was asked for.")
    requested_by: Actor = column(read=Actor.of, stored=actor_in("requested_by"), description="Who asked for it.")
    reason: str | None = column(description="Why, in the words of whoever asked; null where nothing was said.")
    requested_at: datetime = column(description="When it was asked for.")
    cancelled_at: datetime | None = column(
        description="When it was cancelled: what had not been sent by then never is. Null where it was not."
    )
    cancelled_by: Actor | None = column(
        read=_actor, stored=actor_in("cancelled_by"), description="Who cancelled it; null where nobody did."
    )
    viewer_can_cancel: bool = viewer_can(
        Role.OPERATOR,
        when=is_empty("cancelled_at"),
        description="Whether you may cancel it: nobody has, and your role allows it.",
    )

    @listed("row_id", graphql_type=CommandConnection, description="Its commands, the one that is due first at first.")
    def commands(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        page = page_of(first, after, last, before)
        return commands_asked(CommandFilter(), page, parent="schedule_id", order=COMMAND_DUE_FIRST)


def schedules_asked(page: PageRequest) -> Asked:
    """Return the question for schedules, newest first."""
    return Asked(CommandSchedule, Question(entity_of(CommandSchedule), NEWEST_COMMAND, page))
