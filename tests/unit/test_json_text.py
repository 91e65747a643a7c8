"""JSON of anybody: its parts are counted before anything is made of them."""

import orjson
import pytest

from twinql.api.json_text import MOST_LISTS, MOST_OBJECTS, MOST_PARTS, TooManyPartsError, read_json


@pytest.mark.parametrize("item", ["[]", "{}", "0", '""', '{"":0}', "[[[[[[[[]]]]]]]]", '"\\\\"'])
def test_a_text_of_many_small_things_is_refused(item: str) -> None:
    with pytest.raises(TooManyPartsError):
        read_json(f"[{','.join([item] * 600_000)}]")
    with pytest.raises(TooManyPartsError):
        read_json(f"[{','.join([item] * 600_000)}]".encode())


def test_it_is_refused_before_it_is_found_to_be_no_json() -> None:
    with pytest.raises(TooManyPartsError):
        read_json("[" * (MOST_LISTS + 1))
    with pytest.raises(TooManyPartsError):
        read_json("{" * (MOST_OBJECTS + 1))
    with pytest.raises(TooManyPartsError):
        read_json("," * (MOST_PARTS + 1))


def test_ten_thousand_rows_with_all_their_fields_are_read() -> None:
    row = {
        "channelId": "x" * 67, "observedAt": "2026-03-01T00:00:00+00:00", "value": 1.5, "unit": "KILOWATT_HOUR",
        "quality": "GOOD", "status": "ACTUAL",
    }  # fmt: skip
    body = {"query": "mutation", "variables": {"input": {"readings": [row] * 10_000}}}
    assert read_json(orjson.dumps(body)) == body


def test_texts_may_be_long() -> None:
    assert read_json(orjson.dumps({"query": "{ a }" + " " * 1_000_000}))


def test_a_lone_surrogate_is_no_json() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        read_json('{"a": "\ud800"}')
