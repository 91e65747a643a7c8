"""A cursor goes out as text and comes back as it was, or is refused with one sentence."""

from base64 import urlsafe_b64encode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.cursor import Cursor
from twinql.errors import InvalidInputError

EPOCH = UUID("8d3c0b7e-1f5a-4c11-9b3f-0a9be2f0c001")


@given(st.uuids(), st.integers(0, 2**63 - 1), st.integers(0, 65_535))
def test_what_goes_out_comes_back(epoch, position, rows):
    cursor = Cursor(epoch, position, rows)
    assert Cursor.decode(cursor.encode()) == cursor


def test_a_piece_of_an_event_leaves_the_event_incomplete():
    assert Cursor(EPOCH, 7).complete == 7
    assert Cursor(EPOCH, 7, 3).complete == 6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "x" * 35,
        "é",
        "MQ==",
        Cursor(EPOCH, 7).encode() + "=",
        Cursor(EPOCH, 7).encode()[:-1],
        Cursor(EPOCH, 7).encode() + "AAAA",
        Cursor(EPOCH, 7).encode() + "\n",
        # The last letter carries four bits that nobody reads: another letter would be another text for the same place.
        Cursor(EPOCH, 7).encode()[:-1] + "B",
        urlsafe_b64encode(EPOCH.bytes + b"\xff" * 8 + b"\0\0").rstrip(b"=").decode(),
    ],
)
def test_any_other_text_is_refused_with_one_sentence(text):
    with pytest.raises(InvalidInputError, match="no cursor of a feed") as caught:
        Cursor.decode(text)
    assert caught.value.path == ("after",)
