"""The failures that TwinQL expects, each with a stable code and a message that is safe to show."""

from collections.abc import Sequence
from typing import ClassVar


class TwinError(Exception):
    """An expected failure.

    The message is one or two sentences for a person: what was wrong, then what to do. It never holds a value that the
    caller did not send and may not see.
    """

    code: ClassVar[str] = "INTERNAL"
    retryable: ClassVar[bool] = False
    retry_after_s: float | None = None
    """When the same may work, where that is known. [s]"""

    def __init__(self, message: str, *, path: Sequence[str] = ()) -> None:
        """Keep the message, and the place in the caller's input that it speaks of."""
        super().__init__(message)
        self.message = message
        self.path = tuple(path)


class InvalidInputError(TwinError):
    """The caller sent something that can never work as it is.

    The code is the one that GraphQL clients know; in `userErrors` it is INVALID_INPUT.
    """

    code = "BAD_USER_INPUT"


class RangeTooLargeError(InvalidInputError):
    """The answer would hold more points than were allowed for."""

    code = "RANGE_TOO_LARGE"


class NotFoundError(TwinError):
    """No such thing, or none that the caller may see: the two are told alike."""

    code = "NOT_FOUND"


class ConflictError(TwinError):
    """The input contradicts what is already there."""

    code = "CONFLICT"


class ForbiddenError(TwinError):
    """The caller is known and may not do this."""

    code = "FORBIDDEN"


class UnauthenticatedError(TwinError):
    """Nobody whom TwinQL knows vouches for the caller; all reasons are told alike, and only the log tells which."""

    code = "UNAUTHENTICATED"

    def __init__(self, reason: str) -> None:
        """Keep the reason for the log; the message is the same for all."""
        super().__init__("This needs a valid token: send `Authorization: Bearer …` with one that has not expired.")
        self.reason = reason


class RateLimitedError(TwinError):
    """The caller's organisation has spent its budget; it refills by itself."""

    code = "RATE_LIMITED"
    retryable = True

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        """Keep how many seconds it takes until the same request would be answered."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnavailableError(TwinError):
    """Something that TwinQL needs is away for now; the same request may work later."""

    code = "UNAVAILABLE"
    retryable = True


class OverloadedError(UnavailableError):
    """More is asked than can be answered; nothing of this was begun."""

    def __init__(self, *, retry_after_s: float) -> None:
        """Keep when to come back."""
        super().__init__("The server is asked for more than it can answer, and began nothing of this: try again soon.")
        self.retry_after_s = retry_after_s


class TooSlowError(TwinError):
    """Something took longer than it may; less of it would work."""

    code = "TIMEOUT"
