"""Instants, durations and ids as text, and back."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.durations import format_duration, parse_duration
from twinql.domain.global_id import decode, decode_as, encode
from twinql.domain.instants import format_instant, parse_instant
from twinql.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-21T12:00:00Z", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21t12:00:00.5z", datetime(2026, 11, 21, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-21T12:00:00+10:30", datetime(2026, 11, 21, 1, 30, tzinfo=UTC)),
        ("2026-11-21T12:00:00.123456789Z", datetime(2026, 11, 21, 12, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_into_utc(text, instant):
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T12:00:00",
        "2026-11-21",
        "2026-02-30T00:00:00Z",
        "2026-11-21T25:00:00Z",
        "",
        "now",
        "0001-01-01T00:00:00+10:00",
    ],
)
def test_what_names_no_instant_is_refused_in_a_sentence(text):
    with pytest.raises(InvalidInputError, match=r"\.$"):
        parse_instant(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_written_is_read_again(instant):
    text = format_instant(instant)
    assert text.endswith("Z")
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT15M", timedelta(minutes=15)),
        ("P7D", timedelta(days=7)),
        ("P2W", timedelta(weeks=2)),
        ("P1DT12H", timedelta(hours=36)),
        ("PT0.25S", timedelta(milliseconds=250)),
        ("PT0S", timedelta(0)),
    ],
)
def test_a_duration_is_read(text, length):
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["P", "PT", "P1Y", "P1M", "15M", "-PT5M", "P1DT", "P99999999D", ""])
def test_what_has_no_fixed_length_is_refused(text):
    with pytest.raises(InvalidInputError):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36_600)))
def test_a_duration_written_is_read_again(length):
    assert parse_duration(format_duration(length)) == length


@given(st.sampled_from(["Meter", "Reading"]), st.uuids(), st.none() | st.integers(-(10**17), 10**17))
def test_an_id_tells_what_it_was_made_of(kind, key, instant):
    found = decode(encode(kind, key, instant))
    assert (found.type, found.key, found.instant_us) == (kind, key, instant)


@pytest.mark.parametrize("text", ["", "x", "TWV0ZXI", "!!!!", encode("Meter", uuid.UUID(int=1)) + "=", "é", "A" * 5000])
def test_what_was_never_an_id_is_refused_in_a_sentence(text):
    with pytest.raises(InvalidInputError, match="no id of TwinQL"):
        decode(text)


def test_an_id_of_something_else_says_what_is_needed():
    with pytest.raises(InvalidInputError, match="id of a Meter; an id of a Site or a Channel is needed"):
        decode_as(encode("Meter", uuid.UUID(int=1)), "Site", "Channel")
