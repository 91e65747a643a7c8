"""A minimal agent for TwinQL, without any package: it records what it reads, and does what waits for it."""

import json
import os
import time
from datetime import UTC, datetime
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

RECORD = """mutation ($input: RecordReadingsInput!) {
  recordReadings(input: $input) { outcomes { index outcome message } userErrors { message path } }
}"""
WAITING = "{ commands(filter: { status: [QUEUED], due: true }) { nodes { id desired channel { id key } } } }"
REPORT = """mutation ($input: ReportCommandInput!) {
  reportCommand(input: $input) { command { status } userErrors { message } }
}"""


def ask(query, **variables):
    """Return the data of an answer, however long the network or the server is away."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Authorization": f"Bearer {os.environ['TWINQL_KEY']}", "Content-Type": "application/json"}
    pause_s = 1
    while True:
        try:
            with urlopen(Request(os.environ["TWINQL_URL"], body, headers), timeout=30) as response:
                answer = json.load(response)
        except HTTPError as error:
            answer = json.load(error)
        except (URLError, TimeoutError, ConnectionError):
            answer = {"errors": [{"extensions": {"retryable": True}}]}
        errors = answer.get("errors", [])
        if not errors:
            return answer["data"]
        if not all(error["extensions"]["retryable"] for error in errors):
            raise RuntimeError(errors[0]["message"])  # a revoked key, for one
        time.sleep(pause_s)
        pause_s = min(60, 2 * pause_s)


def record(channel, value, at=None):
    """Record one reading, taken now unless said otherwise; doing it again changes nothing."""
    reading = {"channelId": channel, "observedAt": at or datetime.now(UTC).isoformat(), "value": value}
    return ask(RECORD, input={"readings": [reading]})["recordReadings"]


def obey(act):
    """Do what waits, the oldest first, and say what became of it. Whoever acknowledges first has the command."""
    for command in reversed(ask(WAITING)["commands"]["nodes"]):
        taken = ask(REPORT, input={"commandId": command["id"], "status": "ACKNOWLEDGED"})["reportCommand"]
        if not taken["userErrors"]:
            status = "EXECUTED" if act(command["channel"], command["desired"]) else "FAILED"
            ask(REPORT, input={"commandId": command["id"], "status": status})


if __name__ == "__main__":
    while True:  # a computer's load, as an example of something to read; it obeys nothing
        record(os.environ["TWINQL_CHANNEL"], os.getloadavg()[0])
        obey(lambda _channel, _desired: False)
        time.sleep(2)
