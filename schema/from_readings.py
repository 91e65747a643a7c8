"""What was taken from readings, with the way back to them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import to_one
from schema.lists import ReadingConnection
from schema.reading import readings_asked
from twinql.context import Info
from twinql.domain.diagnosis.sheet import Span
from twinql.storage.read import period

if TYPE_CHECKING:
    from schema.channel import Channel


@strawberry.interface(description="What was taken from readings of one channel, with the way back to them.")
class FromReadings:
    """A channel and a stretch of time."""

    span: strawberry.Private[Span]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel whose readings were looked at."
    )

    @property
    def channel_id(self) -> UUID:
        """The channel's identity."""
        return self.span.channel_id

    @strawberry.field(name="from", description="Where the time begins that was looked at.")
    def from_(self) -> datetime:
        """Show it."""
        return self.span.first

    @strawberry.field(description="Where the time ends that was looked at.")
    def until(self) -> datetime:
        """Show it."""
        return self.span.last

    @strawberry.field(description="The readings of that time, newest first.")
    async def readings(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> ReadingConnection:
        """Read a page of them, for all that ask alike at once."""
        page = page_of(first, after, last, before, most=2_000)
        where = period(self.span.first, self.span.last, at="r.observed_at", kind="c.kind")
        asked = readings_asked(page, where)
        found = await info.context.page(asked.question, self.span.number)
        return ReadingConnection.of([asked.object(row) for row in found.rows], found, asked.question, self.span.number)


@strawberry.type(description="A channel, and the time of its readings that something was taken from.")
class ReadingStretch(FromReadings):
    """Where a number comes from."""
