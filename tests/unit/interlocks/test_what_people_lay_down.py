"""What each interlock that people lay down lets pass, by hand-worked cases and their edges."""

from dataclasses import replace
from datetime import timedelta
from math import inf, nan

import pytest

from tests.unit.interlocks.plant import HEATER, HOUR, MINUTE, NOON, PUMP, SECOND, allowed, laid, said, seen, under_way
from twinql.domain.interlocks.definition import InterlockDefinition
from twinql.domain.interlocks.verdict import InterlockKind
from twinql.domain.readings import ReadingSource
from twinql.errors import InvalidInputError

UNRELIABLE = {
    "never read": {"value": None, "observed_at": None, "recorded_at": None},
    "without a value": {"value": None},
    "not good": {"is_good": False},
    "old": {"observed_at": NOON - 6 * MINUTE, "recorded_at": NOON - 6 * MINUTE},
    "known for long, dated later": {"recorded_at": NOON - 6 * MINUTE},
    "by a clock ahead": {"ahead_until": NOON + HOUR},
    "written by hand, where a device reads": {"has_device": True, "source": ReadingSource.API},
    "archived": {"archived": True},
}
LOOKING = {
    "RATE_OF_CHANGE": {"rate_per_minute": 10.0},
    "MINIMUM_ON_TIME": {"hold_for": MINUTE},
    "MINIMUM_OFF_TIME": {"hold_for": MINUTE},
    "MUTUAL_EXCLUSION": {},
    "CONDITION": {"minimum": 0.0},
    "INPUT_QUALITY": {},
}


@pytest.mark.parametrize("kind", LOOKING)
@pytest.mark.parametrize("why", UNRELIABLE)
def test_what_cannot_be_relied_on_refuses_and_says_so(kind, why):
    beside = kind in {"MUTUAL_EXCLUSION", "CONDITION"}
    looked = replace(seen(0.0, HEATER if beside else PUMP), **UNRELIABLE[why])
    desired = 0.0 if kind == "MINIMUM_ON_TIME" else 1.0
    (verdict,) = said(desired, laid(kind, looked, since=NOON - HOUR, **LOOKING[kind]))
    assert not verdict.allowed
    assert looked.name in verdict.message
    assert verdict.observed_at == looked.observed_at


def test_a_reading_may_be_as_old_as_was_laid_down_or_as_its_channel_is_slow():
    old = {"observed_at": NOON - HOUR, "recorded_at": NOON - HOUR}
    assert not allowed(1.0, laid("INPUT_QUALITY", seen(0.0, **old)))
    assert allowed(1.0, laid("INPUT_QUALITY", seen(0.0, **old), max_age=HOUR))
    assert not allowed(1.0, laid("INPUT_QUALITY", seen(0.0, **old), max_age=HOUR - SECOND))
    assert allowed(1.0, laid("INPUT_QUALITY", seen(0.0, resolution_s=1200.0, **old)))


@pytest.mark.parametrize(
    ("has_device", "source", "lets_pass"),
    [(True, "DEVICE", True), (True, "SIMULATION", True), (True, "MANUAL", False), (False, "MANUAL", True)],
)
def test_people_tell_how_a_channel_stands_where_no_device_does(has_device, source, lets_pass):
    looked = seen(1.0, HEATER, has_device=has_device, source=ReadingSource(source))
    (verdict,) = said(1.0, laid("CONDITION", looked, minimum=1.0))
    assert (verdict.allowed, verdict.source) == (lets_pass, ReadingSource(source))
    assert lets_pass or verdict.message == (
        "Rule: The last reading of Heater came by MANUAL, not from its device; wait for the device."
    )


def test_a_range_that_was_laid_down_is_kept_to():
    tight = laid("RANGE", seen(0.0), minimum=1.0, maximum=5.0)
    assert [allowed(value, tight) for value in (0.9, 1.0, 5.0, 5.1, nan, inf)] == [
        False,
        True,
        True,
        False,
        False,
        False,
    ]
    (verdict,) = said(6.0, tight)
    assert (verdict.value, verdict.minimum, verdict.maximum) == (6.0, 1.0, 5.0)
    assert verdict.message == "Rule: Pump may be set to 1 to 5; ask for a value within."


def test_a_value_moves_by_no_more_than_the_rate_from_any_value_of_the_last_minute():
    slow = {"rate_per_minute": 100.0}
    assert [allowed(value, laid("RATE_OF_CHANGE", seen(500.0), **slow)) for value in (399.0, 400.0, 600.0, 601.0)] == [
        False, True, True, False,
    ]  # fmt: skip
    (verdict,) = said(620.0, laid("RATE_OF_CHANGE", seen(560.0), lowest=500.0, highest=560.0, **slow))
    assert (verdict.allowed, verdict.minimum, verdict.maximum) == (False, 460.0, 600.0)


