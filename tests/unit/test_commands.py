"""The life of a command, and what interlocks say before it begins."""

from datetime import timedelta
from itertools import pairwise

import pytest

from twinql.domain.commands import (
    CommandStatus,
    InterlockKind,
    Target,
    code_of,
    is_final,
    judge,
    may_follow,
    refusals,
    shows,
    spoken,
)

STATES = {0.0: "OFF", 1.0: "ON"}
MINUTE = timedelta(minutes=1)


def target(**changes):
    facts = {
        "name": "Spindle speed",
        "unit": "REVOLUTION_PER_MINUTE",
        "writable": True,
        "archived": False,
        "minimum": 0.0,
        "maximum": 12_000.0,
        "states": {},
        "last_value": 9000.0,
        "reads_states": False,
    }
    return Target(**(facts | changes))


def refused(verdicts):
    return [verdict.kind for verdict in refusals(verdicts)]


def test_a_command_lives_from_request_to_verification():
    life = [None, *map(CommandStatus, ("REQUESTED", "QUEUED", "SENT", "ACKNOWLEDGED", "EXECUTED", "VERIFIED"))]
    assert all(may_follow(before, after) for before, after in pairwise(life))
    assert not any(may_follow(after, before) for before, after in pairwise(life) if before)


def test_what_has_ended_stays_ended():
    ended = {"VERIFIED", "REJECTED", "FAILED", "EXPIRED", "CANCELLED"}
    assert {status.value for status in CommandStatus if is_final(status)} == ended
    assert not may_follow(CommandStatus.EXPIRED, CommandStatus.SENT)
    assert not may_follow(CommandStatus.SENT, CommandStatus.EXPIRED)


def test_nothing_is_executed_that_was_not_sent():
    for status in ("REQUESTED", "AWAITING_APPROVAL", "QUEUED"):
        assert not may_follow(CommandStatus(status), CommandStatus.EXECUTED)
        assert not may_follow(CommandStatus(status), CommandStatus.ACKNOWLEDGED)


def test_every_interlock_answers_even_when_all_is_well():
    verdicts = judge(target(), desired=6000.0, expires_in=MINUTE)
    assert [verdict.kind for verdict in verdicts] == list(InterlockKind)
    assert refusals(verdicts) == []
    assert (verdicts[1].value, verdicts[1].minimum, verdicts[1].maximum) == (6000.0, 0.0, 12_000.0)


@pytest.mark.parametrize("desired", [-0.1, 12_000.1, float("nan"), float("inf"), float("-inf")])
def test_a_value_out_of_range_or_not_a_number_is_refused(desired):
    assert InterlockKind.RANGE in refused(judge(target(), desired=desired, expires_in=MINUTE))


@pytest.mark.parametrize("desired", [0.0, 12_000.0])
def test_the_ends_of_the_range_are_within_it(desired):
    assert refused(judge(target(), desired=desired, expires_in=MINUTE)) == []


def test_an_open_range_takes_anything_finite():
    assert refused(judge(target(minimum=None, maximum=None), desired=-1e300, expires_in=MINUTE)) == []


def test_a_measured_or_archived_channel_is_not_set():
    assert refused(judge(target(writable=False), desired=1.0, expires_in=MINUTE)) == [InterlockKind.WRITABLE]
    assert refused(judge(target(archived=True), desired=1.0, expires_in=MINUTE)) == [InterlockKind.WRITABLE]


def test_a_switch_takes_only_the_states_it_knows():
    pump = target(states=STATES, reads_states=True, minimum=None, maximum=None, last_value=1.0)
    assert refused(judge(pump, desired=0.0, expires_in=MINUTE)) == []
    assert refused(judge(pump, desired=0.5, expires_in=MINUTE)) == [InterlockKind.STATE_KNOWN]
    assert refused(judge(pump, desired=float("nan"), expires_in=MINUTE)) == [
        InterlockKind.RANGE,
        InterlockKind.STATE_KNOWN,
    ]


def test_what_was_never_read_is_not_set():
    assert refused(judge(target(last_value=None), desired=1.0, expires_in=MINUTE)) == [InterlockKind.STATE_KNOWN]


@pytest.mark.parametrize("seconds", [-60, 0, 0.5, 24 * 3600 + 1, 365 * 86_400])
def test_a_life_that_is_past_or_endless_is_refused(seconds):
    assert refused(judge(target(), desired=1.0, expires_in=timedelta(seconds=seconds))) == [InterlockKind.EXPIRY]


@pytest.mark.parametrize("seconds", [1, 300, 24 * 3600])
def test_a_life_of_a_second_to_a_day_is_allowed(seconds):
    assert refused(judge(target(), desired=1.0, expires_in=timedelta(seconds=seconds))) == []


def test_everything_in_the_way_is_said_at_once():
    verdicts = judge(target(writable=False, last_value=None), desired=1e9, expires_in=-MINUTE)
    assert refused(verdicts) == [
        InterlockKind.WRITABLE,
        InterlockKind.RANGE,
        InterlockKind.STATE_KNOWN,
        InterlockKind.EXPIRY,
    ]
    assert all(verdict.message.endswith(".") for verdict in verdicts)


def test_a_state_is_found_by_its_label():
    assert code_of(" on ", STATES) == 1.0
    assert code_of("BROKEN", STATES) is None


def test_a_reading_shows_a_command_but_for_rounding():
    assert shows(6000.0000001, 6000.0)
    assert not shows(6001.0, 6000.0)
    assert shows(0.0, 0.0)
    assert not shows(1.0, 0.0)


def test_a_state_is_spoken_of_by_its_label_and_a_quantity_with_its_unit():
    assert spoken(0.0, unit="ONE", states=STATES) == "OFF"
    assert spoken(2.0, unit="ONE", states=STATES) == "2"
    assert spoken(6000.0, unit="REVOLUTION_PER_MINUTE", states={}) == "6000 rpm"


def test_what_interlocks_say_is_for_people():
    pump = target(name="Running", states=STATES, reads_states=True, unit="ONE", last_value=1.0)
    said = {verdict.kind: verdict.message for verdict in judge(pump, desired=0.0, expires_in=MINUTE)}
    assert said[InterlockKind.STATE_KNOWN] == "Running last read ON."
    assert said[InterlockKind.EXPIRY] == ("If no device takes the command within 60 s, it expires and is never sent.")
    assert judge(target(), desired=13e3, expires_in=MINUTE)[1].message == (
        "Spindle speed takes 0 to 12000 rpm; ask for a value within."
    )
