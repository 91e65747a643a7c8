"""An agent over a server that is away, slow or restarted."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from twinql.agent import agent as agents
from twinql.agent.agent import RECORD, REPORT, WAITING, Agent
from twinql.agent.blueprint import ChannelBlueprint
from twinql.errors import InvalidInputError, UnauthenticatedError, UnavailableError


class Oven:
    """A machine with a heater, which refuses more than 100."""

    channels: Sequence[ChannelBlueprint] = ()
    every = timedelta(seconds=3600)

    def __init__(self) -> None:
        self.heater = 0.0

    def read(self) -> Mapping[str, float]:
        return {"heater": self.heater}

    def act(self, key: str, value: float) -> None:
        assert key == "heater"
        if value > 100:
            raise InvalidInputError("An oven has 100 at most.")
        self.heater = value


class Ledger:
    """The graph as an agent sees it, kept in memory: what the engine itself does is tested over the real one."""

    def __init__(self, *commands: dict[str, Any]) -> None:
        self.commands, self.reports, self.recorded = list(commands), [], []  # type: ignore[var-annotated]
        self.away = 0
        self.done = asyncio.Event()

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        if self.away:
            self.away -= 1
            raise UnavailableError("The server does not answer.")
        if document == RECORD:
            self.recorded += variables["input"]["readings"]
            outcomes = [{"index": 0, "outcome": "RECORDED", "message": None}]
            return {"recordReadings": {"outcomes": outcomes, "userErrors": []}}
        if document == WAITING:
            return {"commands": {"nodes": [each for each in self.commands if each["status"] in variables["status"]]}}
        assert document == REPORT
        told = variables["input"]
        (command,) = [each for each in self.commands if each["id"] == told["commandId"]]
        command["status"] = told["status"]
        self.reports.append((told["commandId"], told["status"], told["detail"]))
        if told["status"] in {"EXECUTED", "FAILED"}:
            self.done.set()
        return {"reportCommand": {"userErrors": []}}

    async def follow(self, _document: str) -> AsyncIterator[dict[str, Any]]:
        yield {}
        await asyncio.Event().wait()


def _command(status: str, desired: float) -> dict[str, Any]:
    return {"id": f"{status} {desired:g}", "status": status, "desired": desired, "channel": {"id": "h"}}


async def _run(ledger: Ledger, oven: Oven) -> Agent:
    """Run an agent until a command has come to its end."""
    agent = Agent(ledger, oven, {"heater": "h"})  # type: ignore[arg-type]
    task = asyncio.create_task(agent.run())
    async with asyncio.timeout(10):
        await ledger.done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return agent


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "SHORTEST_PAUSE_S", 0.001)


async def test_it_takes_a_command_before_it_acts_and_says_so_afterwards() -> None:
    ledger, oven = Ledger(_command("QUEUED", 60)), Oven()
    await _run(ledger, oven)
    assert oven.heater == 60
    assert ledger.reports == [("QUEUED 60", "ACKNOWLEDGED", None), ("QUEUED 60", "EXECUTED", None)]


async def test_what_the_machine_refuses_has_failed_with_its_words() -> None:
    ledger, oven = Ledger(_command("QUEUED", 500)), Oven()
    await _run(ledger, oven)
    assert (oven.heater, ledger.reports[-1]) == (0.0, ("QUEUED 500", "FAILED", "An oven has 100 at most."))


async def test_what_an_earlier_run_took_and_did_not_finish_has_failed() -> None:
    ledger, oven = Ledger(_command("ACKNOWLEDGED", 60)), Oven()
    await _run(ledger, oven)
    assert oven.heater == 0.0
    assert ledger.reports[0][:2] == ("ACKNOWLEDGED 60", "FAILED")


async def test_a_server_that_is_away_gets_everything_once_it_is_back() -> None:
    ledger, oven = Ledger(_command("QUEUED", 60)), Oven()
    ledger.away = 5
    await _run(ledger, oven)
    assert [each["value"] for each in ledger.recorded][:1] == [0.0]
    assert oven.heater == 60


async def test_the_oldest_readings_are_let_go_when_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "MOST_KEPT", 3)
    agent = Agent(Ledger(), Oven(), {"heater": "h"})  # type: ignore[arg-type]
    for _ in range(5):
        await agent.look()
    assert (len(agent.kept), agent.lost) == (3, 2)


async def test_a_revoked_key_ends_it() -> None:
    class Closed(Ledger):
        async def ask(self, *_: Any, **__: Any) -> dict[str, Any]:
            raise UnauthenticatedError("This needs a valid token.")

    with pytest.raises(UnauthenticatedError):
        await Agent(Closed(), Oven(), {"heater": "h"}).run()  # type: ignore[arg-type]
