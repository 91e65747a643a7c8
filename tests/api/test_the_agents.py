"""The agents do what their pages say: the minimal one, the one on a serial line, and this computer's."""

import json
import os
import pty
import re
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.served import ENV, ROOT, Served, served, twinql

DOCUMENT = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")
(CREATE_KEY,) = re.findall(r"```graphql\n(.*?)```", DOCUMENT, flags=re.DOTALL)
(SENT_BY_CURL,) = re.findall(r"-d '(\{.*?\})'\n```", DOCUMENT, flags=re.DOTALL)
CREATE_SITE = 'mutation { createSite(input: { name: "Works", timeZone: "UTC" }) { site { id } } }'
CREATE_CHANNEL = "mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { id } } }"
ISSUE = (
    "mutation ($input: IssueCommandInput!) { issueCommand(input: $input) { command { id } userErrors { message } } }"
)
COMMAND = "query ($id: ID!) { node(id: $id) { ... on Command { status transitions { status } } } }"
AGENTS = ROOT / "agents"
AT = "2026-03-01T12:00:00Z"


class Device:
    """The program with a key, beside the owner who made it."""

    def __init__(self, running: Served, folder: Path) -> None:
        self._client, self.folder = running.client, folder
        self.url = f"http://127.0.0.1:{running.port}/graphql"
        site = self.owner(CREATE_SITE)["createSite"]["site"]["id"]
        self.site = site
        self.speed, self.other = self.channel("speed", writable=True), self.channel("other", writable=True)
        made = self.owner(CREATE_KEY, input={"name": "Mill", "channelIds": [self.speed]})["createApiKey"]
        self.key, self.key_id = made["secret"], made["apiKey"]["id"]

    def channel(self, key: str, *, writable: bool) -> str:
        asked = {"siteId": self.site, "key": key, "quantity": "OTHER", "unit": "ONE", "kind": "INSTANTANEOUS"}
        made = self.owner(CREATE_CHANNEL, input={**asked, "writable": writable})["createChannel"]["channel"]
        identity: str = made["id"]
        return identity

    def owner(self, query: str, **variables: Any) -> Any:
        answer = self._client.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def run(self, expression: str) -> subprocess.CompletedProcess[str]:
        env = {"TWINQL_URL": self.url, "TWINQL_KEY": self.key}
        command = [sys.executable, "-c", f"import minimal, json; print(json.dumps({expression}))"]
        return subprocess.run(command, cwd=AGENTS, env=env, capture_output=True, text=True, timeout=60, check=False)

    def says(self, expression: str) -> Any:
        done = self.run(expression)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    folder = tmp_path_factory.mktemp("device")
    with served(folder / "data", "--no-demo") as running:
        yield Device(running, folder)


def test_it_records_as_often_as_it_takes(works: Device) -> None:
    for outcome in ("RECORDED", "DUPLICATE"):
        answer = works.says(f"minimal.record({works.speed!r}, 900, {AT!r})")
        assert answer == {"outcomes": [{"index": 0, "outcome": outcome, "message": None}], "userErrors": []}


def test_it_records_nothing_elsewhere(works: Device) -> None:
    (outcome,) = works.says(f"minimal.record({works.other!r}, 900, {AT!r})")["outcomes"]
    assert outcome["outcome"] == "REJECTED"


def test_what_curl_sends_is_taken(works: Device) -> None:
    sent = json.loads(SENT_BY_CURL.replace('"…"', json.dumps(works.speed)))
    answer = works.says(f"minimal.ask({sent['query']!r}, **{sent['variables']!r})")["recordReadings"]
    assert [each["outcome"] for each in answer["outcomes"]] == ["RECORDED"]


@pytest.mark.parametrize(("did", "status"), [(True, "EXECUTED"), (False, "FAILED")])
def test_it_obeys_a_command_that_waits_and_says_what_became_of_it(works: Device, *, did: bool, status: str) -> None:
    order = {"channelId": works.speed, "desired": 1200, "idempotencyKey": status}
    command = works.owner(ISSUE, input=order)["issueCommand"]["command"]["id"]
    assert (
        works.says(f"minimal.obey(lambda channel, desired: (channel['key'], desired) == ('speed', 1200) and {did})")
        is None
    )
    steps = [each["status"] for each in works.owner(COMMAND, id=command)["node"]["transitions"]]
    assert steps[-2:] == ["ACKNOWLEDGED", status]


def test_a_revoked_key_ends_it_with_a_sentence(works: Device) -> None:
    works.owner("mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }", id=works.key_id)
    done = works.run(f"minimal.record({works.speed!r}, 900, {AT!r})")
    assert done.returncode == 1
    assert "RuntimeError: This needs a valid token" in done.stderr


def _until(works: Device, query: str, wanted: Callable[[Any], bool], **variables: Any) -> Any:
    """Ask until an answer is as wanted; a process beside us is on its way there."""
    until = time.monotonic() + 30
    while not wanted(answer := works.owner(query, **variables)):
        assert time.monotonic() < until, answer
    return answer


