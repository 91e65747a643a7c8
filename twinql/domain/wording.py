"""Checks of what people write: names, keys, exact numbers and free attributes."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from twinql.errors import InvalidInputError

LONGEST_NAME = 200
LONGEST_REASON = 1_000
MOST_ATTRIBUTES = 10_000
"""How many values and keys the attributes of one thing may hold, all levels together."""
DEEPEST_ATTRIBUTES = 20
_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that cannot be shown, and those that turn around how others are."""
_VISIBLE = "LNPS"
"""The first letters of Unicode's categories of what can be seen by itself: letters, numbers, punctuation, symbols."""
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
# Files that the system keeps beside the zones.
_NO_ZONES = frozenset({"localtime", "Factory"})


def cleaned(text: str, what: str, *path: str, longest: int = LONGEST_NAME) -> str:
    """Return a name without the spaces around it.

    Raises:
        InvalidInputError: It is empty or too long, or has characters that nobody can read.
    """
    text = text.strip()
    if not text:
        raise InvalidInputError(f"The {what} is empty; write 1 to {longest} characters.", path=path)
    if len(text) > longest:
        raise InvalidInputError(
            f"The {what} has {len(text)} characters; write at most {longest}.",
            path=path,
        )
    if _UNPRINTABLE.search(text):
        raise InvalidInputError(f"The {what} holds a character that cannot be shown; remove it.", path=path)
    if not any(unicodedata.category(each)[0] in _VISIBLE for each in text):
        raise InvalidInputError(f"The {what} shows nothing; write letters or digits.", path=path)
    return text


def cleaned_or_none(text: str | None, what: str, *path: str, longest: int = LONGEST_NAME) -> str | None:
    """Do the same for what may be missing."""
    return None if text is None else cleaned(text, what, *path, longest=longest)


def check_reason(reason: str | None) -> None:
    """Check why somebody does something, in their own words.

    Raises:
        InvalidInputError: It is too long.
    """
    if reason is not None and len(reason) > LONGEST_REASON:
        raise InvalidInputError(f"A reason has at most {LONGEST_REASON:,} characters; shorten it.", path=("reason",))


def check_key(key: str, what: str, example: str, *path: str) -> None:
    """Check a name that programs use, such as the key of a channel.

    Raises:
        InvalidInputError: It is none.
    """
    if not _KEY.fullmatch(key):
        raise InvalidInputError(
            f"A {what} has lower-case letters, digits and underscores, a letter first and 63 at most: {example}.",
            path=path,
        )


def check_factor(number: Decimal, what: str, path: str, *, digits: int, places: int) -> None:
    """Check a number by which something is multiplied: above zero, and kept without being rounded.

    Args:
        number: The number.
        what: What it is, for the message.
        path: Where in the input it stands.
        digits: How many digits it may have before the point.
        places: How many it may have after it.

    Raises:
        InvalidInputError: It is something else.
    """
    if not 0 < number < 10**digits:
        raise InvalidInputError(f"The {what} lies above 0 and below {10**digits:,}.", path=(path,))
    if round(number, places) != number:
        raise InvalidInputError(f"The {what} has at most {places} decimal places.", path=(path,))


def check_time_zone(name: str) -> None:
    """Check the name of a time zone.

    Raises:
        InvalidInputError: IANA has none of this name.
    """
    if name not in _zones():
        raise InvalidInputError(
            "This is no IANA time zone; write one such as Europe/Berlin or UTC.",
            path=("timeZone",),
        )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_ZONES


def check_attributes(attributes: object) -> None:
    """Check that free attributes are a JSON object of a size and content that a database can keep.

    Raises:
        InvalidInputError: They are something else.
    """
    if not isinstance(attributes, Mapping):
        raise InvalidInputError(
            'Attributes are a JSON object, such as {"floor": 2}.',
            path=("attributes",),
        )
    if _count(attributes, 0) > MOST_ATTRIBUTES:
        raise InvalidInputError(
            f"Attributes hold at most {MOST_ATTRIBUTES} values; keep larger things elsewhere and their address here.",
            path=("attributes",),
        )


def _count(value: Any, depth: int) -> int:
    if depth > DEEPEST_ATTRIBUTES:
        raise InvalidInputError(f"Attributes are nested at most {DEEPEST_ATTRIBUTES} deep.", path=("attributes",))
    if isinstance(value, Mapping):
        return sum(_count(key, depth) + _count(each, depth + 1) for key, each in value.items())
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise InvalidInputError(
                "Attributes hold a character that cannot be stored; remove it.",
                path=("attributes",),
            )
        # A long text counts as many values: it is the size that matters.
        return 1 + len(value) // 100
    if isinstance(value, Sequence):
        return 1 + sum(_count(each, depth + 1) for each in value)
    if isinstance(value, int) and abs(value) >= 2**63:
        raise InvalidInputError(
            "Attributes hold an integer of more than 64 bits; write it as a string.",
            path=("attributes",),
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInputError("Attributes hold a number that is not finite.", path=("attributes",))
    return 1
