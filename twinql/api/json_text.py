"""Reads JSON that anybody may have sent."""

from typing import Any

import orjson

MOST_PARTS = 300_000
MOST_OBJECTS = 50_000
MOST_LISTS = 20_000
MOST_ESCAPES = 500_000
"""How many brackets, commas and colons a text may have, how many objects and lists, and how many backslashes.

Nobody else is served while a text is parsed, in whatever thread: so many take up to 50 ms, and counting takes
less. 10,000 rows to be recorded have 10,000 objects and fewer than 220,000 parts.
"""
TOO_MANY = f"The JSON has more than {MOST_PARTS:,} parts, {MOST_OBJECTS:,} objects or {MOST_LISTS:,} lists; send less."


class TooManyPartsError(Exception):
    """A text that would take too long to be parsed, whether it is JSON or not."""


def read_json(text: bytes | str) -> Any:
    """Return what a text says.

    Raises:
        TooManyPartsError: It is made of too much.
        orjson.JSONDecodeError: It is no JSON; NaN and Infinity are none.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    lists, objects = data.count(b"["), data.count(b"{")
    parts = lists + objects + data.count(b",") + data.count(b":")
    if lists > MOST_LISTS or objects > MOST_OBJECTS or parts > MOST_PARTS or data.count(b"\\") > MOST_ESCAPES:
        raise TooManyPartsError(TOO_MANY)
    return orjson.loads(data)
