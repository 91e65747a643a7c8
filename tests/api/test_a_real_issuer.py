"""Tokens of an issuer that nobody here wrote, npm's oidc-provider, for a server as it is run in production."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import jwt
import pytest

from tests.production import production, told

MODULES = Path(os.environ.get("NODE_CLIENTS", "nowhere"))
CLIENT, SECRET, AUDIENCE = "gateway", "a secret of a service that nobody guesses", "twinql"

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and (MODULES / "oidc-provider").exists()),
    reason="npm's oidc-provider is not here: name a folder of node_modules that has it in NODE_CLIENTS",
)


class RealIssuer:
    """The running issuer."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.name = self._line()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def rotate(self, algorithm: str) -> None:
        """Sign with a new key for this algorithm, and publish no other."""
        assert self._process.stdin
        self._process.stdin.write(algorithm + "\n")
        self._process.stdin.flush()
        assert self._line() == algorithm

    def token(self) -> str:
        """Ask for an access token, as a service does."""
        answer = httpx.post(f"{self.name}/token", data={"grant_type": "client_credentials"}, auth=(CLIENT, SECRET))
        token: str = answer.raise_for_status().json()["access_token"]
        return token


@contextmanager
def _issuing() -> Iterator[RealIssuer]:
    command = ["node", str(Path(__file__).with_name("issue.mjs")), CLIENT, SECRET, AUDIENCE]
    env = {"PATH": os.environ["PATH"], "NODE_CLIENTS": str(MODULES)}
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield RealIssuer(process)
        finally:
            process.kill()


def test_its_tokens_are_taken_and_its_keys_rotated_while_a_feed_runs(tmp_path: Path) -> None:
    with (
        _issuing() as issuer,
        production(tmp_path, issuer.name, CLIENT, OIDC_ISSUER=issuer.name, OIDC_AUDIENCE=AUDIENCE) as its,
    ):
        first = issuer.token()
        assert jwt.get_unverified_header(first)["alg"] == "RS256"
        with its.following(first) as feed:
            issuer.rotate("ES256")
            second = issuer.token()
            assert jwt.get_unverified_header(second)["alg"] == "ES256"
            its.record(second, 1)
            assert told(feed)["readings"] == [{"value": 1}]
        # Its older key is withdrawn, and what it signed with that is worth nothing any more.
        assert its.ask(f"Bearer {first}").status_code == 401
        assert its.role(second) == "OWNER"


def test_a_token_for_somebody_else_is_refused(tmp_path: Path) -> None:
    with (
        _issuing() as issuer,
        production(tmp_path, issuer.name, CLIENT, OIDC_ISSUER=issuer.name, OIDC_AUDIENCE="other") as its,
    ):
        assert its.ask(f"Bearer {issuer.token()}").status_code == 401
        assert "InvalidAudienceError" in (tmp_path / "serve.log").read_text()
