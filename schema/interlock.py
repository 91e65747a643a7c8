"""What commands to a channel must pass, laid down by people."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, key_of, listed, to_one
from schema.described import publish
from schema.lists import InterlockConnection
from schema.node import Node
from schema.viewer_can import IN_USE, viewer_can
from twinql.domain.interlocks.verdict import InterlockKind
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table, is_set, json_text, one_of
from twinql.storage.read.entity import INTERLOCKS, NEWEST_INTERLOCK

if TYPE_CHECKING:
    from schema.channel import Channel

publish(
    InterlockKind,
    "What an interlock looks at. The first five hold for every channel, laid down or not.",
    WRITABLE="Whether the channel is in use and may be set.",
    RANGE="Whether the value lies within the limits and the plausible range of the channel, or what was laid down.",
    STATE_KNOWN="Whether the present state is known, and the wanted one exists.",
    EXPIRY="Whether the command lives between a second and 24 hours.",
    EMERGENCY_STOP="Whether an emergency stop holds on the site.",
    RATE_OF_CHANGE="Whether the value moves by no more than a rate within a minute, however many commands share it.",
    MINIMUM_ON_TIME="Whether what is on has been on for long enough to be switched off.",
    MINIMUM_OFF_TIME="Whether what is off has been off for long enough to be switched on.",
    MUTUAL_EXCLUSION="Whether what may never be on together with it is off, and nothing switches it on.",
    CONDITION="Whether another channel reads what it must, and no command changes that.",
    COMMANDS_PER_HOUR="Whether the hour has room for one more command.",
    INPUT_QUALITY="Whether a channel was read lately, and well.",
)


def _seconds(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


@strawberry.type(
    description="What a command to a channel must pass, beside what is built in: as it is asked for, as it is "
    "approved, and again before it is sent. What it cannot tell, for want of a good reading, it refuses."
)
class Interlock(Node):
    """An interlock."""

    table: ClassVar[Table] = INTERLOCKS
    row_id: strawberry.Private[UUID] = hidden("id")
    channel_id: strawberry.Private[UUID] = hidden()
    other_channel_id: strawberry.Private[UUID | None] = hidden()
    name: str = column(description="What people call it.")
    kind: InterlockKind = column("kind::text", description="What it looks at.")
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel whose commands it judges."
    )
    other_channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "other_channel_id",
        description="The channel that it looks at; null for the channel itself. MUTUAL_EXCLUSION judges the commands "
        "of both.",
    )
    minimum: float | None = column(
        description="For RANGE the least that may be asked for, in the unit of the channel; for CONDITION the least "
        "that the other channel must read, in its unit; null for no lower end, and for other kinds."
    )
    maximum: float | None = column(description="The most, likewise; null for no upper end, and for other kinds.")
    rate_per_minute: float | None = column(
        description="For RATE_OF_CHANGE: how far the value may move within a minute, in its unit; else null."
    )
    hold_for: timedelta | None = column(
        "hold_seconds",
        read=_seconds,
        written=json_text.duration,
        description="For MINIMUM_ON_TIME and MINIMUM_OFF_TIME: how long it stays on, or off; else null.",
    )
    on_above: float | None = column(
        description="For kinds that tell on from off: a channel is on while its value lies further from zero than "
        "this, in its unit; else null."
    )
    per_hour: int | None = column(
        description="For COMMANDS_PER_HOUR: how many may be sent to the channel within an hour; else null."
    )
    max_age: timedelta | None = column(
        "max_age_seconds",
        read=_seconds,
        written=json_text.duration,
        description="How old the reading may be that it looks at; null for three resolutions of that channel and at "
        "least five minutes, and for kinds that look at none.",
    )
    applies_from: float | None = column(
        description="It judges commands for this value and above, in the unit of the channel; null for no lower end."
    )
    applies_to: float | None = column(
        description="It judges commands for this value and below, in the unit of the channel; null for no upper end."
    )
    created_at: datetime = column(description="When it was made.")
    created_by: str = column(description="Who made it: the subject of the token.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER,
        when=IN_USE,
        description="Whether you may change it and take it out of use: it is in use, and your role allows it.",
    )


@strawberry.input(description="Which interlocks are wanted; what is left out does not matter.")
class InterlockFilter:
    """Conditions that all hold."""

    kind: list[InterlockKind] | None = strawberry.field(default=None, description="Only of these kinds.")
    channel_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only those that were laid down for these channels."
    )
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


WhichInterlocks = Annotated[InterlockFilter | None, strawberry.argument(name="filter", description="Which interlocks.")]


def interlocks_asked(chosen: InterlockFilter | None, page: PageRequest, *, parent: str | None = None) -> Asked:
    """Return the question for interlocks, newest first, under a parent column or for all."""
    chosen = chosen or InterlockFilter()
    channels = None if chosen.channel_ids is None else [key_of(each, "Channel") for each in chosen.channel_ids]
    where = (
        *one_of("kind::text", None if chosen.kind is None else [each.value for each in chosen.kind], "text"),
        *one_of("channel_id", channels, "uuid"),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(Interlock, Question(entity_of(Interlock), NEWEST_INTERLOCK, page, where, parent=parent))


def interlocks_of(local: str | None, parent: str | None, *, description: str) -> object:
    """Declare the list of interlocks of a thing, or of all: the attribute that holds its key, and the column for it."""

    def interlocks(
        filter_: WhichInterlocks = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        return interlocks_asked(filter_, page_of(first, after, last, before), parent=parent)

    return listed(local, graphql_type=InterlockConnection, description=description)(interlocks)
