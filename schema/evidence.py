"""Numbers that speak for something, each with the readings that it was taken from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, listed, to_one
from schema.lists import ReadingConnection
from schema.reading import readings_asked
from schema.stored_parts import instant_part, key_part, number_part, text_part
from twinql.domain.units import Unit
from twinql.storage.read import Condition
from twinql.storage.read.entity import OLDEST_READING

if TYPE_CHECKING:
    from schema.channel import Channel

MOST_READINGS = 2_000
"""How many readings a page may hold."""


@strawberry.type(description="A number that speaks for something, and the readings that it was taken from.")
class Evidence:
    """A piece of evidence."""

    channel_id: strawberry.Private[UUID]
    code: str = strawberry.field(description="For programs, such as BASELINE or LIMIT.")
    message: str = strawberry.field(description="For people: a sentence.")
    value: float | None = strawberry.field(description="What was found, in `unit`; null where there is no number.")
    threshold: float | None = strawberry.field(
        description="What it was compared with, in `unit`; null where it is only noted."
    )
    unit: Unit | None = strawberry.field(description="The unit of both; null for a number without one.")
    from_: datetime = strawberry.field(
        name="from", description="The observation time of the first reading that it was taken from."
    )
    until: datetime = strawberry.field(description="The observation time of the last one, which belongs to it.")
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel whose readings they are."
    )

    @listed(
        "channel_id",
        graphql_type=ReadingConnection,
        description="The readings that it was taken from, as they are now, in the order of time.",
    )
    def readings(self, first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        page = page_of(first, after, last, before, usual=100, most=MOST_READINGS)
        between = Condition(
            "r.observed_at between {}::timestamptz and {}::timestamptz",
            (self.from_, self.until),
        )
        return readings_asked(page, (between,), order=OLDEST_READING, parent="c.id", parent_type="uuid")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Show what was stored as JSON: times as ISO 8601 writes them, the channel by its key."""
        return cls(
            channel_id=UUID(stored["channelId"]),
            code=stored["code"],
            message=stored["message"],
            value=stored["value"],
            threshold=stored["threshold"],
            unit=None if stored["unit"] is None else Unit(stored["unit"]),
            from_=datetime.fromisoformat(stored["from"]),
            until=datetime.fromisoformat(stored["until"]),
        )


EVIDENCE = {
    "channel_id": key_part("channelId"),
    "code": text_part("code"),
    "message": text_part("message"),
    "value": number_part("value"),
    "threshold": number_part("threshold"),
    "unit": text_part("unit"),
    "from_": instant_part("from"),
    "until": instant_part("until"),
}
"""What is stored of it."""


def evidence_of(stored: Sequence[Mapping[str, Any]] | None) -> list[Evidence]:
    """Show all that was stored; nothing where nothing was."""
    return [Evidence.of(each) for each in stored or ()]
