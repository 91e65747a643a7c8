"""Verifies each token once: a client sends the same one with every request."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from twinql.auth.tokens import LEEWAY_S, Issuer, Verified, verify

MOST = 10_000
"""How many good tokens are remembered, by their hashes."""
_LEEWAY = timedelta(seconds=LEEWAY_S)


def _now() -> datetime:
    return datetime.now(UTC)


class Verifier:
    """Remembers what it has found good, until it expires or its key is withdrawn."""

    def __init__(self, issuers: Mapping[str, Issuer], *, clock: Callable[[], datetime] = _now) -> None:
        """Trust these issuers.

        Args:
            issuers: Whose tokens are taken, by name.
            clock: Tells the time (UTC).
        """
        self._issuers = issuers
        self._clock = clock
        self._good: dict[bytes, Verified] = {}

    async def verify(self, token: str) -> Verified:
        """Verify a token.

        Raises:
            UnauthenticatedError: It is none, or nobody known vouches for it.
            UnavailableError: The keys that would tell cannot be fetched.
        """
        name = sha256(token.encode()).digest()
        known = self._good.pop(name, None)
        if known is None or self._clock() - _LEEWAY >= known.expires_at or not await self._stands(known):
            known = await verify(token, self._issuers)
        self._good[name] = known  # at the end of the line, as the one that was used last
        if len(self._good) > MOST:
            del self._good[next(iter(self._good))]
        return known

    async def _stands(self, known: Verified) -> bool:
        issuer = self._issuers[known.issuer]
        if known.kid is None:
            return True  # a shared secret, which stays as long as the process does
        return issuer.keys is not None and await issuer.keys.find(known.kid) == known.key
