"""What the feed tells: events in commit order, and what a follower wants to hear of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from twinql.domain.cursor import Cursor
from twinql.domain.readings import ReadingSource, StoredQuality


class EventKind(Enum):
    """What an event speaks of."""

    READINGS = "READINGS"
    RANGES = "RANGES"
    COMMANDS = "COMMANDS"
    DECISIONS = "DECISIONS"
    METERING = "METERING"
    """What meters are charged by changed, or what is known of them: tariffs, agreements, register events."""
    ALARMS = "ALARMS"
    ACCESS = "ACCESS"
    """Memberships or API keys changed: nobody follows it, and every live connection of the organisation is checked."""
    UNKNOWN = "UNKNOWN"
    """Written for a newer TwinQL than this one: nobody here follows it."""


class ReadingEvent(NamedTuple):
    """One reading that was recorded or corrected. A tuple, because a busy feed makes thousands a second.

    Attributes:
        channel_number: The number of its channel.
        observed_at: The instant, or the end of its interval.
        recorded_at: When TwinQL learned it.
        value: None only where the quality is BAD. [unit of the channel]
        quality: How far it can be trusted.
        source: The way by which it came in.
    """

    channel_number: int
    observed_at: datetime
    recorded_at: datetime
    value: float | None
    quality: StoredQuality
    source: ReadingSource


@dataclass(frozen=True, slots=True)
class RangeChanged:
    """A stretch of a channel changed, by a large import or a deletion, without the readings themselves.

    Attributes:
        channel_number: The number of the channel.
        first_at: The first instant that changed.
        last_at: The last instant that changed.
        readings: How many readings were written or removed.
    """

    channel_number: int
    first_at: datetime
    last_at: datetime
    readings: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the outbox; the fields that its kind does not use are empty.

    Attributes:
        position: Its place in commit order.
        organisation_number: Whose it is.
        written_at: When its transaction began.
        kind: What it speaks of.
        readings: For READINGS, in the order in which they were announced.
        changed: For RANGES.
        ids: For COMMANDS, DECISIONS and ALARMS: which were made or changed. For METERING: the meters that it concerns.
        readable: False where this TwinQL does not understand what a newer one wrote: it happened, no more can be said.
        size: How long its text is. [bytes]
    """

    position: int
    organisation_number: int
    written_at: datetime
    kind: EventKind
    readings: Sequence[ReadingEvent] = ()
    changed: RangeChanged | None = None
    ids: tuple[UUID, ...] = ()
    readable: bool = True
    size: int = 0


@dataclass(frozen=True, slots=True)
class ChannelPlace:
    """Where a channel belongs.

    Attributes:
        number: Its number.
        site_id: Its site.
        asset_id: Its asset; None where it belongs to the site itself.
    """

    number: int
    site_id: UUID
    asset_id: UUID | None


@dataclass(frozen=True, slots=True)
class Following:
    """What somebody follows: one organisation, and there all of a kind or only some channels.

    Channels that are made later on a followed asset or site belong to it too.

    Attributes:
        organisation_number: The organisation; nothing of another one is ever delivered.
        kind: READINGS, with the ranges that changed; COMMANDS; DECISIONS; or ALARMS.
        channels: Numbers of channels.
        assets: Assets with all their channels.
        sites: Sites with all their channels and those of their assets.
        everything: All of the organisation.
        beside: Beside READINGS also events of these kinds, of the whole organisation.
    """

    organisation_number: int
    kind: EventKind = EventKind.READINGS
    channels: frozenset[int] = frozenset()
    assets: frozenset[UUID] = frozenset()
    sites: frozenset[UUID] = frozenset()
    everything: bool = False
    beside: frozenset[EventKind] = frozenset()

    @property
    def kinds(self) -> tuple[EventKind, ...]:
        """The kinds of events that can concern it."""
        kinds = (EventKind.READINGS, EventKind.RANGES) if self.kind is EventKind.READINGS else (self.kind,)
        return (*kinds, *self.beside)

    @property
    def by_place(self) -> bool:
        """Whether it matters to it where a channel belongs."""
        return bool(self.assets or self.sites)

    def covers(self, channel_number: int, place: ChannelPlace | None) -> bool:
        """Tell whether a channel of its organisation is followed."""
        if self.everything or channel_number in self.channels:
            return True
        return place is not None and (place.site_id in self.sites or place.asset_id in self.assets)

    def concerned(self, event: Event) -> bool:
        """Tell whether an event is of its organisation and of its kinds."""
        return event.organisation_number == self.organisation_number and event.kind in self.kinds


class FeedGapReason(Enum):
    """Why events were not delivered."""

    RETENTION_EXCEEDED = "RETENTION_EXCEEDED"
    SLOW_FOLLOWER = "SLOW_FOLLOWER"
    FEED_RESET = "FEED_RESET"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class Gap:
    """Events after `since` up to and including `until` were not delivered.

    Attributes:
        since: The last place before the gap.
        until: The last place in the gap.
        reason: Why.
    """

    since: Cursor
    until: Cursor
    reason: FeedGapReason
