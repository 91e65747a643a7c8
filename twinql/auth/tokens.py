"""Tokens: verified to the letter, or refused with a reason that only the log learns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt

from twinql.auth.jwk import VerificationKey
from twinql.auth.key_set import KeySet
from twinql.errors import UnauthenticatedError

LEEWAY_S = 30
"""How far apart clocks may be. [s]"""
LONGEST = 8_192
"""How long a token may be. [characters]"""
LONGEST_SUBJECT = 255
LATEST_S = 253_402_300_799
"""The last second of the year 9999, which is as good as never. [s since 1970 UTC]"""
REQUIRED = ["exp", "sub", "aud", "iss"]
TYPES = {"jwt", "at+jwt"}
"""What `typ` may say, where it says anything: issuers also sign logout tokens and the like (RFC 8725, 3.11)."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody whose tokens are taken.

    Attributes:
        name: The `iss` of its tokens, to the letter.
        audience: The `aud` that they must carry.
        keys: Its public keys; None where it has none.
        secret: The secret that it shares with us; None where it shares none.
        role: The `role` that its tokens carry, if they carry one; None lets any pass.
    """

    name: str
    audience: str
    keys: KeySet | None = None
    secret: VerificationKey | None = field(default=None, repr=False)
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token says that was found true.

    Attributes:
        issuer: Who vouches.
        subject: For whom.
        expires_at: Until when (UTC).
        key: What it was verified with.
        kid: The name of that key; None for a shared secret.
    """

    issuer: str
    subject: str
    expires_at: datetime
    key: VerificationKey = field(repr=False)
    kid: str | None


async def verify(token: str, issuers: Mapping[str, Issuer]) -> Verified:
    """Verify a token.

    The key decides the algorithm: the header must only agree with it. `exp`, `sub`, `aud` and `iss` must be there;
    `nbf` and `iat` are held to where they are (RFC 7519, RFC 8725).

    Raises:
        UnauthenticatedError: It is none, or nobody known vouches for it; the reason is for the log.
        UnavailableError: The keys that would tell cannot be fetched.
    """
    if len(token) > LONGEST:
        raise UnauthenticatedError("longer than a token is")
    try:
        header = jwt.get_unverified_header(token)
        said = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise UnauthenticatedError(f"no token: {error}") from error
    named = said.get("iss")
    issuer = issuers.get(named) if isinstance(named, str) else None
    if issuer is None:
        raise UnauthenticatedError("an issuer that is not configured")
    kid, key = await _key(header, issuer)
    if header.get("alg") != key.algorithm:
        raise UnauthenticatedError("another algorithm than its key's")
    try:
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=issuer.audience,
            issuer=issuer.name,
            leeway=LEEWAY_S,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise UnauthenticatedError(f"{type(error).__name__}: {error}") from error
    return Verified(issuer.name, _subject(claims, issuer), _end(claims), key, kid)


async def _key(header: Mapping[str, Any], issuer: Issuer) -> tuple[str | None, VerificationKey]:
    if "crit" in header:
        raise UnauthenticatedError("a header that must be understood and is not")
    if str(header.get("typ", "JWT")).lower().removeprefix("application/") not in TYPES:
        raise UnauthenticatedError("signed for another purpose")
    if header.get("alg") == "HS256" and issuer.secret is not None:
        return None, issuer.secret
    kid = header.get("kid")
    if issuer.keys is None or not isinstance(kid, str):
        raise UnauthenticatedError("no key named")
    key = await issuer.keys.find(kid)
    if key is None:
        raise UnauthenticatedError("an unknown key")
    return kid, key


def _subject(claims: Mapping[str, Any], issuer: Issuer) -> str:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise UnauthenticatedError("a subject that is none")
    if issuer.role is not None and claims.get("role", issuer.role) != issuer.role:
        raise UnauthenticatedError("a role that is no user's")
    return subject


def _end(claims: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(min(int(claims["exp"]), LATEST_S), UTC)
