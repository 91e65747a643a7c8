"""Places in the feed, as clients keep them to go on later from where they stopped."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from twinql.errors import InvalidInputError

_LAYOUT = struct.Struct(">16sQH")
_MALFORMED = (
    "This is no cursor of a feed; pass the cursor of one of its events as it came, or leave `after` out to start now."
)
_MOST_POSITION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to here was delivered.

    Attributes:
        epoch: The life of the feed; positions of another life mean nothing.
        position: The event that was delivered last, in commit order.
        rows: How many of that event's readings were delivered, where it was cut in pieces; 0 means all of it.
    """

    epoch: UUID
    position: int
    rows: int = 0

    @property
    def complete(self) -> int:
        """The last position of which nothing is missing."""
        return self.position - 1 if self.rows else self.position

    def encode(self) -> str:
        """Return the text that clients see."""
        return urlsafe_b64encode(_LAYOUT.pack(self.epoch.bytes, self.position, self.rows)).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read the text that a client kept.

        Raises:
            InvalidInputError: It is not the text of a cursor.
        """
        try:
            packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            epoch, position, rows = _LAYOUT.unpack(packed)
        except (ValueError, struct.error):
            raise InvalidInputError(_MALFORMED, path=["after"]) from None
        cursor = cls(UUID(bytes=epoch), position, rows)
        if position > _MOST_POSITION or cursor.encode() != text:
            raise InvalidInputError(_MALFORMED, path=["after"])
        return cursor
