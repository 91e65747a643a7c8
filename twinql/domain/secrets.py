"""Secrets that TwinQL gives out once and keeps as a hash: API keys and invitations."""

import base64
from hashlib import sha256
from typing import Final

API_KEY: Final = "twinql_"
INVITATION: Final = "twinql_invite_"
ENTROPY: Final = 32
"""How many random bytes a secret is made of."""
_SHOWN: Final = 12


def secret_of(kind: str, entropy: bytes) -> str:
    """Write a secret: its kind, `API_KEY` or `INVITATION`, and 43 characters made of 32 random bytes."""
    return kind + base64.urlsafe_b64encode(entropy).decode().rstrip("=")


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret. It is random through and through, so that no salt and no slowness is needed."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def prefix_of(secret: str) -> str:
    """Return the beginning of a secret, by which people tell theirs apart."""
    return secret[:_SHOWN]
