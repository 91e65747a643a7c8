"""What an organisation may spend: a budget that refills all the time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from twinql.domain.rate_limit import RateLimit
from twinql.errors import RateLimitedError

MOST_ACCOUNTS = 10_000
MINUTE_S = 60.0


@dataclass(slots=True)
class _Account:
    left: float
    at_s: float


class Budget:
    """Accounts of those who ask, each with the same budget for a minute.

    Args:
        limit: How much may be spent at once, and refills within a minute.
        clock: Counts seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = monotonic) -> None:
        """Open no account."""
        self.limit = limit
        self._clock = clock
        self._accounts: OrderedDict[Hashable, _Account] = OrderedDict()

    def spend(self, whose: Hashable, cost: int) -> RateLimit:
        """Take the cost of an operation from an account.

        Raises:
            RateLimitedError: There is not enough left; nothing is taken.
        """
        account = self._refilled(whose)
        if cost > account.left:
            wait_s = (cost - account.left) * MINUTE_S / self.limit
            raise RateLimitedError(
                f"This costs {cost:,}, and {int(account.left):,} of your organisation's {self.limit:,} a minute are "
                f"left; ask again in {wait_s:.0f} s, or for less.",
                retry_after_s=wait_s,
            )
        account.left -= cost
        return self._state(account)

    def state(self, whose: Hashable) -> RateLimit:
        """Tell how an account stands."""
        return self._state(self._refilled(whose))

    def _refilled(self, whose: Hashable) -> _Account:
        now = self._clock()
        account = self._accounts.setdefault(whose, _Account(float(self.limit), now))
        self._accounts.move_to_end(whose)
        account.left = min(float(self.limit), account.left + (now - account.at_s) * self.limit / MINUTE_S)
        account.at_s = now
        while len(self._accounts) > MOST_ACCOUNTS:
            self._accounts.popitem(last=False)  # whoever was away for longest has a full one again
        return account

    def _state(self, account: _Account) -> RateLimit:
        full_in_s = (self.limit - account.left) * MINUTE_S / self.limit
        return RateLimit(self.limit, int(account.left), datetime.now(UTC) + timedelta(seconds=full_in_s))
