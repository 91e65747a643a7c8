"""What may be spent."""

import strawberry

from schema.rate_limit import RateLimit
from twinql.context import Info


@strawberry.type
class RateLimitQuery:
    """Root fields about what may be spent."""

    @strawberry.field(
        description="What you may spend; asking for it costs nothing. Answers tell it in `extensions.cost`."
    )
    def rate_limit(self, info: Info) -> RateLimit:
        """Show the state in which this operation left it."""
        state = info.context.rate_limit
        assert state is not None
        return RateLimit.of(state)
