"""Reads columns of numbers as people write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Floats
from twinql.errors import InvalidInputError

Mask = NDArray[np.bool_]

_MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "#n/a", "-", "--"})
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_DOUBTFUL = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_SPACES = str.maketrans("", "", " \u00a0\u202f'")


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers, all of shape (n,).

    Attributes:
        value: NaN where `missing` or `invalid`; may be infinite.
        missing: The cell is empty or says that there is no value.
        invalid: The cell holds something else than a number.
    """

    value: Floats
    missing: Mask
    invalid: Mask


def has_decimal_commas(texts: Sequence[str], *, column: str, separator_is_comma: bool) -> bool:
    """Find out whether a comma stands before the decimals in a column, or between the thousands.

    Raises:
        InvalidInputError: Both could be, as in 1,234.
    """
    commas = [text for text in texts if "," in text]
    if not commas:
        return False
    if any("." in text for text in commas):
        return all(text.rfind(",") > text.rfind(".") for text in commas if "." in text)
    if all(_DOUBTFUL.fullmatch(text.strip()) for text in commas) and separator_is_comma:
        message = (
            f"{commas[0].strip()} in the column {column!r} can be read with a decimal comma or with thousands: "
            "say --decimal comma or --decimal point."
        )
        raise InvalidInputError(message, path=("decimal",))
    return all(text.count(",") == 1 for text in commas)


def read_numbers(texts: Sequence[str], *, decimal_commas: bool = False) -> Numbers:
    """Read a column of numbers.

    Args:
        texts: The cells, n of them.
        decimal_commas: Whether a comma stands before the decimals; else commas stand between thousands.

    Returns:
        The numbers, with what is missing or wrong.
    """
    try:
        value = np.array(list(map(float, texts)), dtype=np.float64)
    except ValueError:
        pass
    else:
        # float() takes 1_000 and words for infinity; only the former is no number in a file.
        if np.isfinite(value).all() and "_" not in "".join(texts):
            nothing = np.zeros(len(value), dtype=bool)
            return Numbers(value, nothing, nothing.copy())
    return _one_by_one(texts, decimal_commas=decimal_commas)


def _one_by_one(texts: Sequence[str], *, decimal_commas: bool) -> Numbers:
    value = np.full(len(texts), np.nan)
    missing = np.zeros(len(texts), dtype=bool)
    invalid = np.zeros(len(texts), dtype=bool)
    for place, text in enumerate(texts):
        cell = text.strip()
        lowered = cell.casefold()
        if lowered in _MISSING:
            missing[place] = True
        elif lowered.lstrip("+-") in {"inf", "infinity", "∞"}:
            value[place] = -np.inf if lowered.startswith("-") else np.inf
        else:
            number = _number(cell, decimal_commas=decimal_commas)
            invalid[place] = number is None
            value[place] = np.nan if number is None else number
    return Numbers(value, missing, invalid)


def _number(cell: str, *, decimal_commas: bool) -> float | None:
    tidy = cell.translate(_SPACES).replace("\N{MINUS SIGN}", "-")
    tidy = tidy.replace(".", "").replace(",", ".") if decimal_commas and "," in tidy else tidy.replace(",", "")
    return float(tidy) if _PLAIN.fullmatch(tidy) else None
