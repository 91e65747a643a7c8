"""Public keys as issuers publish them (RFC 7517), each good for one algorithm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

ALGORITHMS = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""What a key of a kind and curve may verify; the first one where the key itself does not say. No shared secrets."""
LEAST_RSA_BITS = 2048
MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One key, and the only algorithm that it is used with."""

    algorithm: str
    key: Any


def keys_of(published: object) -> dict[str, VerificationKey] | None:
    """Read a key set into keys by their `kid`; what is no usable public key for signatures is left out.

    Args:
        published: The decoded JSON of a JWKS.

    Returns:
        The usable keys; none at all where a project has a shared secret, or an issuer withdrew all that it had. None
        where the document is no key set.
    """
    listed = published.get("keys") if isinstance(published, Mapping) else None
    if not isinstance(listed, list):
        return None
    keys: dict[str, VerificationKey] = {}
    for each in listed[:MOST_KEYS]:
        if isinstance(each, Mapping) and isinstance(kid := each.get("kid"), str) and (key := _key_of(each)):
            keys[kid] = key
    return keys


def _key_of(jwk: Mapping[str, Any]) -> VerificationKey | None:
    kind = jwk.get("kty")
    allowed = ALGORITHMS.get((str(kind), None if kind == "RSA" else str(jwk.get("crv"))))
    if allowed is None or jwk.get("use", "sig") != "sig":
        return None
    algorithm = jwk.get("alg", allowed[0])
    if algorithm not in allowed:
        return None
    # A private key that somebody published by mistake is used as the public one that it holds.
    public = {name: value for name, value in jwk.items() if name in {"kty", "crv", "x", "y", "n", "e"}}
    try:
        key = jwt.PyJWK(public, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if kind == "RSA" and key.key_size < LEAST_RSA_BITS:
        return None
    return VerificationKey(algorithm, key)