def test_no_value_is_advised_that_a_range_refuses():
    fast = laid("RATE_OF_CHANGE", seen(2800.0), rate_per_minute=8000.0)
    narrow = laid("RANGE", seen(2800.0), maximum=9000.0)
    verdict, _ = said(13000.0, fast, narrow, minimum=1000.0, maximum=12000.0)
    assert (verdict.minimum, verdict.maximum) == (1000.0, 9000.0)
    assert verdict.message == "Rule: Pump may move by 8000 within a minute; ask for 1000 to 9000."
    verdict, _ = said(6000.0, laid("RATE_OF_CHANGE", seen(20000.0), rate_per_minute=100.0), narrow, maximum=12000.0)
    assert verdict.message == "Rule: Pump may move by 100 within a minute, not enough to come into its range."


def test_commands_share_the_rate_before_any_reading_shows_them():
    steady = laid("RATE_OF_CHANGE", seen(500.0), rate_per_minute=100.0)
    for other in (
        under_way(600.0, "QUEUED"),
        under_way(600.0, sent=SECOND),
        under_way(600.0, "VERIFIED", sent=59 * SECOND),
        under_way(600.0, "EXECUTED", sent=2 * MINUTE),
        under_way(600.0, "FAILED", sent=SECOND),
    ):
        assert not allowed(601.0, steady, commands=[other])
        assert allowed(600.0, steady, commands=[other])
    for other in (
        under_way(600.0, "REJECTED", sent=SECOND),
        under_way(600.0, "VERIFIED", sent=61 * SECOND),
        under_way(600.0, "QUEUED", not_before=NOON + MINUTE),
    ):
        assert allowed(400.0, steady, commands=[other])


def test_what_is_on_stays_on_for_its_time():
    def on_for(span):
        return laid("MINIMUM_ON_TIME", seen(1.0), since=NOON - span, hold_for=10 * MINUTE)

    assert allowed(0.0, on_for(10 * MINUTE))
    (verdict,) = said(0.0, on_for(4 * MINUTE))
    assert (verdict.allowed, verdict.value, verdict.minimum) == (False, 240.0, 600.0)
    assert verdict.message == "Rule: Pump stays on for at least 10 min; ask again in 6 min."
    assert allowed(1.0, on_for(SECOND))
    assert allowed(1.0, laid("MINIMUM_OFF_TIME", seen(1.0), since=NOON, hold_for=HOUR))
    assert not allowed(0.0, laid("MINIMUM_ON_TIME", seen(1.0), since=None, hold_for=HOUR))


def test_what_is_being_switched_counts_from_its_sending():
    off = laid("MINIMUM_ON_TIME", seen(0.0), since=NOON - HOUR, hold_for=10 * MINUTE)
    assert allowed(0.0, off)
    assert not allowed(0.0, off, commands=[under_way(1.0, "QUEUED")])
    assert not allowed(0.0, off, commands=[under_way(1.0, sent=9 * MINUTE)])
    assert allowed(0.0, off, commands=[under_way(1.0, sent=10 * MINUTE)])
    assert not allowed(0.0, off, commands=[under_way(1.0, "TIMED_OUT", sent=9 * MINUTE, expires=-MINUTE)])
    assert allowed(0.0, off, commands=[under_way(1.0, "VERIFIED", sent=9 * MINUTE)])
    assert allowed(0.0, off, commands=[under_way(0.0, sent=SECOND)])


def test_a_threshold_tells_on_from_off_on_either_side_of_zero():
    for value, on in ((0.4, False), (-0.4, False), (0.6, True), (-0.6, True)):
        rule = laid("MINIMUM_ON_TIME", seen(value), since=NOON, hold_for=HOUR, on_above=0.5)
        assert allowed(0.2, rule) is not on


def test_two_that_exclude_each_other_are_never_on_together():
    off, on = laid("MUTUAL_EXCLUSION", seen(0.0, HEATER)), laid("MUTUAL_EXCLUSION", seen(1.0, HEATER))
    assert allowed(1.0, off)
    assert not allowed(1.0, on)
    assert allowed(0.0, on)
    for status in ("QUEUED", "SENT", "ACKNOWLEDGED", "EXECUTING", "EXECUTED", "TIMED_OUT", "NOT_OBSERVED", "FAILED"):
        assert not allowed(1.0, off, commands=[under_way(1.0, status, sent=MINUTE, channel=HEATER)])
        assert allowed(1.0, off, commands=[under_way(0.0, status, sent=MINUTE, channel=HEATER)])
    for status in ("REJECTED", "VERIFIED"):
        assert allowed(1.0, off, commands=[under_way(1.0, status, sent=MINUTE, channel=HEATER)])
    lost = under_way(1.0, "TIMED_OUT", sent=HOUR, channel=HEATER, expires=-SECOND)
    assert allowed(1.0, off, commands=[lost])
    (verdict,) = said(1.0, off, commands=[under_way(1.0, channel=HEATER)])
    assert (verdict.other_channel_id, verdict.value) == (HEATER, 1.0)


def test_what_waits_stands_in_the_way_of_what_comes_and_not_of_what_goes():
    off = laid("MUTUAL_EXCLUSION", seen(0.0, HEATER))
    waiting = [under_way(1.0, "QUEUED", channel=HEATER)]
    assert not allowed(1.0, off, commands=waiting)
    assert not allowed(1.0, off, commands=waiting, stage="APPROVAL")
    assert allowed(1.0, off, commands=waiting, stage="SENDING")