STATUS = "query ($id: ID!) { node(id: $id) { ... on Command { status } } }"
LATEST = "query ($id: ID!) { channel(id: $id) { latest { value } } }"


def test_a_device_on_a_serial_line_is_read_and_set(works: Device) -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)  # a line echoes nothing
    temperature, heater = works.channel("temperature", writable=False), works.channel("heater", writable=True)
    made = works.owner(CREATE_KEY, input={"name": "Oven", "channelIds": [temperature, heater]})["createApiKey"]
    env = {"TWINQL_URL": works.url, "TWINQL_KEY": made["secret"], "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "serial_device.py", os.ttyname(theirs), f"temperature={temperature}", f"heater={heater}"]

    def speak() -> None:
        """Say what is read, as the device does time and again: what was said before somebody listened is gone."""
        os.write(ours, b"temperature 2x1.5\nhumidity 40\ntemperature 21.5\nheater 0\n")

    with subprocess.Popen(command, cwd=AGENTS, env=env, stderr=subprocess.PIPE, text=True) as agent:
        try:
            _until(works, LATEST, lambda got: got["channel"]["latest"] or speak(), id=temperature)
            _until(works, LATEST, lambda got: got["channel"]["latest"], id=heater)
            order = {"channelId": heater, "desired": 1, "idempotencyKey": "oven"}
            order_id = works.owner(ISSUE, input=order)["issueCommand"]["command"]["id"]
            assert os.read(ours, 100) == b"heater 1\n"
            os.write(ours, b"ok heater 1\nheater 1\n")
            _until(works, STATUS, lambda got: got["node"]["status"] == "VERIFIED", id=order_id)
        finally:
            agent.terminate()
            said = agent.communicate(timeout=10)[1]
            os.close(ours)
            os.close(theirs)
    assert works.owner(LATEST, id=temperature)["channel"]["latest"] == {"value": 21.5}
    assert "left out: 'temperature 2x1.5'" in said
    assert "left out: 'humidity 40'" in said


MACHINE = """query ($search: String!) {
  machines(filter: { search: $search }) { nodes { id name channels(first: 50) { nodes { id key latest { value } } } } }
}"""


@contextmanager
def _hosted(works: Device, *arguments: str) -> Iterator[str]:
    """Run `twinql agent host`, and give the line in which it says where it stands."""
    command = [sys.executable, "-m", "twinql", "agent", "host", "--url", works.url, *arguments]
    log = (works.folder / "agent.log").open("a")
    with (
        log,
        subprocess.Popen(command, cwd=works.folder, env=ENV, stdout=subprocess.PIPE, stderr=log, text=True) as agent,
    ):
        try:
            assert agent.stdout is not None
            yield agent.stdout.readline()
        finally:
            agent.terminate()
            assert agent.wait(10) == 0


def test_this_computer_is_a_machine_that_closes_its_loop(works: Device) -> None:
    with _hosted(works, "--name", "This computer", "--site", "Office") as line:
        assert line.startswith("This computer is machine ")
        (machine,) = works.owner(MACHINE, search="computer/")["machines"]["nodes"]
        channels = {each["key"]: each["id"] for each in machine["channels"]["nodes"]}
        assert {"cpu_load", "memory_used", "disk_used", "network_latency", "network_errors"} <= channels.keys()
        for key in ("cpu_load", "load_duty"):
            _until(works, LATEST, lambda got: got["channel"]["latest"] is not None, id=channels[key])
        for key, desired in (("load_duty", 30), ("sampling_interval", 1)):
            order = {"channelId": channels[key], "desired": desired, "idempotencyKey": f"host {key}"}
            order_id = works.owner(ISSUE, input=order)["issueCommand"]["command"]["id"]
            _until(works, STATUS, lambda got: got["node"]["status"] == "VERIFIED", id=order_id)


def test_a_second_start_is_the_same_machine_with_the_key_that_was_kept(works: Device) -> None:
    with _hosted(works, "--name", "This computer", "--site", "Office") as line:
        (machine,) = works.owner(MACHINE, search="computer/")["machines"]["nodes"]
        assert machine["id"] in line
    kept = works.folder / ".twinql" / "agents" / "host.json"
    assert kept.stat().st_mode & 0o077 == 0
    keys = works.owner("{ viewer { organisation { apiKeys { nodes { name } } } } }")["viewer"]["organisation"][
        "apiKeys"
    ]
    assert [each["name"] for each in keys["nodes"]].count("Agent of This computer") == 1


def test_an_agent_without_a_server_says_what_to_look_at(tmp_path: Path) -> None:
    ended = twinql("agent", "host", "--url", "http://127.0.0.1:9/graphql", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "twinql: The server does not answer; is it running, and is TWINQL_URL its address?\n"
