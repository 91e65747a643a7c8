"""A cursor goes out as text and comes back as it was, or is refused with one sentence."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinql.domain.cursor import SALT_BYTES, Cursor
from twinql.errors import InvalidInputError

EPOCH = UUID("8d3c0b7e-1f5a-4c11-9b3f-0a9be2f0c001")
KEY = bytes(range(32))
SALT = bytes(SALT_BYTES)
TEXT = Cursor(EPOCH, 7).encode(KEY, salt=SALT)


@given(
    st.uuids(),
    st.integers(0, 2**63 - 1),
    st.integers(0, 65_535),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES),
)
def test_what_goes_out_comes_back(epoch, position, rows, key, salt):
    cursor = Cursor(epoch, position, rows)
    assert Cursor.decode(cursor.encode(key, salt=salt), key) == cursor


def test_a_piece_of_an_event_leaves_the_event_incomplete():
    assert Cursor(EPOCH, 7).complete == 7
    assert Cursor(EPOCH, 7, 3).complete == 6


def test_neighbours_look_like_strangers_even_under_one_salt():
    sealed = [urlsafe_b64decode(Cursor(EPOCH, place).encode(KEY, salt=SALT))[SALT_BYTES:] for place in range(300)]
    assert {len(each) for each in sealed} == {42}
    # A byte that stood for epoch or position would hardly change from one place to the next.
    assert min(len(set(values)) for values in zip(*sealed, strict=True)) > 120
    rises = sum(former < later for former, later in pairwise(sealed))
    assert 100 < rises < 200


def test_one_place_under_two_salts_looks_like_two():
    assert Cursor(EPOCH, 7).encode(KEY, salt=b"\1" * SALT_BYTES)[12:] != TEXT[12:]


@pytest.mark.parametrize("place", range(len(TEXT)))
def test_a_text_with_one_letter_changed_is_refused(place):
    letter = "B" if TEXT[place] == "A" else "A"
    with pytest.raises(InvalidInputError, match="no cursor of a feed"):
        Cursor.decode(TEXT[:place] + letter + TEXT[place + 1 :], KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "x" * 35,
        "é",
        "MQ==",
        TEXT + "=",
        TEXT + "====",
        TEXT[:-1],
        TEXT[:-4],
        TEXT[:12],
        TEXT[:16],
        TEXT + "AAAA",
        TEXT + "\n",
        pytest.param(Cursor(EPOCH, 7).encode(bytes(32), salt=SALT), id="another key"),
        pytest.param(urlsafe_b64encode(EPOCH.bytes + b"\0" * 7 + b"\7\0\0").rstrip(b"=").decode(), id="in clear"),
    ],
)
def test_any_other_text_is_refused_with_one_sentence(text):
    with pytest.raises(InvalidInputError, match="no cursor of a feed") as caught:
        Cursor.decode(text, KEY)
    assert caught.value.path == ("after",)
