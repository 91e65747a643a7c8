"""Checks over HTTP that know nothing of TwinQL, on a server with the demo: `.ci/checks` fetches and runs them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.issuer import published
from tests.production import production
from tests.served import ROOT, Served, served, twinql
from twinql.domain.global_id import decode_as

pytestmark = pytest.mark.skipif(
    "CHECKS_PYTHON" not in os.environ, reason="the checks are not here: `.ci/checks` fetches and runs them"
)

EXAMPLES = 25
"""How many requests Schemathesis makes for each root field; by hand it was run with 1,000."""


def run(*command: str, cwd: Path | None = None, **env: str) -> str:
    """Run a check to its end, and return its last line."""
    env = {**os.environ, **env}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    return done.stdout.strip().splitlines()[-1]


def check(name: str, *arguments: str) -> str:
    """Run one of the checks, by the name of its file."""
    interpreter = "node" if name.endswith(".mjs") else os.environ["CHECKS_PYTHON"]
    return run(interpreter, str(Path(os.environ["CHECKS"]) / name), *arguments)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the demo site, on which anything may be tried."""
    folder = tmp_path_factory.mktemp("checks") / "data"
    with served(folder, TWINQL_CREATE_ORGANISATION="true", TWINQL_COST_BUDGET="1000000000") as running:
        yield running


def url(server: Served) -> str:
    return f"http://127.0.0.1:{server.port}/graphql"


def ask(server: Served, query: str, **variables: object) -> dict:
    answer = server.client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer
    return answer["data"]


def test_graphql_over_http(demo):
    token = twinql("token", "--data", str(demo.folder), cwd=demo.folder.parent).stdout.strip()
    for bearer in ([], ["--bearer", token]):
        assert check("http_audit.mjs", url(demo), "--strict", *bearer) == "passed=61 failed=0"


def test_graphql_over_http_where_tokens_are_demanded(tmp_path):
    with (
        published() as issuer,
        production(tmp_path, issuer.name, issuer.claims()["sub"], SUPABASE_URL=issuer.url) as running,
    ):
        bearer = ("--bearer", issuer.token())
        assert check("http_audit.mjs", url(running.server), "--strict", *bearer) == "passed=61 failed=0"


def test_schemathesis_finds_nothing(demo, tmp_path):
    organisation = decode_as(
        ask(demo, "{ viewer { organisation { id } } }")["viewer"]["organisation"]["id"], "Organisation"
    )
    channel = ask(demo, "{ machines(first: 1) { nodes { channels(first: 1) { nodes { id } } } } }")
    made = ask(
        demo,
        "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }",
        input={"name": "Device", "channelIds": [channel["machines"]["nodes"][0]["channels"]["nodes"][0]["id"]]},
    )
    schemathesis = (
        str(Path(os.environ["CHECKS_PYTHON"]).with_name("st")), "run", url(demo), "--no-color", "--seed", "1",
        "--max-examples", str(EXAMPLES), "--no-shrink", "--generation-database", "none", "--warnings", "off",
        # Ids must exist and pages are bounded, which a schema cannot say: what does not fit is refused, rightly.
        "--checks", "all", "--exclude-checks", "positive_data_acceptance",
    )  # fmt: skip
    hooks = {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(ROOT / "tests/api")}
    # Each asks what they may, so that something is found behind the refusals.
    devices = "Mutation.reportCommand"
    run(*schemathesis, "-H", f"X-Organisation: {organisation.key}", "--exclude-name", devices, cwd=tmp_path, **hooks)
    bearer = f"Authorization: Bearer {made['createApiKey']['secret']}"
    run(*schemathesis, "-H", bearer, "--include-name", devices, cwd=tmp_path, **hooks)
    assert demo.client.get("/readyz").json() == {"ready": True}
