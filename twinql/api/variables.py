"""The values of variables, before anybody knows whether they fit."""

from collections.abc import Mapping
from typing import Any

from twinql.api.limits import TooMuchError

SMALL = 1_000
"""Up to so many values are read at once; reading more leaves the loop to others."""
MOST_VALUES = 250_000
MOST_ROWS = 20_000
MOST_ITEMS = 2_000
"""How long a list of objects may be, and one of anything else, such as ids."""
MOST_TEXT_CHARACTERS = 500_000
MOST_LEVELS = 20


def is_small(variables: Mapping[str, Any]) -> bool:
    """Say whether variables hold few values, without looking at more than a few."""
    left = SMALL
    waiting: list[Any] = [variables]
    while waiting:
        inner = _inner(waiting.pop())
        left -= 1 + len(inner)
        if left < 0:
            return False
        waiting.extend(inner)
    return True


def check_variables(variables: Mapping[str, Any]) -> None:
    """Hold the values of variables to limits.

    Raises:
        TooMuchError: There are too many, or one is too long.
    """
    values = 0
    level: list[Any] = [variables]
    for _ in range(MOST_LEVELS):
        below: list[Any] = []
        for value in level:
            if isinstance(value, str) and len(value) > MOST_TEXT_CHARACTERS:
                raise TooMuchError(f"A text has at most {MOST_TEXT_CHARACTERS:,} characters; shorten it.")
            inner = _inner(value)
            most = MOST_ROWS if inner and isinstance(inner[0], dict) else MOST_ITEMS
            if len(inner) > most:
                raise TooMuchError(f"A list has at most {most:,} items; send it in parts.")
            below.extend(inner)
        values += len(below)
        if values > MOST_VALUES:
            raise TooMuchError(f"Variables hold at most {MOST_VALUES:,} values; send them in parts.")
        if not below:
            return
        level = below
    raise TooMuchError(f"Variables are nested too deeply: at most {MOST_LEVELS} levels are taken; send less at once.")


def _inner(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
