"""What attackers send in the place of a token; each must be refused, and none told from another."""

import json
import time
from collections.abc import Iterator

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.issuer import Issuer, forged


def attacks(issuer: Issuer) -> Iterator[tuple[str, str]]:
    """Give the name of every attack with the token that it sends.

    Args:
        issuer: The issuer that the server trusts; its key `first` is one for ES256.
    """
    claims, now = issuer.claims(), int(time.time())
    header = {"alg": "HS256", "typ": "JWT", "kid": "first"}
    yield "unsigned", forged(claims, {"alg": "none", "typ": "JWT"}, None)
    yield "unsigned, spelt otherwise", forged(claims, {"alg": "nOnE", "kid": "first"}, None)
    yield "signed with the public key as a secret", forged(claims, header, issuer.pem("first"))
    der = issuer.keys["first"][1].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    yield "signed with the public key in another form", forged(claims, header, der)
    yield "signed with an empty secret", forged(claims, header, b"")
    yield from (
        (f"a key named {kid!r}", issuer.token(headers={"kid": kid}))
        for kid in ("unknown", "../../../../dev/null", "' or 1=1 --", "http://evil.test/key", "\x00", "k" * 4_000)
    )
    yield "no key named", forged(claims, {"alg": "ES256"}, b"x")
    stranger = ec.generate_private_key(ec.SECP256R1())
    own = jwt.algorithms.ECAlgorithm.to_jwk(stranger.public_key(), as_dict=True)
    for name, value in (("jwk", own), ("jku", "http://evil.test/jwks"), ("x5u", "http://evil.test/x"), ("crit", ["x"])):
        headers = {"kid": "first", name: value}
        yield f"a key of its own by {name}", jwt.encode(claims, stranger, "ES256", headers=headers)
    yield "another project's key", jwt.encode(claims, stranger, "ES256", headers={"kid": "first"})
    yield "a header that must be understood", issuer.token(headers={"crit": ["b64"], "b64": False})
    yield "signed for another purpose", issuer.token(headers={"typ": "logout+jwt"})
    yield "expired", issuer.token(exp=now - 31)
    yield "not yet valid", issuer.token(nbf=now + 60)
    yield "issued in the future", issuer.token(iat=now + 60)
    yield "for somebody else", issuer.token(aud="other")
    yield "of another issuer", issuer.token(iss="https://evil.test/auth/v1")
    yield "of nearly the same issuer", issuer.token(iss=issuer.name + "/")
    for name in ("exp", "sub", "aud", "iss"):
        yield f"without {name}", issuer.token(**{name: None})
    for name, value in (("sub", ""), ("sub", "s" * 256), ("sub", "a\x00b"), ("exp", "soon"), ("exp", 1e400)):
        yield f"{name} of {str(value)[:8]!r}", forged_like(issuer, **{name: value})
    yield "the anon key in a user's place", issuer.token(role="anon", sub=None)
    yield "the anon key with a subject", issuer.token(role="anon")
    yield "the service key in a user's place", issuer.token(role="service_role")
    good = issuer.token()
    yield "cut short", good[:-4]
    yield "changed by one character", good[:-6] + ("A" if good[-6] != "A" else "B") + good[-5:]
    yield "without its signature", good.rsplit(".", 1)[0] + "."
    yield "twice", f"{good}.{good}"
    yield "no token at all", "hello"
    yield "of four parts", "a.b.c.d"
    yield "a megabyte", good + "A" * 2**20
    yield "an unknown device key", "twinql_" + "A" * 43
    yield "a device key and more", "twinql_' or true --"


def forged_like(issuer: Issuer, **changed: object) -> str:
    """Sign claims that a library would refuse to write."""
    algorithm, key = issuer.keys["first"]
    payload = json.dumps({**issuer.claims(), **changed}).encode()
    return jwt.api_jws.encode(payload, key, algorithm, headers={"kid": "first"})
