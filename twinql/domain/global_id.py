"""Global ids: opaque outside, a type and its key inside."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from twinql.errors import InvalidInputError

LONGEST_KEPT = 300
"""How long a text may be to be remembered: whoever asks for a thing asks for it again. [characters]"""


@dataclass(frozen=True, slots=True)
class GlobalId:
    """What an id stands for.

    Attributes:
        type: The GraphQL type.
        key: The uuid of the row, or of the channel of a reading.
        instant_us: For a reading: its time. [µs since 1970 UTC]
        as_of_us: For a reading as it was known at a time: that time. [µs since 1970 UTC]
    """

    type: str
    key: UUID
    instant_us: int | None = None
    as_of_us: int | None = None

    def __str__(self) -> str:
        """Write the id as callers see it."""
        return encode(self.type, self.key, self.instant_us, self.as_of_us)


def encode(type_name: str, key: UUID, instant_us: int | None = None, as_of_us: int | None = None) -> str:
    """Write a global id."""
    text = f"{type_name}:{key}" if instant_us is None else f"{type_name}:{key}:{instant_us}"
    if as_of_us is not None:
        text += f":{as_of_us}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str) -> GlobalId:
    """Read a global id.

    Raises:
        InvalidInputError: The text was not made by `encode`.
    """
    return _known(text) if len(text) <= LONGEST_KEPT else _decoded(text)


def _decoded(text: str) -> GlobalId:
    try:
        parts = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode().split(":")
        type_name, key, *instants = parts
        found = GlobalId(type_name, UUID(key), *map(int, instants[:2]))
    except (binascii.Error, ValueError, UnicodeDecodeError) as error:
        raise InvalidInputError(_MALFORMED) from error
    if str(found) != text:
        raise InvalidInputError(_MALFORMED)
    return found


_known = lru_cache(10_000)(_decoded)


def decode_as(text: str, *types: str) -> GlobalId:
    """Read a global id that must be of one of these types.

    Raises:
        InvalidInputError: The text is no id, or one of something else.
    """
    found = decode(text)
    if found.type not in types:
        raise InvalidInputError(f"This is the id of a {found.type}; an id of a {' or a '.join(types)} is needed here.")
    return found


_MALFORMED = "This is no id of TwinQL; use an id as a query gave it, unchanged."
