"""What of the feed's events concerns one follower, waiting to be taken in pieces of a bounded size."""

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from twinql.domain.cursor import Cursor
from twinql.domain.events import ChannelPlace, Event, EventKind, Following, Gap, RangeChanged, ReadingEvent

PART_BYTES = 100
"""What is kept for a part beside its text, roughly."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of one event concerns a follower; followers of the same share it.

    Attributes:
        position: The event's place in commit order.
        kind: What the event speaks of.
        rows: Places in the event of the readings that are left.
        readings: Those readings.
        changed: The stretch of a channel that changed, if the event is of that kind.
        ids: The rows that were made or changed, or the meters concerned, if the event is of such a kind.
        size: Its share of the event's text. [bytes]
    """

    position: int
    kind: EventKind
    rows: tuple[int, ...] = ()
    readings: tuple[ReadingEvent, ...] = ()
    changed: RangeChanged | None = None
    ids: tuple[UUID, ...] = ()
    size: int = 0

    @classmethod
    def of(cls, event: Event, rows: Iterable[int] = ()) -> Self:
        """Take these of an event's readings, and all the rest."""
        places = tuple(rows)
        readings = tuple(event.readings[place] for place in places)
        size = event.size * len(places) // len(event.readings) if places else event.size
        return cls(event.position, event.kind, places, readings, event.changed, event.ids, size)

    @classmethod
    def concerning(cls, following: Following, event: Event, places: Mapping[int, ChannelPlace]) -> Self | None:
        """Take what of an event somebody follows; None where that is nothing."""
        if not following.concerned(event):
            return None
        if event.ids:
            return cls.of(event)
        if event.changed is not None:
            number = event.changed.channel_number
            return cls.of(event) if following.covers(number, places.get(number)) else None
        numbers = {each.channel_number for each in event.readings}
        covered = {number for number in numbers if following.covers(number, places.get(number))}
        rows = [row for row, each in enumerate(event.readings) if each.channel_number in covered]
        return cls.of(event, rows) if rows else None

    def since(self, cursor: Cursor) -> Self | None:
        """Return what of it comes after a place; None where that is nothing."""
        if self.position <= cursor.complete:
            return None
        if self.position > cursor.position:
            return self
        left = sum(row >= cursor.rows for row in self.rows)
        return self.rest(len(self.rows) - left) if left else None

    def rest(self, taken: int) -> Self:
        """Return it without its first readings."""
        size = self.size * (len(self.rows) - taken) // len(self.rows)
        return replace(self, rows=self.rows[taken:], readings=self.readings[taken:], size=size)

    def before(self, epoch: UUID) -> Cursor:
        """Return the place right before it."""
        row = self.rows[0] if self.rows else 0
        return Cursor(epoch, self.position, row) if row else Cursor(epoch, self.position - 1)

    @property
    def weight(self) -> int:
        """How many bytes of a queue it fills."""
        return PART_BYTES + self.size


@dataclass(frozen=True, slots=True)
class Batch:
    """What a follower is handed at a time.

    Attributes:
        cursor: Where to go on from after this.
        readings: In commit order.
        ranges: Stretches of channels that changed.
        ids: Commands, decisions or alarms that were made or changed, or meters that METERING concerns, each once.
        caught_up: False while the past is replayed.
        gap: What was not delivered, just before this place.
        kind: What its first event speaks of, and all of them where kinds are told apart; None where there is none.
        before: The place right before it, from where whoever was not handed it goes on.
        past: Whether it was read back for this follower alone.
    """

    cursor: Cursor
    readings: tuple[ReadingEvent, ...] = ()
    ranges: tuple[RangeChanged, ...] = ()
    ids: tuple[UUID, ...] = ()
    caught_up: bool = True
    gap: Gap | None = None
    kind: EventKind | None = None
    before: Cursor | None = None
    past: bool = False

    @property
    def numbers(self) -> set[int]:
        """The channels of which it speaks, by their numbers."""
        return {each.channel_number for each in self.readings} | {each.channel_number for each in self.ranges}

    @property
    def place(self) -> Hashable:
        """What is the same for all that are handed the same, of followers of the same; None where it is one's alone."""
        return None if self.kind is None or self.past else (self.before, self.cursor)


class Waiting:
    """Parts and gaps in commit order, and how many bytes they are."""

    def __init__(self) -> None:
        """Start empty."""
        self._items: deque[Part | Gap] = deque()
        self.weight = 0

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self._items)

    def before(self, epoch: UUID) -> Cursor | None:
        """Return the place right before the first; None where there is none."""
        if not self._items:
            return None
        first = self._items[0]
        return first.since if isinstance(first, Gap) else first.before(epoch)

    def add(self, item: Part | Gap) -> None:
        """Put one at the end."""
        self._items.append(item)
        self.weight += item.weight if isinstance(item, Part) else PART_BYTES

    def clear(self) -> None:
        """Let everything go."""
        self._items.clear()
        self.weight = 0

    def drop_until(self, cursor: Cursor) -> None:
        """Let go what does not come after a place."""
        items = [each.since(cursor) if isinstance(each, Part) else each for each in self._items]
        self.clear()
        for item in items:
            if item is not None:
                self.add(item)

    def take(self, epoch: UUID, most: int, *, apart: bool = False) -> Batch | None:
        """Take a gap, or as much from the front as one batch may hold; None where there is nothing.

        Args:
            epoch: The life of the feed.
            most: The most readings and rows in one batch.
            apart: Whether a batch ends where events of another kind begin, so that the order of kinds is kept.
        """
        if not self._items:
            return None
        if isinstance(first := self._items[0], Gap):
            self._items.popleft()
            self.weight -= PART_BYTES
            return Batch(first.until, gap=first, before=first.since)
        readings: list[ReadingEvent] = []
        ranges: list[RangeChanged] = []
        ids: dict[UUID, None] = {}
        cursor = Cursor(epoch, 0)
        while (room := most - len(readings) - len(ranges) - len(ids)) > 0 and self._items:
            part = self._items[0]
            if isinstance(part, Gap) or (apart and part.kind is not first.kind):
                break
            cursor = self._advance(part, room, epoch)
            readings += part.readings[:room]
            ranges += [part.changed] if part.changed else []
            ids |= dict.fromkeys(part.ids)
        return Batch(cursor, tuple(readings), tuple(ranges), tuple(ids), kind=first.kind, before=first.before(epoch))

    def _advance(self, part: Part, room: int, epoch: UUID) -> Cursor:
        if len(part.readings) > room:
            self._items[0] = rest = part.rest(room)
            self.weight -= part.weight - rest.weight
            return Cursor(epoch, part.position, part.rows[room - 1] + 1)
        self._items.popleft()
        self.weight -= part.weight
        return Cursor(epoch, part.position)
