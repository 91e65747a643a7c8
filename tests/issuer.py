"""An issuer of tokens on loopback: its keys are real, and so is the server that publishes them."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Issuer:
    """Publishes its keys under the address of a Supabase project, and by OpenID Connect discovery as well."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.name = f"{self.url}/auth/v1"
        self.away = False
        self.asked = 0
        self.published: list[dict[str, Any]] = []
        self.keys: dict[str, tuple[str, Any]] = {}
        self.add("first", "ES256")

    def add(self, kid: str, algorithm: str) -> None:
        """Make a key and publish it beside the others."""
        key: Any = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if algorithm.startswith("RS")
            else ec.generate_private_key(ec.SECP256R1())
        )
        self.keys[kid] = (algorithm, key)
        handler = jwt.algorithms.RSAAlgorithm if algorithm.startswith("RS") else jwt.algorithms.ECAlgorithm
        public = json.loads(handler.to_jwk(key.public_key()))
        self.published.append({**public, "kid": kid, "alg": algorithm, "use": "sig"})

    def forget(self, kid: str) -> None:
        """Publish a key no longer."""
        self.published = [each for each in self.published if each["kid"] != kid]

    def pem(self, kid: str) -> bytes:
        """Return a public key as a file holds it."""
        return self.keys[kid][1].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Return the claims of a signed-in Supabase user; what is changed to None is left out."""
        now = int(time.time())
        claims = {
            "iss": self.name,
            "sub": "5f1c9d4e-7c4a-4a0e-9d4b-0d7f6f1a2b3c",
            "aud": "authenticated",
            "role": "authenticated",
            "iat": now,
            "exp": now + 3600,
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, kid: str = "first", headers: dict[str, Any] | None = None, **changed: Any) -> str:
        """Sign a token with one of the keys."""
        algorithm, key = self.keys[kid]
        return jwt.encode(self.claims(**changed), key, algorithm, headers={"kid": kid, **(headers or {})})


def forged(claims: dict[str, Any], header: dict[str, Any], secret: bytes | None) -> str:
    """Write a token by hand, as no library would: signed by HMAC-SHA-256 with any secret, or not at all."""
    parts = [_encoded(json.dumps(each).encode()) for each in (header, claims)]
    signed = ".".join(parts).encode()
    signature = b"" if secret is None else hmac.new(secret, signed, hashlib.sha256).digest()
    return ".".join([*parts, _encoded(signature)])


@contextmanager
def published() -> Iterator[Issuer]:
    """Run an issuer for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            if issuer.away:
                self.send_error(503)
                return
            documents = {
                "/auth/v1/.well-known/jwks.json": {"keys": issuer.published},
                "/auth/v1/.well-known/openid-configuration": {
                    "issuer": issuer.name,
                    "jwks_uri": f"{issuer.name}/.well-known/jwks.json",
                },
            }
            if (found := documents.get(self.path)) is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
