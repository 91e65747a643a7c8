"""What the interlocks that are built in say of a command."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from twinql.domain.interlocks.facts import Facts, Target
from twinql.domain.interlocks.judging import judge
from twinql.domain.interlocks.verdict import InterlockKind, Request, Stage, refusals

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
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
        "last_observed_at": NOON - MINUTE,
        "reads_states": False,
    }
    return Target(**(facts | changes))


def said(target, desired, expires_in, stage=Stage.ISSUE):
    facts = Facts(channel_id=UUID(int=1), organisation_id=UUID(int=2), target=target)
    return judge(facts, Request(desired, NOON, stage, expires_in))


def refused(verdicts):
    return [verdict.kind for verdict in refusals(verdicts)]


def test_every_interlock_answers_even_when_all_is_well():
    verdicts = said(target(), 6000.0, MINUTE)
    assert [verdict.kind for verdict in verdicts] == list(InterlockKind)[:5]
    assert refusals(verdicts) == []
    assert (verdicts[1].value, verdicts[1].minimum, verdicts[1].maximum) == (6000.0, 0.0, 12_000.0)


@pytest.mark.parametrize("desired", [-0.1, 12_000.1, float("nan"), float("inf"), float("-inf")])
def test_a_value_out_of_range_or_not_a_number_is_refused(desired):
    assert InterlockKind.RANGE in refused(said(target(), desired, MINUTE))


@pytest.mark.parametrize("desired", [0.0, 12_000.0])
def test_the_ends_of_the_range_are_within_it(desired):
    assert refused(said(target(), desired, MINUTE)) == []


def test_an_open_range_takes_whatever_a_reading_can_show():
    assert refused(said(target(minimum=None, maximum=None), -1e100, MINUTE)) == []
    assert refused(said(target(minimum=None, maximum=None), -1.01e100, MINUTE)) == [InterlockKind.RANGE]


def test_a_measured_or_archived_channel_is_not_set():
    assert refused(said(target(writable=False), 1.0, MINUTE)) == [InterlockKind.WRITABLE]
    assert refused(said(target(archived=True), 1.0, MINUTE)) == [InterlockKind.WRITABLE]


def test_a_switch_takes_only_the_states_it_knows():
    pump = target(states=STATES, reads_states=True, minimum=None, maximum=None, last_value=1.0)
    assert refused(said(pump, 0.0, MINUTE)) == []
    assert refused(said(pump, 0.5, MINUTE)) == [InterlockKind.STATE_KNOWN]
    assert refused(said(pump, float("nan"), MINUTE)) == [
        InterlockKind.RANGE,
        InterlockKind.STATE_KNOWN,
    ]


def test_what_was_never_read_is_not_set():
    assert refused(said(target(last_value=None), 1.0, MINUTE)) == [InterlockKind.STATE_KNOWN]


@pytest.mark.parametrize("seconds", [-60, 0, 0.5, 24 * 3600 + 1, 365 * 86_400])
def test_a_life_that_is_past_or_endless_is_refused(seconds):
    assert refused(said(target(), 1.0, timedelta(seconds=seconds))) == [InterlockKind.EXPIRY]


@pytest.mark.parametrize("seconds", [1, 300, 24 * 3600])
def test_a_life_of_a_second_to_a_day_is_allowed(seconds):
    assert refused(said(target(), 1.0, timedelta(seconds=seconds))) == []


def test_everything_in_the_way_is_said_at_once():
    verdicts = said(target(writable=False, last_value=None), 1e9, -MINUTE)
    assert refused(verdicts) == [
        InterlockKind.WRITABLE,
        InterlockKind.RANGE,
        InterlockKind.STATE_KNOWN,
        InterlockKind.EXPIRY,
    ]
    assert all(verdict.message.endswith(".") for verdict in verdicts)


def test_what_interlocks_say_is_for_people():
    pump = target(name="Running", states=STATES, reads_states=True, unit="ONE", last_value=1.0)
    words = {verdict.kind: verdict.message for verdict in said(pump, 0.0, MINUTE)}
    assert words[InterlockKind.STATE_KNOWN] == "Running last read ON."
    assert words[InterlockKind.EXPIRY] == ("If no device takes the command within 60 s, it expires and is never sent.")
    assert said(target(), 13e3, MINUTE)[1].message == ("Spindle speed takes 0 to 12000 rpm; ask for a value within.")


def test_what_was_read_last_comes_with_its_time():
    assert said(target(), 6000.0, MINUTE)[2].observed_at == NOON - MINUTE


def test_the_life_of_a_command_is_judged_once():
    again = said(target(), 6000.0, None, Stage.SENDING)
    assert InterlockKind.EXPIRY not in {verdict.kind for verdict in again}
