"""What subscriptions tell, and from where they go on."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

from schema.alarm import Alarm
from schema.command import Command
from schema.decision import Decision
from schema.declared import to_one
from schema.described import publish
from schema.reading import Reading
from schema.scalars import Cursor
from schema.site_cost import MeterCost
from twinql.domain.channels import ChannelFacts
from twinql.domain.events import FeedGapReason, Gap, RangeChanged
from twinql.live import Feed

if TYPE_CHECKING:
    from schema.channel import Channel

CURSOR = "Give it back as `after` to go on from here, also at another server of the same database."
CAUGHT_UP = "False while events from before the subscription are told; true from the first live one on."
GAP = "What could not be told, right before this event; null where nothing is missing."

publish(
    FeedGapReason,
    "Why a feed could not tell everything.",
    RETENTION_EXCEEDED="It happened longer ago than the feed remembers: read it from the series.",
    SLOW_FOLLOWER="The client took its events too slowly: subscribe again with `after` set to the gap's `from`.",
    FEED_RESET="The cursor is of another life of this database, as before a restore.",
    UNREADABLE="A newer TwinQL wrote it: update this server, then read it from the series.",
)


@strawberry.type(description="Events that were not told.")
class FeedGap:
    """A gap, with its ends."""

    from_: Cursor | None = strawberry.field(name="from", description="The place of the last event before the gap.")
    to: Cursor = strawberry.field(description="The place of the last event in the gap.")
    reason: FeedGapReason = strawberry.field(description="Why.")

    @classmethod
    def of(cls, gap: Gap | None, feed: Feed) -> Self | None:
        """Show a gap, if there is one."""
        if gap is None:
            return None
        since, until = (Cursor(feed.write_cursor(each)) for each in (gap.since, gap.until))
        return cls(from_=since, to=until, reason=gap.reason)


TOLD_RANGE: Mapping[str, Callable[[RangeChanged, ChannelFacts], Any]] = {
    "first_at": lambda changed, _: changed.first_at,
    "last_at": lambda changed, _: changed.last_at,
    "count": lambda changed, _: changed.readings,
}
"""What of a changed range the feed tells, by the attribute that shows it."""


@strawberry.type(
    description="A stretch of a channel that changed, by a large import or a deletion; read the series anew."
)
class ChangedRange:
    """A changed range."""

    row_id: strawberry.Private[UUID]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "row_id", description="The channel."
    )
    first_at: datetime = strawberry.field(description="The first instant that changed.")
    last_at: datetime = strawberry.field(description="The last instant that changed.")
    count: int = strawberry.field(description="How many readings were recorded, corrected or removed.")

    @classmethod
    def of(cls, changed: RangeChanged, facts: ChannelFacts) -> Self:
        """Show a range."""
        return cls(row_id=facts.id, **{name: tell(changed, facts) for name, tell in TOLD_RANGE.items()})


@strawberry.type(description="Readings that were recorded or corrected, in the order in which they were committed.")
class ReadingsRecorded:
    """One event of the feed of readings."""

    cursor: Cursor = strawberry.field(description=CURSOR)
    readings: list[Reading] = strawberry.field(description="The readings, at most `maxBatch`.")
    ranges: list[ChangedRange] = strawberry.field(
        description="Stretches of channels that changed too much to tell every reading of them."
    )
    caught_up: bool = strawberry.field(description=CAUGHT_UP)
    gap: FeedGap | None = strawberry.field(description=GAP)


@strawberry.type(description="Commands that were issued or went on, each as it stands now.")
class CommandUpdated:
    """One event of the feed of commands."""

    cursor: Cursor = strawberry.field(description=CURSOR)
    commands: list[Command] = strawberry.field(description="The commands, each once.")
    caught_up: bool = strawberry.field(description=CAUGHT_UP)
    gap: FeedGap | None = strawberry.field(description=GAP)


@strawberry.type(description="Decisions that were made or settled, each as it stands now.")
class DecisionMade:
    """One event of the feed of decisions."""

    cursor: Cursor = strawberry.field(description=CURSOR)
    decisions: list[Decision] = strawberry.field(description="The decisions, each once.")
    caught_up: bool = strawberry.field(description=CAUGHT_UP)
    gap: FeedGap | None = strawberry.field(description=GAP)


@strawberry.type(description="Alarms that were raised or moved, each as it stands now.")
class AlarmUpdated:
    """One event of the feed of alarms."""

    cursor: Cursor = strawberry.field(description=CURSOR)
    alarms: list[Alarm] = strawberry.field(description="The alarms, each once.")
    caught_up: bool = strawberry.field(description=CAUGHT_UP)
    gap: FeedGap | None = strawberry.field(description=GAP)


@strawberry.type(
    description="What happened to meters and machines. Of one event one list alone holds something, so that events "
    "come in the order in which things were committed."
)
class TwinUpdated:
    """One event of the feed of twins."""

    cursor: Cursor = strawberry.field(description=CURSOR)
    readings: list[Reading] = strawberry.field(description="Readings that were recorded or corrected, at most 200.")
    ranges: list[ChangedRange] = strawberry.field(
        description="Stretches of channels that changed too much to tell every reading of them."
    )
    alarms: list[Alarm] = strawberry.field(description="Alarms that were raised or moved, as they stand now.")
    decisions: list[Decision] = strawberry.field(description="Decisions that were made or went on, as they stand now.")
    commands: list[Command] = strawberry.field(description="Commands that were issued or went on, as they stand now.")
    caught_up: bool = strawberry.field(description=CAUGHT_UP)
    gap: FeedGap | None = strawberry.field(description=GAP)


@strawberry.type(description="What meters cost in their billing months to date, after something changed it.")
class CostUpdated:
    """One event of the feed of costs."""

    cursor: Cursor = strawberry.field(description=CURSOR)
    costs: list[MeterCost] = strawberry.field(
        description="The meters whose costs may have changed, each once, by name: all that are followed in the first "
        "event and in one with a `gap`. A cost is that from the beginning of the billing month, on the clock of the "
        "site, up to now."
    )
    caught_up: bool = strawberry.field(description=CAUGHT_UP)
    gap: FeedGap | None = strawberry.field(description=GAP)


@strawberry.input(
    description="Whose readings are wanted: all that any of the lists names, or, where there is no list, all of yours."
)
class ReadingFilter:
    """Channels, by themselves or by what they belong to."""

    channel_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These channels.")
    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The channels of these meters and machines, those made later included."
    )
    site_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The channels of these sites and of their assets, those made later included."
    )


@strawberry.input(
    description="Whose costs are wanted: those of all that either list names, or, where there is no list, of all your "
    "sites; 1,000 meters at most."
)
class CostFilter:
    """Meters, by themselves or by their sites."""

    meter_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These meters.")
    site_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="The meters of these sites that are in use, those made later included; not those beneath another "
        "meter, which counts what they count.",
    )
