"""Who follows what, indexed so that an event is looked at once, however many follow."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from twinql.domain.events import ChannelPlace, Event, EventKind, Following
from twinql.live.follower import Follower

_Key = tuple[EventKind, str, int | UUID]


class Group:
    """The followers of the very same; they share what is cut from an event for them."""

    def __init__(self, following: Following) -> None:
        """Start without followers."""
        self.following = following
        self.followers: set[Follower] = set()
        self.resting: set[Follower] = set()
        """Those to whom nothing is offered for the moment: another one of the same takes it for them."""

    def found_under(self) -> Iterator[_Key]:
        """Yield under what it is found."""
        following = self.following
        if following.everything or following.kind is not EventKind.READINGS:
            yield following.kind, "organisation", following.organisation_number
        for kind in following.beside:
            yield kind, "organisation", following.organisation_number
        for number in following.channels:
            yield following.kind, "channel", number
        for asset in following.assets:
            yield following.kind, "asset", asset
        for site in following.sites:
            yield following.kind, "site", site


class Groups:
    """All the followers of this process."""

    def __init__(self) -> None:
        """Start without followers."""
        self._groups: dict[Following, Group] = {}
        self._index: dict[_Key, set[Group]] = {}

    @property
    def needs_places(self) -> bool:
        """Whether it matters to anybody where a channel belongs."""
        return any(following.by_place for following in self._groups)

    def __bool__(self) -> bool:
        """Tell whether there is anybody."""
        return bool(self._groups)

    def __iter__(self) -> Iterator[Follower]:
        """Iterate over the followers."""
        for group in self._groups.values():
            yield from group.followers
            yield from group.resting

    @property
    def awake(self) -> Iterator[Follower]:
        """Those to whom events are offered."""
        for group in self._groups.values():
            yield from group.followers

    def join(self, following: Following, follower: Follower) -> None:
        """Let somebody follow."""
        group = self._groups.get(following)
        if group is None:
            group = self._groups[following] = Group(following)
            for key in group.found_under():
                self._index.setdefault(key, set()).add(group)
        group.followers.add(follower)

    def rest(self, following: Following, follower: Follower) -> None:
        """Offer nothing to somebody for the moment."""
        group = self._groups[following]
        group.followers.remove(follower)
        group.resting.add(follower)

    def wake(self, following: Following, follower: Follower) -> None:
        """Offer everything to somebody again."""
        group = self._groups[following]
        group.resting.remove(follower)
        group.followers.add(follower)

    def leave(self, following: Following, follower: Follower) -> None:
        """Forget somebody, and all that was kept for them alone."""
        group = self._groups[following]
        group.followers.discard(follower)
        group.resting.discard(follower)
        if group.followers or group.resting:
            return
        del self._groups[following]
        for key in group.found_under():
            self._index[key].remove(group)
            if not self._index[key]:
                del self._index[key]

    def concerned(self, event: Event, places: Mapping[int, ChannelPlace]) -> Mapping[Group, Iterable[int]]:
        """Find whom an event concerns and, for each, the places of those of its readings that they follow, in order."""
        kind = EventKind.READINGS if event.kind is EventKind.RANGES else event.kind
        own = event.organisation_number
        if not event.readable:
            mine = (each for each in self._groups.values() if each.following.concerned(event))
            return dict.fromkeys(mine, ())
        concerned: defaultdict[Group, list[int]] = defaultdict(list)
        for group in self._index.get((kind, "organisation", own), ()):
            concerned[group].extend(range(len(event.readings)))
        for number, rows in _rows_by_channel(event).items():
            for group in self._following(kind, number, places.get(number)):
                if group.following.organisation_number == own and not group.following.everything:
                    concerned[group].extend(rows)
        return {group: sorted(rows) for group, rows in concerned.items()}

    def _following(self, kind: EventKind, number: int, place: ChannelPlace | None) -> set[Group]:
        found = set(self._index.get((kind, "channel", number), ()))
        if place is not None:
            found |= self._index.get((kind, "site", place.site_id), set())
            if place.asset_id is not None:
                found |= self._index.get((kind, "asset", place.asset_id), set())
        return found


def _rows_by_channel(event: Event) -> Mapping[int, list[int]]:
    if event.changed is not None:
        return {event.changed.channel_number: []}
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for row, reading in enumerate(event.readings):
        rows[reading.channel_number].append(row)
    return rows
