"""The program and the requests of docs/devices.md do what they say, with a key that an owner made."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.served import ROOT, Served, served

DOCUMENT = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")
(CREATE_KEY,) = re.findall(r"```graphql\n(.*?)```", DOCUMENT, flags=re.DOTALL)
(PROGRAM,) = re.findall(r"```python\n# device.py\n(.*?)```", DOCUMENT, flags=re.DOTALL)
(SENT_BY_CURL,) = re.findall(r"-d '(\{.*?\})'\n```", DOCUMENT, flags=re.DOTALL)
CREATE_SITE = 'mutation { createSite(input: { name: "Works", timeZone: "UTC" }) { site { id } } }'
CREATE_CHANNEL = "mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { id } } }"
ISSUE = (
    "mutation ($input: IssueCommandInput!) { issueCommand(input: $input) { command { id } userErrors { message } } }"
)
COMMAND = "query ($id: ID!) { node(id: $id) { ... on Command { status transitions { status } } } }"
AT = "2026-03-01T12:00:00Z"


class Device:
    """The program with a key, beside the owner who made it."""

    def __init__(self, running: Served, folder: Path) -> None:
        self._client, self._folder = running.client, folder
        self.url = f"http://127.0.0.1:{running.port}/graphql"
        (folder / "device.py").write_text(PROGRAM, encoding="utf-8")
        site = self.owner(CREATE_SITE)["createSite"]["site"]["id"]
        speed = {"key": "speed", "quantity": "ROTATIONAL_SPEED", "unit": "REVOLUTION_PER_MINUTE", "writable": True}
        self.speed, self.other = (
            self.owner(CREATE_CHANNEL, input={**speed, "siteId": site, "kind": "INSTANTANEOUS", "key": key})[
                "createChannel"
            ]["channel"]["id"]
            for key in ("speed", "other")
        )
        made = self.owner(CREATE_KEY, input={"name": "Mill", "channelIds": [self.speed]})["createApiKey"]
        self.key, self.key_id = made["secret"], made["apiKey"]["id"]

    def owner(self, query: str, **variables: Any) -> Any:
        answer = self._client.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def run(self, expression: str) -> subprocess.CompletedProcess[str]:
        env = {"TWINQL_URL": self.url, "TWINQL_KEY": self.key}
        command = [sys.executable, "-c", f"import device, json; print(json.dumps({expression}))"]
        return subprocess.run(
            command, cwd=self._folder, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    def says(self, expression: str) -> Any:
        done = self.run(expression)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    folder = tmp_path_factory.mktemp("device")
    with served(folder / "data", "--no-demo") as running:
        yield Device(running, folder)


def test_it_records_as_often_as_it_takes(device: Device) -> None:
    for outcome in ("RECORDED", "DUPLICATE"):
        answer = device.says(f"device.record({device.speed!r}, {AT!r}, 900)")
        assert answer == {"outcomes": [{"index": 0, "outcome": outcome, "message": None}], "userErrors": []}


def test_it_records_nothing_elsewhere(device: Device) -> None:
    (outcome,) = device.says(f"device.record({device.other!r}, {AT!r}, 900)")["outcomes"]
    assert outcome["outcome"] == "REJECTED"


def test_what_curl_sends_is_taken(device: Device) -> None:
    sent = json.loads(SENT_BY_CURL.replace('"…"', json.dumps(device.speed)))
    answer = device.says(f"device.ask({sent['query']!r}, **{sent['variables']!r})")["recordReadings"]
    assert [each["outcome"] for each in answer["outcomes"]] == ["RECORDED"]


@pytest.mark.parametrize(("did", "status"), [(True, "EXECUTED"), (False, "FAILED")])
def test_it_obeys_a_command_that_waits_and_says_what_became_of_it(device: Device, *, did: bool, status: str) -> None:
    order = {"channelId": device.speed, "desired": 1200, "idempotencyKey": status}
    command = device.owner(ISSUE, input=order)["issueCommand"]["command"]["id"]
    assert device.says(f"device.obey(lambda key, desired: (key, desired) == ('speed', 1200) and {did})") is None
    steps = [each["status"] for each in device.owner(COMMAND, id=command)["node"]["transitions"]]
    assert steps[-2:] == ["ACKNOWLEDGED", status]


def test_a_revoked_key_ends_it_with_a_sentence(device: Device) -> None:
    device.owner("mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }", id=device.key_id)
    done = device.run(f"device.record({device.speed!r}, {AT!r}, 900)")
    assert done.returncode == 1
    assert "RuntimeError: This needs a valid token" in done.stderr
