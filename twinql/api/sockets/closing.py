"""Why a connection ends, in the words of the protocol."""

from enum import IntEnum

MOST_REASON_BYTES = 123
"""What a close frame has room for beside its code."""


class Code(IntEnum):
    """The close codes of graphql-transport-ws; the older protocol has none, and gets the same."""

    NORMAL = 1000
    RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY = 4429


class Close(Exception):  # noqa: N818 - an ending, not always an error
    """Ends the connection.

    Attributes:
        code: For programs.
        reason: For people: what was wrong, and what to do.
    """

    def __init__(self, code: Code, reason: str) -> None:
        """Cut the reason to what a close frame has room for."""
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:MOST_REASON_BYTES].decode(errors="ignore")
