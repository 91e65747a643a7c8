"""Whom an event concerns is found by an index, and by nothing else that they follow."""

from datetime import UTC, datetime
from uuid import UUID

from twinql.domain.events import Event, EventKind, Following
from twinql.live.follower import Follower
from twinql.live.groups import Groups

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
METER = UUID(int=1)
METERING = frozenset({EventKind.METERING})
REVISED = Event(1, 7, NOON, EventKind.METERING, ids=(METER,))


def follower():
    return Follower(most=10, replay=None, queue_bytes=1_000)


def test_metering_is_told_to_those_who_asked_for_it_in_their_organisation_and_to_nobody_else():
    groups = Groups()
    costs, readings, others = (
        Following(7, channels=frozenset({1}), beside=METERING),
        Following(7, everything=True),
        Following(8, beside=METERING),
    )
    for following in (costs, readings, others):
        groups.join(following, follower())
    found = groups.concerned(REVISED, {})
    assert {group.following: list(rows) for group, rows in found.items()} == {costs: []}


def test_whoever_leaves_is_not_found_any_more():
    groups, costs, one = Groups(), Following(7, beside=METERING), follower()
    groups.join(costs, one)
    groups.leave(costs, one)
    assert not groups
    assert groups.concerned(REVISED, {}) == {}
