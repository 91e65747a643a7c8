"""A letter tells of one alarm or of many, the gravest first, and an event tells a program the same."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain import global_id
from twinql.domain.alarms.letters import LONGEST_SUBJECT, MOST_TOLD, letter_of, shortened
from twinql.domain.alarms.notices import Notice, event_of
from twinql.domain.webhooks import signature

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHANNEL = UUID(int=9)
FACT = {
    "code": "LIMIT",
    "message": "It is above its high limit.",
    "value": 71.25,
    "threshold": 65.0,
    "unit": "DEGREE_CELSIUS",
    "channelId": str(CHANNEL),
    "from": "2026-03-02T11:59:00Z",
    "until": "2026-03-02T12:00:00Z",
}
NOTICE = Notice(
    id=UUID(int=1),
    target_id=UUID(int=2),
    target_name="Night shift",
    organisation_id=UUID(int=3),
    organisation_name="Acme",
    alarm_id=UUID(int=4),
    sequence=1,
    action="RAISED",
    at=NOON,
    observed_at=NOON - timedelta(seconds=2),
    cause="LIMIT_HIGH",
    severity="HIGH",
    state="ACTIVE_UNACKNOWLEDGED",
    message="Spindle temperature is above its high limit.",
    raised_at=NOON - timedelta(seconds=2),
    evidence=[FACT],
    site_id=UUID(int=5),
    site_name="Plant 1",
    site_time_zone="Europe/Berlin",
    asset_id=UUID(int=6),
    asset_kind="MACHINE",
    asset_name="Mill",
    channel_id=CHANNEL,
    channel_key="temperature",
    channel_name="Spindle temperature",
    channel_unit="DEGREE_CELSIUS",
)


def another(number, **changes):
    return replace(NOTICE, id=UUID(int=100 + number), alarm_id=UUID(int=1000 + number), **changes)


def test_one_step_is_told_with_its_numbers():
    letter = letter_of([NOTICE])
    assert letter.subject == "HIGH alarm raised: Mill: Spindle temperature is above its high limit."
    assert letter.text == (
        "HIGH alarm raised: Mill: Spindle temperature is above its high limit.\n"
        "  At Plant 1, 2026-03-02 12:59:58 Europe/Berlin (2026-03-02T11:59:58Z); ACTIVE_UNACKNOWLEDGED.\n"
        "  It is above its high limit. (found 71.25 °C, compared with 65 °C)\n"
        f"  LIMIT_HIGH of channel temperature; alarm {global_id.encode('Alarm', UUID(int=4))}.\n"
        "\n"
        "-- \nSent by TwinQL for Acme, to: Night shift. Nobody reads replies.\n"
    )
    assert letter.key == str(NOTICE.id)


def test_many_are_told_in_one_letter_the_gravest_first():
    others = [another(1, severity="LOW"), another(2, severity="CRITICAL", asset_name="Press")]
    letter = letter_of([NOTICE, *others])
    assert letter.subject.startswith("3 alarms at Acme, the gravest: CRITICAL alarm raised: Press: ")
    assert [line.split()[0] for line in letter.text.splitlines() if "alarm raised" in line] == [
        "CRITICAL",
        "HIGH",
        "LOW",
    ]


def test_a_flood_is_counted():
    letter = letter_of([another(place, severity="LOW") for place in range(MOST_TOLD + 7)])
    assert letter.text.count("alarm raised") == MOST_TOLD
    assert "And 7 more, none of them graver than LOW." in letter.text


def test_a_step_that_two_targets_share_is_told_once():
    letter = letter_of([NOTICE, replace(NOTICE, id=UUID(int=8), target_id=UUID(int=7), target_name="Day shift")])
    assert letter.subject == letter_of([NOTICE]).subject
    assert letter.text.count("alarm raised") == 1
    assert "to: Day shift, Night shift." in letter.text


def test_the_key_of_a_letter_is_that_of_its_steps_alone():
    one, two, three = another(1), another(2), another(3)
    assert letter_of([one, two]).key == letter_of([two, one]).key
    assert len({letter_of(each).key for each in ([one], [two], [one, two], [one, two, three])}) == 4


@pytest.mark.parametrize(
    ("action", "words"), [("RAISED_AGAIN", "raised again"), ("ESCALATED", "escalated"), ("RETURNED", "ended")]
)
def test_what_happened_is_said(action, words):
    assert letter_of([replace(NOTICE, action=action)]).subject.startswith(f"HIGH alarm {words}: ")


@pytest.mark.parametrize(
    ("action", "state", "words"),
    [
        ("UNSHELVED", "ACTIVE_UNACKNOWLEDGED", "unshelved, and it holds"),
        ("UNSHELVED", "NORMAL", "ended while it was shelved"),
        ("RETURNED_TO_SERVICE", "ACTIVE_ACKNOWLEDGED", "returned to service, and it holds"),
        ("RETURNED_TO_SERVICE", "RETURNED_UNACKNOWLEDGED", "ended while it was out of service"),
    ],
)
def test_after_a_silence_it_is_said_how_it_stands(action, state, words):
    letter = letter_of([replace(NOTICE, action=action, state=state)])
    assert letter.subject.startswith(f"HIGH alarm {words}: ")


def test_a_channel_of_the_site_itself_and_numbers_that_are_missing_are_left_out():
    bare = {**FACT, "value": None, "threshold": None, "unit": None}
    letter = letter_of([replace(NOTICE, asset_id=None, asset_kind=None, asset_name=None, evidence=[bare, {}])])
    assert letter.subject.startswith("HIGH alarm raised: Plant 1: ")
    assert "  It is above its high limit.\n" in letter.text


@given(st.text())
def test_any_words_make_one_line_of_bounded_length(words):
    line = shortened(words)
    assert len(line) <= LONGEST_SUBJECT
    assert len(line.splitlines()) <= 1


@given(st.text(max_size=200), st.text(max_size=200))
def test_names_break_no_letter(name, message):
    letter = letter_of([replace(NOTICE, site_name=name, channel_name=name, target_name=name, message=message)])
    assert len(letter.subject.splitlines()) == 1
    assert len(letter.text.split("\n")) == 8


def test_an_event_names_everything_by_the_ids_of_the_graph():
    event = event_of(NOTICE)
    assert event == json.loads(json.dumps(event))
    assert event["id"] == global_id.encode("AlarmNotification", NOTICE.id)
    assert event["alarm"]["id"] == global_id.encode("Alarm", NOTICE.alarm_id)
    assert event["asset"] == {"id": global_id.encode("Machine", UUID(int=6)), "type": "Machine", "name": "Mill"}
    assert event["alarm"]["evidence"] == [{**FACT, "channelId": event["channel"]["id"]}]
    assert (event["at"], event["observedAt"]) == ("2026-03-02T12:00:00Z", "2026-03-02T11:59:58Z")
    assert event_of(replace(NOTICE, asset_id=None, asset_kind=None, asset_name=None))["asset"] is None


def test_a_signature_is_that_of_the_time_and_the_body():
    expected = hmac.new(b"a secret of the desk", b"1772452800.{}", hashlib.sha256).hexdigest()
    assert signature("a secret of the desk", b"{}", at_s=1772452800) == f"t=1772452800,v1={expected}"
    made = {signature(*each, at_s=at_s) for each in (("a", b"{}"), ("b", b"{}"), ("a", b"[]")) for at_s in (1, 2)}
    assert len(made) == 6
