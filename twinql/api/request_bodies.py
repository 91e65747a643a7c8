"""Reads what a request carries: JSON in its body, or parameters in its address."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from twinql.api.json_text import TooManyPartsError, read_json
from twinql.api.operation import RequestError

MOST_PARAMETERS = 20
"""How many parameters an address may have; GraphQL knows five."""
SMALL_BYTES = 2**18
"""Up to this size a body is read at once, in a few milliseconds; a larger one leaves the loop to others meanwhile."""
FEW_BYTES = 2**13
_BEFORE_COLONS = np.frombuffer(b'" \t\r\n', np.uint8)


async def gathered(receive: Receive) -> bytes:
    """Return the body of a request, once it is there.

    Raises:
        ClientDisconnect: Whoever sent it has gone.
    """
    pieces, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def from_body(body: bytes) -> Any:
    """Read the JSON of a body.

    Raises:
        RequestError: It is none, or says something twice.
    """
    return _checked(body) if len(body) <= SMALL_BYTES else await asyncio.to_thread(_checked, body)


def from_address(query_string: bytes) -> dict[str, Any]:
    """Read the parameters of an address.

    Raises:
        RequestError: They are no text, one stands there twice, or one that must be JSON is none.
    """
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise RequestError.of(
            "The address cannot be read: encode few parameters, as UTF-8, with percent signs."
        ) from error
    found: dict[str, Any] = dict(pairs)
    if len(found) < len(pairs):
        raise RequestError.of("The address has the same parameter twice; say each once.")
    return found | {name: _read(found[name].encode()) for name in ("variables", "extensions") if found.get(name)}


def _checked(body: bytes) -> Any:
    found = _read(body)
    kept = _keys_kept(found)
    if len(body) > FEW_BYTES and _surely_written_once(body, kept):
        return found
    if _keys_written(body) != kept:
        raise RequestError.of("An object of the request has the same name twice; say each once.")
    return found


def _read(text: bytes) -> Any:
    try:
        return read_json(text)
    except TooManyPartsError as error:
        raise RequestError.of(str(error), status=413) from error
    except orjson.JSONDecodeError as error:
        raise RequestError.of(
            f"This is no JSON ({error}); send valid JSON, which has no NaN and no Infinity."
        ) from error


def _surely_written_once(body: bytes, kept: int) -> bool:
    """Say whether no more colons can follow a name than names were kept, whatever stands in texts: at a glance."""
    text = np.frombuffer(body, np.uint8)
    before = text[np.flatnonzero(text == ord(":")) - 1]
    return int(np.isin(before, _BEFORE_COLONS).sum()) == kept


def _keys_written(body: bytes) -> int:
    """Count the names of members in valid JSON: the texts that a colon follows."""
    bare = body.translate(None, b" \t\r\n").replace(rb"\\", b"").replace(rb"\"", b"")
    outside_texts = b" ".join(bare.split(b'"')[::2])
    return outside_texts.count(b" :")


def _keys_kept(found: Any) -> int:
    count, level = 0, [found]
    while level:
        objects = [each for each in level if isinstance(each, dict)]
        count += sum(map(len, objects))
        lists = [each for each in level if isinstance(each, list)]
        level = [each for inner in objects for each in inner.values() if isinstance(each, (dict, list))]
        level += [each for inner in lists for each in inner if isinstance(each, (dict, list))]
    return count
