"""What devices send is read row by row, and nothing that they can send makes more than a refusal."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain import global_id
from twinql.domain.command_reports import DeviceReport
from twinql.domain.commands import CommandStatus
from twinql.domain.device_messages import (
    DeviceAvailability,
    SentAvailability,
    read_availability,
    read_readings,
    read_report,
)
from twinql.domain.incoming import IncomingReading
from twinql.domain.readings import RejectionCode, StoredQuality
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError

KEY = UUID("00000000-0000-4000-8000-000000000001")
CHANNEL, COMMAND = global_id.encode("Channel", KEY), global_id.encode("Command", KEY)
AT = "2026-11-21T12:00:00+01:00"
NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)
GOOD = {"channelId": CHANNEL, "observedAt": AT, "value": 21.5}


def read(*rows):
    return read_readings(orjson.dumps({"readings": rows}))


def test_a_message_has_rows_as_record_readings_takes_them():
    marked = {**GOOD, "value": None, "unit": "KELVIN", "quality": "BAD", "status": "ESTIMATED"}
    sent = read(GOOD, marked)
    assert sent.refused == ()
    assert sent.rows == [
        IncomingReading(KEY, NOON, 21.5, None, StoredQuality.GOOD),
        IncomingReading(KEY, NOON, None, Unit.KELVIN, StoredQuality.BAD),
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (7, RejectionCode.INVALID_VALUE),
        ({**GOOD, "value": True}, RejectionCode.INVALID_VALUE),
        ({**GOOD, "value": "21.5"}, RejectionCode.INVALID_VALUE),
        ({**GOOD, "unit": "FURLONG"}, RejectionCode.INVALID_VALUE),
        ({**GOOD, "quality": ["GOOD"]}, RejectionCode.INVALID_VALUE),
        ({**GOOD, "qualty": "BAD"}, RejectionCode.INVALID_VALUE),
        ({**GOOD, "observedAt": "2026-11-21T12:00:00"}, RejectionCode.INVALID_TIME),
        ({**GOOD, "observedAt": 1_700_000_000}, RejectionCode.INVALID_TIME),
        ({"channelId": CHANNEL, "value": 1}, RejectionCode.INVALID_TIME),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_by_itself(row, code):
    sent = read(GOOD, row, GOOD)
    assert [(each.row, each.code) for each in sent.refused] == [(1, code)]
    assert [each.channel for each in sent.rows] == [KEY, None, KEY]


def test_a_channel_that_is_no_id_is_no_channel():
    assert [each.channel for each in read({**GOOD, "channelId": "temperature"}, {**GOOD, "channelId": 5}).rows] == [
        None,
        None,
    ]


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b"[]", b"{}", b'{"readings": 5}', b'{"readings": []}', b"[" * 10_000]
)
def test_what_is_no_message_of_readings_is_refused_as_a_whole(payload):
    with pytest.raises(InvalidInputError):
        read_readings(payload)


def test_a_report_says_where_a_command_stands():
    said = {"commandId": COMMAND, "status": "EXECUTED"}
    assert read_report(json.dumps(said).encode()) == DeviceReport(KEY, CommandStatus.EXECUTED)
    assert read_report(json.dumps({**said, "at": AT, "detail": "done"}).encode()).at == NOON


def test_availability_says_whether_a_journal_is_kept():
    online, offline = DeviceAvailability.ONLINE, DeviceAvailability.OFFLINE
    assert read_availability(b'{"status": "ONLINE", "journal": true}') == SentAvailability(online, keeps_journal=True)
    assert read_availability(b'{"status": "OFFLINE"}') == SentAvailability(offline, keeps_journal=False)
    assert read_availability(b"") == SentAvailability(offline, keeps_journal=False)


ODD = st.sampled_from(
    [None, True, 0, -1, 1e308, float("nan"), 10**30, "", "ONLINE", "EXECUTED", AT, CHANNEL, [], [[]], {}]
)
ROW = st.dictionaries(st.sampled_from(["channelId", "observedAt", "value", "unit", "quality", "status", "x"]), ODD)
OTHERS = st.dictionaries(st.sampled_from(["commandId", "status", "at", "detail", "journal"]), ODD)
MESSAGES = st.lists(ROW | ODD, max_size=3).map(lambda rows: {"readings": rows}) | OTHERS | ODD


@given(st.binary() | MESSAGES.map(lambda message: json.dumps(message).encode()))
def test_whatever_a_device_sends_is_read_or_refused(payload):
    for reads in (read_readings, read_report, read_availability):
        with suppress(InvalidInputError):
            reads(payload)
