"""Rules of people and autonomy through the graph: laid down, told, stopped, and refused in one sentence."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.api.alarms import write
from twinql.domain.global_id import encode
from twinql.live.automation import Automation
from twinql.live.autopilot import Autopilot
from twinql.storage.database import Database

SAID = """automationRule {
  id name level effectiveLevel urgency action holdsFor minimumBetween outcome message archivedAt
  site { name } asset { name } hours { weekdays from until }
  conditions { channel { key } measure comparison threshold state hysteresis within maxAge holds }
  set { channel { key } desired action expiresIn expect { channel { key } direction by value within } }
}"""
AUTONOMY = """autonomy {
  level effectiveLevel standing reason commandsPerHour commandsInLastHour withinHours hours { weekdays from until }
  setBy pausedBy viewerCanUpdate viewerCanPause fellBackChannel { key }
}"""
RECORD = """
query ($id: ID!) {
  site(id: $id) {
    autonomy {
      trackRecord {
        decisions levels { level decisions commands refused verified withoutEffect withdrawn underWay }
        shadow { decisions energyKwh energyKnownFor peakKw costs { amount currency } costKnownFor }
        realised { decisions energyKwh }
      }
    }
    automationRules { nodes { name decisions { nodes {
      rule action automationRule { name } autonomy { level outcome message interlocks { kind allowed } }
    } } } }
  }
}
"""


def ids(asker):
    channels = {key: encode("Channel", value) for key, value in asker.world.channels.items()}
    return {"site": encode("Site", asker.world.site), **channels}


def hot(asker, **more):
    """The input of a rule that lowers the speed where the temperature is above 60 °C and the mill runs."""
    named = ids(asker)
    return {
        "siteId": named["site"],
        "name": "Hot",
        "conditions": [
            {"channelId": named["temperature"], "comparison": "ABOVE", "threshold": 60.0, "hysteresis": 5.0},
            {"channelId": named["execution"], "comparison": "IS", "state": "running", "maxAge": "PT1H"},
        ],
        "set": {
            "channelId": named["setpoint"],
            "desired": 6000.0,
            "expect": {"channelId": named["temperature"], "direction": "FALLS", "by": 2.0, "within": "PT2M"},
        },
        **more,
    }


async def set_level(asker, level, **more):
    given = {"siteId": ids(asker)["site"], "level": level, **more}
    return (await asker.changed("setAutonomy", AUTONOMY, **given))["autonomy"]


async def test_a_rule_says_what_was_laid_down(asker):
    hours = {"weekdays": ["MONDAY", "FRIDAY"], "from": "22:00", "until": "06:00"}
    given = hot(asker, level="AUTO", urgency="HIGH", holdsFor="PT30S", minimumBetween="PT10M", hours=hours)
    rule = (await asker.changed("createAutomationRule", SAID, **given))["automationRule"]
    assert rule.pop("id")
    assert rule == {
        "name": "Hot", "level": "AUTO", "effectiveLevel": "ADVISE", "urgency": "HIGH", "action": "SET_VALUE",
        "holdsFor": "PT30S", "minimumBetween": "PT10M", "outcome": None, "message": None, "archivedAt": None,
        "site": {"name": "Acme site"}, "asset": {"name": "Mill"}, "hours": hours,
        "conditions": [
            {
                "channel": {"key": "temperature"}, "measure": "VALUE", "comparison": "ABOVE", "threshold": 60.0,
                "state": None, "hysteresis": 5.0, "within": None, "maxAge": None, "holds": False,
            },
            {
                "channel": {"key": "execution"}, "measure": "VALUE", "comparison": "IS", "threshold": 1.0,
                "state": "RUNNING", "hysteresis": 0.0, "within": None, "maxAge": "PT1H", "holds": False,
            },
        ],
        "set": {
            "channel": {"key": "setpoint"}, "desired": 6000.0, "action": None, "expiresIn": "PT5M",
            "expect": {
                "channel": {"key": "temperature"}, "direction": "FALLS", "by": 2.0, "value": None, "within": "PT2M",
            },
        },
    }  # fmt: skip


async def test_a_rule_is_changed_in_part_archived_and_taken_back(asker):
    made = (await asker.changed("createAutomationRule", SAID, **hot(asker)))["automationRule"]
    changes = {"id": made["id"], "name": "Warm", "set": None, "holdsFor": "PT1M"}
    changed = (await asker.changed("updateAutomationRule", SAID, **changes))["automationRule"]
    assert (changed["name"], changed["set"], changed["action"]) == ("Warm", None, "INSPECT")
    assert changed["conditions"] == made["conditions"]
    archived = (await asker.changed("archiveAutomationRule", SAID, id=made["id"]))["automationRule"]
    assert archived["archivedAt"]
    assert (await asker.ask("{ automationRules { totalCount } }"))["automationRules"]["totalCount"] == 0
    back = (await asker.changed("unarchiveAutomationRule", SAID, id=made["id"]))["automationRule"]
    assert back["archivedAt"] is None


REFUSED = [
    ({"name": " "}, "INVALID_INPUT", "name"),
    ({"conditions": []}, "INVALID_INPUT", "conditions"),
    ({"holdsFor": "P8D"}, "INVALID_INPUT", "holdsFor"),
    ({"hours": {"from": "25:00"}}, "INVALID_INPUT", "hours.from"),
    ({"hours": {"from": "08:00", "until": "08:00"}}, "INVALID_INPUT", "hours.until"),
    ({"set": {"channelId": "temperature", "desired": 1.0}}, "INVALID_INPUT", "set.channelId"),
    ({"set": {"channelId": "setpoint"}}, "INVALID_INPUT", "set"),
    ({"set": {"channelId": "setpoint", "action": "OFF"}}, "INVALID_INPUT", "set.action"),
    ({"set": {"channelId": "setpoint", "desired": 1.0, "expiresIn": "P365D"}}, "INVALID_INPUT", "set.expiresIn"),
    ({"set": {"channelId": "gone", "desired": 1.0}}, "NOT_FOUND", "set.channelId"),
    ({"set": {"channelId": "x", "desired": 1.0}}, "INVALID_INPUT", "set.channelId"),
    ({"siteId": encode("Site", UUID(int=0))}, "NOT_FOUND", "siteId"),
]


async def test_what_cannot_be_meant_is_refused_in_one_sentence(asker, subtests):
    named = ids(asker) | {"gone": encode("Channel", asker.world.site), "x": "x"}
    for change, code, path in REFUSED:
        with subtests.test(path, code=code):
            given = hot(asker, **change)
            given["set"] |= {"channelId": named.get(given["set"]["channelId"], given["set"]["channelId"])}
            assert await asker.mistake("createAutomationRule", **given) == (code, path)


async def test_the_autonomy_of_a_site_is_set_stopped_and_let_go_on(asker):
    named = ids(asker)
    document = f"query ($id: ID!) {{ site(id: $id) {{ {AUTONOMY} }} }}"
    usual = (await asker.ask(document, id=named["site"]))["site"]["autonomy"]
    assert (usual["level"], usual["effectiveLevel"], usual["standing"]) == ("ADVISE", "ADVISE", "AS_SET")
    assert (usual["commandsPerHour"], usual["commandsInLastHour"], usual["withinHours"]) == (12, 0, True)
    assert (usual["viewerCanUpdate"], usual["viewerCanPause"]) == (True, True)
    auto = await set_level(asker, "AUTO", commandsPerHour=3)
    assert (auto["effectiveLevel"], auto["commandsPerHour"], auto["setBy"]) == ("AUTO", 3, "acme-owner")
    operator = asker.as_user(asker.world.operator)
    said = f"{AUTONOMY} cancelled"
    given = {"siteId": named["site"], "reason": "Smoke."}
    paused = await operator.changed("pauseAutonomy", said, **given)
    assert (paused["autonomy"]["level"], paused["autonomy"]["effectiveLevel"]) == ("AUTO", "ADVISE")
    assert paused["autonomy"]["reason"].startswith("acme-operator stopped it at ")
    assert paused["autonomy"]["reason"].endswith(" and said: Smoke.")
    assert (await asker.changed("pauseAutonomy", said, siteId=named["site"]))["autonomy"]["pausedBy"] == "acme-operator"
    assert (await set_level(asker, "AUTO"))["standing"] == "PAUSED"
    resumed = await asker.changed("resumeAutonomy", AUTONOMY, siteId=named["site"])
    assert (resumed["autonomy"]["effectiveLevel"], resumed["autonomy"]["standing"]) == ("AUTO", "AS_SET")


async def test_outside_of_its_hours_it_is_said_to_advise_and_a_budget_of_nothing_is_refused(asker):
    made = (await asker.changed("createAutomationRule", SAID, **hot(asker, level="AUTO")))["automationRule"]
    another_day = (datetime.now(UTC) - timedelta(days=2)).strftime("%A").upper()
    told = await set_level(asker, "AUTO", hours={"weekdays": [another_day]})
    assert (told["level"], told["effectiveLevel"], told["withinHours"], told["standing"]) == (
        "AUTO", "ADVISE", False, "AS_SET",
    )  # fmt: skip
    rule = "query ($id: ID!) { automationRule(id: $id) { effectiveLevel } }"
    assert (await asker.ask(rule, id=made["id"]))["automationRule"]["effectiveLevel"] == "ADVISE"
    await set_level(asker, "AUTO", hours={})
    assert (await asker.ask(rule, id=made["id"]))["automationRule"]["effectiveLevel"] == "AUTO"
    given = {"siteId": ids(asker)["site"], "commandsPerHour": 0}
    assert await asker.mistake("setAutonomy", **given) == ("INVALID_INPUT", "commandsPerHour")


async def test_the_track_record_tells_what_a_shadow_would_have_done_and_invents_no_figure(
    asker, workshop, database_url
):
    await set_level(asker, "SHADOW")
    await asker.changed("createAutomationRule", SAID, **hot(asker, level="AUTO"))
    now = datetime.now(UTC)
    for key, value in (("temperature", 70.0), ("execution", 1.0), ("setpoint", 9000.0)):
        await write(
            asker,
            "insert into readings (observed_at, value, channel_number, organisation_number)"
            " select $1, $2, number, organisation_number from channels where id = $3",
            now - timedelta(seconds=1),
            value,
            asker.world.channels[key],
        )
    async with Database.open(database_url, pool_size=1) as database:
        await Automation(database, workshop).look()
        await Autopilot(database).act()
        await Autopilot(database).act()
    site = (await asker.ask(RECORD, id=ids(asker)["site"]))["site"]
    (rule,) = site["automationRules"]["nodes"]
    (decision,) = rule["decisions"]["nodes"]
    assert (decision["rule"], decision["action"]) == ("AUTOMATION_RULE", "SET_VALUE")
    assert decision["automationRule"]["name"] == "Hot"
    told = decision["autonomy"]
    assert (told["level"], told["outcome"], told["message"]) == ("SHADOW", "WOULD_ISSUE", None)
    assert {each["allowed"] for each in told["interlocks"]} == {True}
    record = site["autonomy"]["trackRecord"]
    assert record["decisions"] == 1
    assert record["levels"] == [
        {
            "level": "SHADOW", "decisions": 1, "commands": 0, "refused": 0, "verified": 0, "withoutEffect": 0,
            "withdrawn": 0, "underWay": 0,
        }
    ]  # fmt: skip
    assert record["shadow"] == {
        "decisions": 1, "energyKwh": None, "energyKnownFor": 0, "peakKw": None, "costs": [], "costKnownFor": 0,
    }  # fmt: skip
    assert record["realised"] == {"decisions": 0, "energyKwh": None}
