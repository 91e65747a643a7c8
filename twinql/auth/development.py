"""Tokens for development: made on this machine, good on this machine."""

from datetime import UTC, datetime, timedelta

import jwt

from twinql.auth.issuers import DEVELOPMENT_AUDIENCE
from twinql.domain.identity import LOCAL_ISSUER


def mint(secret: str, *, subject: str, lifetime: timedelta, now: datetime | None = None) -> str:
    """Sign a token that a local server on the same data folder takes.

    Args:
        secret: The data folder's own.
        subject: Whom it names: the `sub` of a membership with the issuer `twinql:local`.
        lifetime: How long it is good.
        now: The present (UTC).
    """
    now = now or datetime.now(UTC)
    claims = {
        "iss": LOCAL_ISSUER,
        "aud": DEVELOPMENT_AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(claims, secret, "HS256")
