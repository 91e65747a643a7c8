"""Readings that were refused, until somebody mends them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden, key_of, to_one
from schema.described import publish
from schema.node import Node
from twinql.domain.readings import ReadingSource, RejectionCode
from twinql.storage.read import PageRequest, Question, Table, is_set, one_of
from twinql.storage.read.entity import NEWEST_REJECTED, REJECTED_READINGS

if TYPE_CHECKING:
    from schema.channel import Channel

publish(
    RejectionCode,
    "Why a reading was refused.",
    UNKNOWN_CHANNEL="There is no such channel that you may record to.",
    ARCHIVED_CHANNEL="The channel is archived.",
    MISSING_VALUE="There is no value, and the quality is not BAD.",
    INFINITE_VALUE="The value is infinite, or further from zero than 1e100.",
    UNKNOWN_STATE="The code is none of the channel's states.",
    UNIT_MISMATCH="The unit does not fit the channel.",
    INVALID_VALUE="The value is no number.",
    INVALID_TIME="The time cannot be read, or names no offset.",
    NONEXISTENT_TIME="Clocks skipped this local time; the file may be in standard time.",
    TOO_OLD="The time lies before 1990.",
    IN_FUTURE="The time lies more than 5 minutes in the future, or for a schedule more than 10 years.",
    BEYOND_REGISTER="The value lies beyond where the register begins again.",
    IMPLAUSIBLE_VALUE="The value lies outside what the channel can be.",
    IMPLAUSIBLE_RATE="The value changed faster than the channel can.",
)


@strawberry.type(description="A reading that was refused, as it was sent, until somebody mends or dismisses it.")
class RejectedReading(Node):
    """A rejected reading."""

    table: ClassVar[Table] = REJECTED_READINGS
    row_id: strawberry.Private[UUID] = hidden("id")
    channel_id: strawberry.Private[UUID | None] = hidden()
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel; null where it could not be told."
    )
    reference: str = column(description="The channel as the sender named it.")
    observed_at: str = column(description="The time as it was sent.")
    value: str = column(description="The value as it was sent.")
    code: RejectionCode = column(description="Why it was refused, for programs.")
    message: str = column(description="Why it was refused, for people, and what to do.")
    source: ReadingSource = column("source::text", description="The way by which it came in.")
    origin: str | None = column(description="Where it stood: a file and line; null where there is no such place.")
    rejected_at: datetime = column(description="When it was refused.")
    resolved_at: datetime | None = column(description="When somebody mended or dismissed it; null while it waits.")


@strawberry.input(description="Which rejected readings are wanted; what is left out does not matter.")
class RejectedReadingFilter:
    """Conditions that all hold."""

    channel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these channels.")
    codes: list[RejectionCode] | None = strawberry.field(default=None, description="Only refused for these reasons.")
    resolved: bool | None = strawberry.field(
        default=False, description="False: those that wait. True: those mended or dismissed. Null: both."
    )


def rejected_readings_asked(chosen: RejectedReadingFilter | None, page: PageRequest) -> Asked:
    """Return the question for rejected readings, newest first."""
    chosen = chosen or RejectedReadingFilter()
    channels = None if chosen.channel_ids is None else [key_of(each, "Channel") for each in chosen.channel_ids]
    where = (
        *one_of("channel_id", channels, "uuid"),
        *one_of("code", None if chosen.codes is None else [code.value for code in chosen.codes]),
        *is_set("resolved_at", wanted=chosen.resolved),
    )
    return Asked(RejectedReading, Question(entity_of(RejectedReading), NEWEST_REJECTED, page, where))
