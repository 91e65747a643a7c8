"""Checks of the protocols that know nothing of TwinQL: the folder that holds them is named in CHECKS.

The clients from npm among them need Node, and a folder in CHECKS_NODE whose node_modules they were installed in; those
from PyPI need a Python in CHECKS_PYTHON that has them.
"""

import asyncio
import json
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.served import ROOT, served
from tests.speaking import speaking

CHECKS = Path(os.environ.get("CHECKS", "/nowhere"))
FOLLOW = (
    "subscription Follow { readingsRecorded(filter: {}, snapshot: true, maxBatch: 1) { cursor readings { value } } }"
)
DOCUMENTS = {"query": "query Who { viewer { role } }", "mutation": "mutation M { __typename }", "finite": ""}
STARTING_POINTS = (ROOT / "twinql" / "app" / "starting_points.graphql").read_text(encoding="utf-8")
LEAVE_TRACES = """
mutation ($outside: ID!, $at: DateTime!, $switch: ID!, $key: String!) {
  recordReadings(input: { readings: [{ channelId: $outside, observedAt: $at, value: 9000 }] }) { summary { rejected } }
  issueCommand(input: { channelId: $switch, desired: 1, idempotencyKey: $key }) { command { id } }
}
"""
RECORD = """
mutation ($readings: [ReadingInput!]!) {
  recordReadings(input: { readings: $readings }) { summary { recorded } }
}
"""
PATIENCE_S = 300.0

pytestmark = pytest.mark.skipif(not CHECKS.is_dir(), reason="the checks are not here: name their folder in CHECKS")


async def check(*command):
    """Run a check, and return its last line; what it found wrong is shown."""
    process = await asyncio.create_subprocess_exec(*map(str, command), stdout=asyncio.subprocess.PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    print(output.decode())
    return output.decode().splitlines()[-1]


async def test_every_rule_of_the_protocol_is_kept(database_url):
    async with speaking(database_url) as server:
        outcome = await check(
            *(sys.executable, CHECKS / "ws_protocol.py", f"ws://127.0.0.1:{server.port}/graphql"),
            *("--init-timeout", 10, "--pid", server.pid, "--health", f"http://127.0.0.1:{server.port}/healthz"),
        )
    assert outcome == "passed=94 failed=0"


async def test_the_demo_keeps_them_too_and_clients_of_others_get_along_with_it(tmp_path):
    with served(tmp_path / "data", TWINQL_DEMO_HISTORY_DAYS="1") as server:
        address = f"127.0.0.1:{server.port}/graphql"
        rules = ("--finite", "", "--failing", "", "--infinite", FOLLOW, "--flood", FOLLOW, "--init-timeout", 10)
        outcome = await check(sys.executable, CHECKS / "ws_protocol.py", f"ws://{address}", *rules)
        assert outcome == "passed=92 failed=0"
        if python := os.environ.get("CHECKS_PYTHON"):
            client = (CHECKS / "gql_py_client.py", f"http://{address}", "--infinite", FOLLOW, "--introspect")
            assert await check(python, *client) == "passed=14 failed=0"
        if os.environ.get("CHECKS_NODE") and (node := shutil.which("node")):
            documents = tmp_path / "documents.json"
            documents.write_text(json.dumps({**DOCUMENTS, "infinite": FOLLOW}))
            clients = (CHECKS / "ws_clients.mjs", f"http://{address}", "--docs", documents)
            assert await check(node, *clients) == "passed=17 failed=0"


async def test_an_event_that_was_told_leaves_nothing_in_memory(tmp_path):
    """30,000 events of one reading, from the past: as quickly as they can be told."""
    with served(tmp_path / "data", TWINQL_DEMO_HISTORY_DAYS="1", TWINQL_COST_BUDGET="1000000000") as server:

        def ask(query, **variables):
            return server.client.post("/graphql", json={"query": query, "variables": variables}).json()["data"]

        points = ask(STARTING_POINTS)
        channel = points["outside"]["nodes"][0]["channels"]["nodes"][0]["id"]
        asked = {"json": {"query": "subscription { readingsRecorded(filter: {}) { cursor } }"}}
        with server.client.stream("POST", "/graphql", headers={"accept": "text/event-stream"}, **asked) as stream:
            cursor = next(line.removeprefix("id:").strip() for line in stream.iter_lines() if line.startswith("id:"))
        begins = datetime(2026, 1, 1, tzinfo=UTC)
        for first in range(0, 30_000, 1_000):
            instants = (begins + timedelta(seconds=first + place) for place in range(1_000))
            rows = [{"channelId": channel, "observedAt": each.isoformat(), "value": 20} for each in instants]
            assert ask(RECORD, readings=rows)["recordReadings"]["summary"]["recorded"] == 1_000
        everything = f'filter: {{ channelIds: ["{channel}"] }}, after: "{cursor}", maxBatch: 1'
        document = (
            f"subscription {{ readingsRecorded({everything}) {{ cursor readings {{ value channel {{ id }} }} }} }}"
        )
        address = f"ws://127.0.0.1:{server.port}/graphql"
        outcome = await check(
            *(sys.executable, CHECKS / "leak_subscription.py", address),
            *("--pid", server.process.pid, "--doc", document, "--events", 30_000),
        )
    assert outcome == "passed=1 failed=0"


async def test_lists_and_ids_keep_to_what_relay_specifies(tmp_path):
    with served(tmp_path / "data", TWINQL_DEMO_HISTORY_DAYS="1") as server:

        def ask(query, **variables):
            answer = server.client.post("/graphql", json={"query": query, "variables": variables}).json()
            assert "errors" not in answer, answer
            return answer["data"]

        points = ask(STARTING_POINTS)
        outside, switch = (points[each]["nodes"][0]["channels"]["nodes"][0]["id"] for each in ("outside", "switch"))
        for place in range(7):  # more than two pages of what is rejected, commanded and audited
            at = f"2026-01-01T00:00:0{place}Z"
            ask(LEAVE_TRACES, outside=outside, at=at, switch=switch, key=f"key {place}")
        address = f"http://127.0.0.1:{server.port}/graphql"
        outcome = await check(sys.executable, CHECKS / "relay_server.py", address, "--sdl", ROOT / "schema.graphql")
    passed, failed = (int(each.partition("=")[2]) for each in outcome.split())
    assert (passed > 130, failed) == (True, 0)
