"""The coolant pump is switched off by a command: the spindle warms, and TwinQL says so before it is too hot."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from tests.plant import CLOCK
from twinql.context import Context
from twinql.devices.demo import Demo
from twinql.devices.demo_site import ensure_demo_site
from twinql.devices.dispatcher import Dispatcher
from twinql.devices.simulated_device import SimulatedDevice
from twinql.live.advisor import Advisor

BEGIN_S = datetime(2026, 3, 3, 10, tzinfo=UTC).timestamp()
TICK_S = 10

PUMP = """
{ machines(filter: { search: "Coolant pump" }) { nodes { channels(filter: { writable: true }) { nodes { id key } } } } }
"""
ISSUE = """
mutation ($input: IssueCommandInput!) {
  issueCommand(input: $input) {
    command { id status } interlocks { kind allowed } replayed userErrors { code message }
  }
}
"""
COMMAND = """
query ($id: ID!) {
  node(id: $id) {
    ... on Command {
      status desired action requestedBy { kind name } channel { key asset { name } }
      transitions { status actor { kind name } detail }
    }
  }
}
"""
SPINDLE = """
{
  machines(filter: { search: "CNC" }) {
    nodes {
      channels(filter: { search: "temperature" }) {
        nodes { limits { high } latest { value } forecast(horizon: "PT15M") { model p50 accuracy { mae naiveMae } } }
      }
      decisions {
        nodes {
          id action status urgency confidence rule
          reasons { code value threshold unit channelKey }
          alternatives { action message }
          expectedImpact { timeToThreshold extremeValue energyKwh cost }
          channel { key } asset { name } forecast { id issuedAt p50 }
          command { status }
        }
      }
    }
  }
}
"""


@dataclass(slots=True)
class TimedContext(Context):
    """A context whose present is the test's."""

    clock: object = None

    def fresh(self):
        context = Context.fresh(self)
        context.now = self.clock()
        return context


class Story:
    """The demo site, its dispatcher and its advisor, on one clock."""

    def __init__(self, asker, demo, ask):
        self.asker, self.demo, self.ask = asker, demo, ask
        self.dispatcher = Dispatcher(asker.context.database, [SimulatedDevice(demo, asker.context.database)], self.now)
        self.advisor = Advisor(asker.context.database, asker.context.workshop, self.now)

    def now(self):
        return datetime.fromtimestamp(self.demo.clock.now_s, UTC)

    async def live(self, seconds, *, advised=True):
        for _ in range(seconds // TICK_S):
            self.demo.clock.now_s += TICK_S
            await self.demo.simulator.step(self.demo.clock())
            await self.dispatcher.dispatch()
            if advised:
                await self.advisor.look(self.now())

    async def command(self, channel_id, action, **more):
        given = {"channelId": channel_id, "action": action, "idempotencyKey": f"story-{action}", **more}
        return (await self.ask(ISSUE, input=given))["issueCommand"]

    async def spindle(self):
        (machine,) = (await self.ask(SPINDLE))["machines"]["nodes"]
        (channel,) = machine["channels"]["nodes"]
        return channel, machine["decisions"]["nodes"]


class Clock:
    def __init__(self, now_s):
        self.now_s = now_s

    def __call__(self):
        return self.now_s


@pytest.fixture
async def story(asker):
    database, clock = asker.context.database, Clock(BEGIN_S)
    async with database.pool.acquire() as connection:
        await connection.execute(CLOCK)
        await connection.execute("select twinql.prepare_readings($1, $1)", datetime.fromtimestamp(BEGIN_S, UTC))
    demo = Demo(database, await ensure_demo_site(database, asker.world.organisation), 7, 1, clock)
    await demo._load(*await demo._begin())
    async with database.pool.acquire() as connection:
        # Only the spindle is watched here: each look ahead costs a core some time.
        await connection.execute(
            "update channels set limit_low_low = null, limit_low = null, limit_high = null, limit_high_high = null"
            " where key <> 'temperature' or asset_id not in (select id from assets where name like 'CNC%')"
        )
    told = Story(asker, demo, None)
    context = TimedContext(database, asker.context.actor, told.now(), asker.context.feed, clock=told.now)
    told.ask = replace(asker, context=context).ask
    return told


async def test_a_pump_that_is_switched_off_is_noticed_before_the_spindle_is_too_hot(story):
    await story.live(1200, advised=False)
    before, decisions = await story.spindle()
    assert decisions == []
    assert before["latest"]["value"] < 45.0
    assert max(before["forecast"]["p50"]) < before["limits"]["high"] == 65.0

    (pump,) = (await story.ask(PUMP))["machines"]["nodes"]
    (switch,) = pump["channels"]["nodes"]
    issued = await story.command(switch["id"], "OFF", reason="a test of the coolant alarm")
    assert issued["userErrors"] == []
    assert issued["command"]["status"] == "QUEUED"

    decisions, waited_s = [], 0
    while not decisions and waited_s < 900:
        await story.live(20)
        waited_s += 20
        spindle, decisions = await story.spindle()

    # The forecast crosses the limit before the temperature does.
    (decision,) = decisions
    assert spindle["latest"]["value"] < 65.0
    assert (decision["status"], decision["action"], decision["rule"]) == (
        "OPEN",
        "RESTORE_COOLING",
        "LIMIT_WILL_BE_CROSSED",
    )
    assert decision["urgency"] in {"HIGH", "IMMEDIATE"}
    why = {reason["code"]: reason for reason in decision["reasons"]}
    crossing = why["FORECAST_CROSSES_LIMIT"]
    assert crossing["value"] > crossing["threshold"] == 65.0
    assert (crossing["unit"], why["COOLING_IS_OFF"]["channelKey"]) == ("DEGREE_CELSIUS", "running")
    assert {other["action"] for other in decision["alternatives"]} == {
        "RAISE_COOLING",
        "REDUCE_LOAD",
        "INSPECT",
        "CONTINUE_MONITORING",
    }
    assert decision["expectedImpact"]["timeToThreshold"].startswith("PT")
    assert decision["expectedImpact"]["cost"] is None
    assert max(decision["forecast"]["p50"]) > 65.0

    told = (await story.ask(COMMAND, id=issued["command"]["id"]))["node"]
    assert told["status"] == "VERIFIED"
    assert [step["status"] for step in told["transitions"]] == [
        "REQUESTED",
        "QUEUED",
        "SENT",
        "ACKNOWLEDGED",
        "EXECUTED",
        "VERIFIED",
    ]
    assert told["transitions"][3]["actor"] == {"kind": "DEVICE", "name": "simulator"}
    assert told["requestedBy"] == {"kind": "USER", "name": "acme-owner"}

    # Somebody follows the advice, and the spindle cools down.
    on = await story.command(switch["id"], "ON", decisionId=decision["id"])
    assert on["userErrors"] == []
    await story.live(300)
    after, decisions = await story.spindle()
    assert after["latest"]["value"] < spindle["latest"]["value"]
    assert {each["status"] for each in decisions} <= {"EXPIRED", "SUPERSEDED"}
    assert decisions[-1]["command"]["status"] == "VERIFIED"
