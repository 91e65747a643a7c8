"""The keys of one issuer: fetched from its address, kept, and fetched again when it has changed them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from urllib.parse import urlsplit

import httpx
import orjson
import structlog

from twinql.auth.jwk import VerificationKey, keys_of
from twinql.errors import UnavailableError

FRESH_S = 600.0
"""Keys older than this are fetched again, beside the requests that go on with the old ones. [s]"""
BURST, REFILL_S = 3, 20.0
"""Unknown key names may cause so many fetches in a row, and one more every so many seconds."""
PATIENCE_S = 5.0
MOST_BYTES = 256 * 1024

log = structlog.stdlib.get_logger("twinql.auth")


class KeySet:
    """Public keys by name; whoever floods it with unknown names causes a fetch now and then, and no more."""

    def __init__(self, issuer: str, address: str | None, *, clock: Callable[[], float] = monotonic) -> None:
        """Start knowing no key.

        Args:
            issuer: Whose keys these are.
            address: Where they are published; None looks it up in the issuer's OpenID Connect discovery document.
            clock: Tells the time. [s]
        """
        self._issuer = issuer
        self._address = address
        self._clock = clock
        self._keys: dict[str, VerificationKey] = {}
        self._fetched_at: float | None = None
        self._fetches = float(BURST)
        self._counted_at = clock()
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> VerificationKey | None:
        """Return the key of this name; None where the issuer has none.

        Raises:
            UnavailableError: No key is known yet, and the issuer's address does not answer.
        """
        if (key := self._keys.get(kid)) is not None:
            if self._clock() - (self._fetched_at or 0.0) > FRESH_S:
                self._start()
            return key
        if (fetching := self._start()) is not None:
            # Whoever waits may go away; the fetch is for all.
            await asyncio.shield(fetching)
        if self._fetched_at is None:
            raise UnavailableError("The keys that verify tokens cannot be fetched for the moment; try again shortly.")
        return self._keys.get(kid)

    def _start(self) -> "asyncio.Task[None] | None":
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        now = self._clock()
        self._fetches = min(float(BURST), self._fetches + (now - self._counted_at) / REFILL_S)
        self._counted_at = now
        if self._fetches < 1:
            return None
        self._fetches -= 1
        self._fetching = asyncio.ensure_future(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with (
                asyncio.timeout(PATIENCE_S),
                # No proxy of the environment, and no redirect: what vouches for callers is where it was said to be.
                httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, follow_redirects=False) as client,
            ):
                address = self._address or await self._discover(client)
                keys = _published(await _json(client, address))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            log.warning("Keys could not be fetched.", issuer=self._issuer, reason=repr(error), kept=len(self._keys))
            return
        self._address = address
        self._keys = keys
        self._fetched_at = self._clock()
        log.info("Keys were fetched.", issuer=self._issuer, keys=sorted(keys))

    async def _discover(self, client: httpx.AsyncClient) -> str:
        found = await _json(client, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(found, dict) or found.get("issuer") != self._issuer:
            raise ValueError("the discovery document names another issuer")
        address = str(found.get("jwks_uri"))
        issuer, keys = urlsplit(self._issuer), urlsplit(address)
        if keys.scheme != "https" and (keys.scheme, keys.hostname) != (issuer.scheme, issuer.hostname):
            raise ValueError("the discovery document names an insecure address for the keys")
        return address

    async def close(self) -> None:
        """End a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError):
                await self._fetching


def _published(document: object) -> dict[str, VerificationKey]:
    if (keys := keys_of(document)) is None:
        raise ValueError("no key set")
    return keys


async def _json(client: httpx.AsyncClient, address: str) -> object:
    async with client.stream("GET", address, headers={"accept": "application/json"}) as response:
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"status {response.status_code}")
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError("too long")
    return orjson.loads(body)
