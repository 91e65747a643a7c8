"""How the budget of whoever asks stands."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A budget that refills all the time.

    Attributes:
        limit: How much may be spent at once, and refills within a minute.
        remaining: How much may be spent now.
        reset_at: When all of it may be spent again, if nothing is (UTC).
    """

    limit: int
    remaining: int
    reset_at: datetime
