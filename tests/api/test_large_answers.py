"""A large answer comes whole, in parts that are put together nowhere."""

import orjson
import pytest

from twinql.api.operation import Answer
from twinql.api.written import SENT_AT_ONCE_BYTES, written

COST = {"cost": {"requested": 1}}
LARGE = b'{"a":"' + b"\xc3\xa9" * SENT_AT_ONCE_BYTES + b'"}'


@pytest.mark.parametrize("extensions", [None, COST])
@pytest.mark.parametrize("text", [b"null", b'{"a":"\xc3\xa9"}', LARGE])
async def test_what_the_database_wrote_is_sent_as_it_is(text, extensions):
    answer = Answer(orjson.Fragment(text), None, extensions, text)
    sent = []

    async def send(message):
        sent.append(message)

    await written(answer.pieces(), "application/json", 200).send(send)
    head, *parts = sent
    assert all(len(each["body"]) <= SENT_AT_ONCE_BYTES for each in parts) or len(parts) == 1
    assert [each.get("more_body", False) for each in parts] == [True] * (len(parts) - 1) + [False]
    body = b"".join(each["body"] for each in parts)
    assert dict(head["headers"])[b"content-length"] == str(len(body)).encode()
    assert body == answer.body() == orjson.dumps(answer.content())
    assert (len(parts) > 2) == (text is LARGE)


def test_errors_stand_beside_what_the_database_wrote():
    answer = Answer(orjson.Fragment(b"null"), [{"message": "No."}], None, b"null")
    assert orjson.loads(answer.body()) == {"errors": [{"message": "No."}], "data": None}