def test_a_condition_on_another_channel_holds_for_the_values_that_it_judges():
    def heater(value, **more):
        return laid("CONDITION", seen(value, HEATER), minimum=1.0, maximum=1.0, **more)

    assert allowed(1.0, heater(1.0))
    assert not allowed(1.0, heater(0.0))
    assert not allowed(0.0, heater(0.0))
    assert allowed(0.0, heater(0.0, applies_from=0.5))
    assert not allowed(0.5, heater(0.0, applies_from=0.5))
    assert allowed(0.6, heater(0.0, applies_to=0.5))
    assert not allowed(1.0, heater(1.0), commands=[under_way(0.0, channel=HEATER)])
    assert not allowed(1.0, heater(0.0), commands=[under_way(1.0, channel=HEATER)])


def test_a_condition_speaks_of_states_by_their_labels():
    rule = laid("CONDITION", seen(0.0, HEATER, states={0.0: "OFF", 1.0: "ON"}), minimum=1.0, maximum=1.0)
    (verdict,) = said(1.0, rule)
    assert verdict.message == "Rule: Heater reads OFF and must read ON."


def test_an_hour_has_room_for_so_many_commands():
    two = laid("COMMANDS_PER_HOUR", seen(0.0), per_hour=2)
    sent = under_way(1.0, "VERIFIED", sent=59 * MINUTE)
    assert allowed(1.0, two, commands=[sent])
    assert not allowed(1.0, two, commands=[sent, under_way(1.0, "FAILED", sent=MINUTE)])
    assert not allowed(1.0, two, commands=[sent, under_way(1.0, "QUEUED")])
    assert allowed(1.0, two, commands=[sent, under_way(1.0, "QUEUED")], stage="SENDING")
    assert allowed(1.0, two, commands=[sent, under_way(1.0, sent=HOUR)])
    assert not allowed(1.0, two, commands=[sent, under_way(1.0, sent=-SECOND)], stage="SENDING")
    (verdict,) = said(1.0, two, commands=[sent])
    assert (verdict.value, verdict.maximum) == (2.0, 2.0)


def test_a_command_for_later_is_judged_by_what_is_now_when_it_is_sent():
    later = NOON + HOUR
    cold = laid("CONDITION", seen(0.0, HEATER), minimum=1.0)
    (verdict,) = said(1.0, cold, not_before=later)
    assert verdict.allowed
    assert verdict.message.startswith("Judged again as it is sent, from 2026-03-02T13:00:00Z on. Now: Rule: Heater")
    assert not allowed(1.0, cold, not_before=later, stage="SENDING")
    assert not allowed(9.0, laid("RANGE", seen(0.0), maximum=5.0), not_before=later)
    full = laid("COMMANDS_PER_HOUR", seen(0.0), per_hour=1)
    assert allowed(1.0, full, not_before=later, commands=[under_way(1.0, sent=SECOND)])
    assert not allowed(1.0, full, not_before=later, commands=[under_way(1.0, "QUEUED", not_before=later)])


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("kind", {"kind": "WRITABLE"}),
        ("minimum", {"kind": "RANGE"}),
        ("minimum", {"kind": "RANGE", "minimum": 2.0, "maximum": 1.0}),
        ("maximum", {"kind": "RANGE", "maximum": nan}),
        ("perHour", {"kind": "RANGE", "minimum": 1.0, "per_hour": 3}),
        ("ratePerMinute", {"kind": "RATE_OF_CHANGE"}),
        ("ratePerMinute", {"kind": "RATE_OF_CHANGE", "rate_per_minute": 0.0}),
        ("holdFor", {"kind": "MINIMUM_ON_TIME", "hold_for": timedelta(hours=25)}),
        ("holdFor", {"kind": "MINIMUM_OFF_TIME", "hold_for": timedelta(seconds=1.5)}),
        ("onAbove", {"kind": "MINIMUM_ON_TIME", "hold_for": MINUTE, "on_above": -1.0}),
        ("perHour", {"kind": "COMMANDS_PER_HOUR", "per_hour": 0}),
        ("otherChannelId", {"kind": "MUTUAL_EXCLUSION", "beside": False}),
        ("otherChannelId", {"kind": "RANGE", "minimum": 1.0, "beside": True}),
        ("appliesFrom", {"kind": "CONDITION", "minimum": 1.0, "applies_from": 2.0, "applies_to": 1.0, "beside": True}),
        ("maxAge", {"kind": "INPUT_QUALITY", "max_age": timedelta(0)}),
        ("name", {"kind": "INPUT_QUALITY", "name": " "}),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(path, given):
    beside = given.pop("beside", False)
    said = {"name": "Rule", **given, "kind": InterlockKind(given["kind"])}
    with pytest.raises(InvalidInputError) as refusal:
        InterlockDefinition(**said).checked(beside=beside)
    assert refusal.value.path == (path,)
