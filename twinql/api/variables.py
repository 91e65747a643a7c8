"""The values of variables, before anybody knows whether they fit."""

from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any

from twinql.api.limits import TooMuchError

SMALL = 1_000
MANY = 10_000
"""Up to so many values are read at once, one by one and in columns; reading more leaves the loop to others."""
MOST_VALUES = 250_000
MOST_ROWS = 20_000
MOST_ITEMS = 2_000
"""How long a list of objects may be, and one of anything else, such as ids."""
MOST_TEXT_CHARACTERS = 500_000
MOST_LEVELS = 20


def is_small(variables: Mapping[str, Any], *, most: int = SMALL) -> bool:
    """Say whether variables hold few values, without looking at many more than that."""
    level: list[Any] = [variables]
    while level:
        inner = _inner(level)
        most -= sum(map(len, inner))
        if most < 0:
            return False
        level = list(chain.from_iterable(inner))
    return True


def check_variables(variables: Mapping[str, Any]) -> None:
    """Hold the values of variables to limits.

    Raises:
        TooMuchError: There are too many, or one is too long.
    """
    values = 0
    level: list[Any] = [variables]
    for _ in range(MOST_LEVELS):
        if max([len(each) for each in level if isinstance(each, str)], default=0) > MOST_TEXT_CHARACTERS:
            raise TooMuchError(f"A text has at most {MOST_TEXT_CHARACTERS:,} characters; shorten it.")
        inner = _inner(level)
        for each in inner:
            if len(each) > MOST_ITEMS and len(each) > (most := _most_of(each)):
                raise TooMuchError(f"A list has at most {most:,} items; send it in parts.")
        values += sum(map(len, inner))
        if values > MOST_VALUES:
            raise TooMuchError(f"Variables hold at most {MOST_VALUES:,} values; send them in parts.")
        level = list(chain.from_iterable(inner))
        if not level:
            return
    raise TooMuchError(f"Variables are nested too deeply: at most {MOST_LEVELS} levels are taken; send less at once.")


def _most_of(inner: Collection[Any]) -> int:
    return MOST_ROWS if isinstance(next(iter(inner)), dict) else MOST_ITEMS


def _inner(level: list[Any]) -> list[Collection[Any]]:
    """Return what stands in each object and list."""
    return [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, (dict, list))]
