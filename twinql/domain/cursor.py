"""Places in the feed, as clients keep them to go on later from where they stopped."""

import struct
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from twinql.errors import InvalidInputError

SALT_BYTES = 9
"""With so many, a text is whole base64: no letter carries bits that nobody reads."""
_LAYOUT = struct.Struct(">16sQH")
_MALFORMED = (
    "This is no cursor of a feed; pass the cursor of one of its events as it came, or leave `after` (Last-Event-ID) "
    "out to start now."
)


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

    def encode(self, key: bytes, *, salt: bytes) -> str:
        """Return the text that clients see, which tells them nothing: positions count the writes of everybody.

        Args:
            key: The secret of the database, 32 bytes.
            salt: `SALT_BYTES` random ones, so that not even whether two places are the same can be seen.

        Source:
            RFC 5297, AES-SIV: a salt that comes twice gives away that two places are the same, and nothing else.
        """
        packed = _LAYOUT.pack(self.epoch.bytes, self.position, self.rows)
        return urlsafe_b64encode(salt + AESSIV(key).encrypt(packed, [salt])).decode()

    @classmethod
    def decode(cls, text: str, key: bytes) -> Self:
        """Read the text that a client kept.

        Raises:
            InvalidInputError: It is not the text of a cursor, or was sealed with another key.
        """
        try:
            sealed = b64decode(text, altchars=b"-_", validate=True)
            packed = AESSIV(key).decrypt(sealed[SALT_BYTES:], [sealed[:SALT_BYTES]])
            epoch, position, rows = _LAYOUT.unpack(packed)
        except (ValueError, InvalidTag, struct.error):
            raise InvalidInputError(_MALFORMED, path=["after"]) from None
        if urlsafe_b64encode(sealed).decode() != text:
            raise InvalidInputError(_MALFORMED, path=["after"])
        return cls(UUID(bytes=epoch), position, rows)
