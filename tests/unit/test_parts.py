"""What waits for a follower is handed out in order, in bounded pieces, and each piece says where to go on."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.cursor import Cursor
from twinql.domain.events import (
    ChannelPlace,
    Event,
    EventKind,
    FeedGapReason,
    Following,
    Gap,
    RangeChanged,
    ReadingEvent,
)
from twinql.domain.readings import ReadingSource, StoredQuality
from twinql.live.parts import Part, Waiting

EPOCH, SITE, MILL, PUMP = (UUID(int=number) for number in range(1, 5))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACES = {1: ChannelPlace(1, SITE, MILL), 2: ChannelPlace(2, SITE, PUMP), 3: ChannelPlace(3, SITE, None)}


def reading(number):
    return ReadingEvent(number, NOON, NOON, 1.0, StoredQuality.GOOD, ReadingSource.API)


def event(position, *numbers, organisation_number=7):
    readings = tuple(reading(number) for number in numbers)
    return Event(
        position, organisation_number, NOON, EventKind.READINGS, readings=readings, size=100 * len(readings) + 7
    )


def rows_of(following, *numbers):
    part = Part.concerning(following, event(1, *numbers), PLACES)
    return part and part.rows


def test_a_part_holds_the_followed_readings_with_their_places():
    assert rows_of(Following(7, channels=frozenset({2})), 1, 2, 3, 2) == (1, 3)
    assert rows_of(Following(7, assets=frozenset({MILL})), 1, 2, 3) == (0,)
    assert rows_of(Following(7, sites=frozenset({SITE})), 1, 2, 3) == (0, 1, 2)
    assert rows_of(Following(7, everything=True), 9) == (0,)
    assert rows_of(Following(7, channels=frozenset({2})), 1, 3) is None
    assert rows_of(Following(7, sites=frozenset({SITE})), 9) is None  # nobody knows where channel 9 belongs


def test_another_organisation_is_never_followed():
    foreign = event(1, 1, organisation_number=8)
    assert Part.concerning(Following(7, everything=True), foreign, PLACES) is None


def test_a_changed_range_concerns_the_followers_of_its_channel():
    changed = Event(1, 7, NOON, EventKind.RANGES, changed=RangeChanged(1, NOON, NOON, 5))
    assert Part.concerning(Following(7, assets=frozenset({MILL})), changed, PLACES) is not None
    assert Part.concerning(Following(7, assets=frozenset({PUMP})), changed, PLACES) is None
    assert Part.concerning(Following(7, EventKind.COMMANDS), changed, PLACES) is None


def test_a_gap_is_handed_out_alone_and_in_its_place():
    gap = Gap(Cursor(EPOCH, 1), Cursor(EPOCH, 2), FeedGapReason.SLOW_FOLLOWER)
    waiting = Waiting()
    for item in (Part.of(event(1, 1), [0]), gap, Part.of(event(3, 1), [0])):
        waiting.add(item)
    batches = [waiting.take(EPOCH, 10) for _ in range(4)]
    assert [batch and batch.cursor for batch in batches] == [*(Cursor(EPOCH, place) for place in (1, 2, 3)), None]
    assert [batch and batch.gap for batch in batches] == [None, gap, None, None]
    assert waiting.weight == 0


def test_where_kinds_are_told_apart_a_piece_ends_before_another_kind_and_says_its_own():
    waiting = Waiting()
    alarm = Event(2, 7, NOON, EventKind.ALARMS, ids=(MILL,))
    for each in (event(1, 1), alarm, event(3, 1), event(4, 1)):
        waiting.add(Part.of(each, range(len(each.readings))))
    pieces = [waiting.take(EPOCH, 10, apart=True) for _ in range(3)]
    assert [(each.kind, each.cursor.position, len(each.readings), each.ids) for each in pieces] == [
        (EventKind.READINGS, 1, 1, ()),
        (EventKind.ALARMS, 2, 0, (MILL,)),
        (EventKind.READINGS, 4, 2, ()),
    ]
    assert waiting.take(EPOCH, 10, apart=True) is None


@given(st.lists(st.integers(1, 9), max_size=8), st.integers(1, 5), st.data())
def test_whatever_the_pieces_nothing_is_lost_or_doubled_and_each_cursor_goes_on_right_after(sizes, most, data):
    parts = [Part.of(event(position, *range(size)), range(size)) for position, size in enumerate(sizes, 1)]
    waiting = Waiting()
    for part in parts:
        waiting.add(part)
    handed, cursors = [], []
    while batch := waiting.take(EPOCH, most):
        assert len(batch.readings) <= most
        handed += batch.readings
        cursors.append((batch.cursor, len(handed)))
    everything = [each for part in parts for each in part.readings]
    assert handed == everything
    assert waiting.weight == 0
    if cursors:
        cursor, taken = data.draw(st.sampled_from(cursors))
        rest = [each for part in parts if (left := part.since(cursor)) for each in left.readings]
        assert rest == everything[taken:]


def test_what_waits_is_measured_by_the_text_of_the_readings_that_are_left():
    waiting = Waiting()
    waiting.add(Part.of(event(1, 1, 2, 3, 1), [0, 2, 3]))
    whole = waiting.weight
    assert 300 <= whole < 600
    waiting.take(EPOCH, 2)
    assert whole - waiting.weight == 2 * 305 // 3 + 1


def test_what_meters_are_charged_by_concerns_those_who_follow_it_beside_their_readings():
    revised = Event(1, 7, NOON, EventKind.METERING, ids=(MILL, PUMP))
    of_costs = Following(7, channels=frozenset({1}), beside=frozenset({EventKind.METERING}))
    part = Part.concerning(of_costs, revised, PLACES)
    assert (part.ids, part.readings) == ((MILL, PUMP), ())
    assert Part.concerning(of_costs, event(2, 1, 2), PLACES).rows == (0,)
    assert Part.concerning(Following(7, channels=frozenset({1})), revised, PLACES) is None
    assert Part.concerning(Following(8, beside=frozenset({EventKind.METERING})), revised, PLACES) is None
