"""How old a reading may be and still tell how things stand now."""

from datetime import timedelta
from typing import Final

FRESH_FOR: Final = timedelta(minutes=5)
FRESH_RESOLUTIONS: Final = 3


def oldest_allowed(resolution_s: float | None, max_age: timedelta | None = None) -> timedelta:
    """Return how old the newest reading of a channel may be.

    Args:
        resolution_s: The resolution of the channel; None where it has none. [s]
        max_age: What people say; None for three resolutions of the channel, and at least five minutes.
    """
    if max_age is not None:
        return max_age
    return max(FRESH_FOR, FRESH_RESOLUTIONS * timedelta(seconds=resolution_s or 0.0))
