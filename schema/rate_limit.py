"""How the budget of whoever asks stands."""

from datetime import datetime
from typing import Self

import strawberry

from twinql.domain import rate_limit


@strawberry.type(description="What whoever asks may spend. Their organisation's budget refills all the time.")
class RateLimit:
    """A budget."""

    limit: int = strawberry.field(
        description="How much may be spent at once, and refills within a minute, in rows that may be touched."
    )
    remaining: int = strawberry.field(
        description="How much may be spent now, this operation taken off, in rows that may be touched."
    )
    reset_at: datetime = strawberry.field(description="When all of it may be spent again, if nothing is until then.")

    @classmethod
    def of(cls, state: rate_limit.RateLimit) -> Self:
        """Show how it stands."""
        return cls(limit=state.limit, remaining=state.remaining, reset_at=state.reset_at)
