"""How alarms are raised: rules through the graph, and what then holds for a channel."""

from uuid import uuid4

import pytest

from tests.api.alarms import write
from twinql.domain.global_id import encode

SAID = """alarmRule {
  id name cause enabled severity limitValue deadband sensitivity onDelay offDelay escalateAfter escalateTo archivedAt
  site { name } asset { name } channel { key }
}"""
HOLDS = """
query ($id: ID!) {
  channel(id: $id) {
    alarmRules { cause origin rule { name } enabled severity limitValue deadband sensitivity onDelay escalateTo }
  }
}
"""


def place_of(asker, name):
    """Return the input that names a place."""
    world = asker.world
    ids = {
        "siteId": encode("Site", world.site),
        "assetId": encode("Machine", world.machine),
        "channelId": encode("Channel", world.channels["temperature"]),
    }
    return {} if name is None else {name: ids[name]}


async def made(asker, cause="SPIKE", place="channelId", **given):
    """Make a rule, and return what it says."""
    given = {"name": f"{cause} of {place}", "cause": cause, **place_of(asker, place), **given}
    return (await asker.changed("createAlarmRule", SAID, **given))["alarmRule"]


async def holding(asker, cause, key="temperature"):
    """Return what holds for a channel and a cause."""
    found = (await asker.ask(HOLDS, id=encode("Channel", asker.world.channels[key])))["channel"]["alarmRules"]
    return next(each for each in found if each["cause"] == cause)


async def test_a_rule_says_what_is_laid_down_and_the_rest_is_as_built_in(asker):
    rule = await made(asker, "LIMIT_HIGH", limitValue=65.0, escalateAfter="PT1H", escalateTo="CRITICAL")
    assert rule.pop("id")
    assert rule == {
        "name": "LIMIT_HIGH of channelId", "cause": "LIMIT_HIGH", "enabled": True, "severity": "HIGH",
        "limitValue": 65.0, "deadband": None, "sensitivity": 1.0, "onDelay": "PT10S", "offDelay": "PT1M",
        "escalateAfter": "PT1H", "escalateTo": "CRITICAL", "archivedAt": None,
        "site": None, "asset": None, "channel": {"key": "temperature"},
    }  # fmt: skip


async def test_of_several_rules_that_of_the_narrowest_place_holds_alone(asker):
    assert (await holding(asker, "SPIKE"))["origin"] == "BUILT_IN"
    origins = {None: "ORGANISATION", "siteId": "SITE", "assetId": "ASSET", "channelId": "CHANNEL"}
    for number, (place, origin) in enumerate(origins.items()):
        rule = await made(asker, place=place, onDelay=f"PT{number + 1}M", severity="MEDIUM")
        holds = await holding(asker, "SPIKE")
        assert (holds["origin"], holds["rule"], holds["severity"]) == (origin, {"name": rule["name"]}, "MEDIUM")
        assert holds["onDelay"] == f"PT{number + 1}M"
    # A channel of the meter is beneath the site alone, and one that is for another cause is not concerned.
    assert (await holding(asker, "SPIKE", "energy"))["origin"] == "SITE"
    assert (await holding(asker, "DIP"))["origin"] == "BUILT_IN"
    # Once the narrowest is archived, the next wider one holds.
    await asker.changed("archiveAlarmRule", "alarmRule { id }", id=rule["id"])
    assert (await holding(asker, "SPIKE"))["origin"] == "ASSET"


async def test_limits_are_the_channels_own_where_no_rule_has_another(asker):
    channel = asker.world.channels["temperature"]
    await write(asker, "update channels set limit_high = 65, limit_deadband = 2 where id = $1", channel)
    holds = await holding(asker, "LIMIT_HIGH")
    assert (holds["limitValue"], holds["deadband"], holds["origin"]) == (65.0, 2.0, "BUILT_IN")
    low = await holding(asker, "LIMIT_LOW")
    assert (low["limitValue"], low["enabled"]) == (None, False)
    assert (await holding(asker, "DRIFT"))["deadband"] is None
    await made(asker, "LIMIT_HIGH", limitValue=70.0, enabled=False)
    holds = await holding(asker, "LIMIT_HIGH")
    assert (holds["limitValue"], holds["deadband"], holds["enabled"]) == (70.0, 2.0, False)


async def test_what_holds_for_every_channel_is_read_together(asker):
    await made(asker)
    document = "{ sites { nodes { channels { nodes { schedule alarmRules { cause rule { name } } } } } } }"
    asked = await asker.statements(document)
    assert len([each for each in asked if "from alarm_rules" in each]) == 2  # those that hold, and what they say
    (site,) = (await asker.ask(document))["sites"]["nodes"]
    counts = {each["schedule"]: len(each["alarmRules"]) for each in site["channels"]["nodes"]}
    assert counts == {False: 15, True: 0}


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": ""}, "name"),
        ({"limitValue": 1.0}, "limitValue"),
        ({"deadband": 1.0}, "deadband"),
        ({"cause": "LIMIT_LOW", "deadband": -1.0}, "deadband"),
        ({"sensitivity": 10.0}, "sensitivity"),
        ({"onDelay": "P8D"}, "onDelay"),
        ({"offDelay": "PT0.5S"}, "offDelay"),
        ({"escalateAfter": "PT1H"}, "escalateTo"),
        ({"severity": "HIGH", "escalateAfter": "PT1H", "escalateTo": "MEDIUM"}, "escalateTo"),
        ({"channelId": "no id"}, "channelId"),
    ],
)
async def test_what_cannot_be_meant_is_not_laid_down(asker, wrong, path):
    given = {"name": "Odd", "cause": "SPIKE", **place_of(asker, "channelId"), **wrong}
    assert await asker.mistake("createAlarmRule", **given) == ("INVALID_INPUT", path)
    assert await write(asker, "select from alarm_rules") == []


async def test_a_rule_is_for_one_place(asker):
    both = place_of(asker, "siteId") | place_of(asker, "channelId")
    assert await asker.mistake("createAlarmRule", name="Two", cause="SPIKE", **both) == ("INVALID_INPUT", "")
    of_site = {"name": "Hot", "cause": "LIMIT_HIGH", "limitValue": 65.0, **place_of(asker, "siteId")}
    assert await asker.mistake("createAlarmRule", **of_site) == ("INVALID_INPUT", "limitValue")


@pytest.mark.parametrize(("path", "kind"), [("siteId", "Site"), ("assetId", "Meter"), ("channelId", "Channel")])
async def test_a_place_that_is_not_there_has_no_rules(asker, path, kind):
    given = {"name": "Nowhere", "cause": "SPIKE", path: encode(kind, uuid4())}
    assert await asker.mistake("createAlarmRule", **given) == ("NOT_FOUND", path)


async def test_there_is_one_rule_in_use_for_a_cause_and_place_and_the_other_is_named(asker):
    rule = await made(asker, name="First")
    again = {"name": "Second", "cause": "SPIKE", **place_of(asker, "channelId")}
    (error,) = (await asker.change("createAlarmRule", **again))["userErrors"]
    assert (error["code"], error["path"]) == ("CONFLICT", ["cause"])
    assert '"First"' in error["message"]
    await asker.changed("archiveAlarmRule", "alarmRule { archivedAt }", id=rule["id"])
    await made(asker, name="Second")
    (error,) = (await asker.change("unarchiveAlarmRule", id=rule["id"]))["userErrors"]
    assert (error["code"], '"Second"' in error["message"]) == ("CONFLICT", True)
    found = await asker.ask(
        "{ alarmRules { nodes { name } } gone: alarmRules(filter: {archived: true}) { totalCount } }"
    )
    assert found == {"alarmRules": {"nodes": [{"name": "Second"}]}, "gone": {"totalCount": 1}}


async def test_limits_that_contradict_each_other_are_refused_and_nothing_is_written(asker):
    await write(asker, "update channels set limit_high = 60 where id = $1", asker.world.channels["temperature"])
    given = {"name": "Cold", "cause": "LIMIT_LOW", "limitValue": 61.0, **place_of(asker, "channelId")}
    assert await asker.mistake("createAlarmRule", **given) == ("INVALID_INPUT", "limitValue")
    assert await write(asker, "select from alarm_rules") == []
    rule = await made(asker, "LIMIT_LOW", limitValue=59.0)
    assert await asker.mistake("updateAlarmRule", id=rule["id"], limitValue=61.0) == ("INVALID_INPUT", "limitValue")
    assert (await holding(asker, "LIMIT_LOW"))["limitValue"] == 59.0
    # Under another rule for the other limit it may.
    await made(asker, "LIMIT_HIGH", limitValue=80.0)
    await asker.changed("updateAlarmRule", SAID, id=rule["id"], limitValue=61.0)


async def test_a_rule_is_changed_in_part_and_what_it_is_for_never(asker):
    rule = await made(asker, "LIMIT_HIGH", limitValue=65.0, escalateAfter="PT1H", escalateTo="CRITICAL")
    changes = {
        "name": " Hotter ",
        "limitValue": None,
        "escalateAfter": None,
        "escalateTo": None,
        "severity": "CRITICAL",
    }
    changed = (await asker.changed("updateAlarmRule", SAID, id=rule["id"], **changes))["alarmRule"]
    assert changed == {**rule, **changes, "name": "Hotter"}
    for wrong in ({"name": None}, {"onDelay": None}, {"enabled": None}, {"severity": None}, {"sensitivity": None}):
        assert await asker.mistake("updateAlarmRule", id=rule["id"], **wrong) == ("INVALID_INPUT", *wrong)
    for mutation in ("updateAlarmRule", "archiveAlarmRule", "unarchiveAlarmRule"):
        assert await asker.mistake(mutation, id=encode("AlarmRule", uuid4())) == ("NOT_FOUND", "id")


async def test_rules_are_looked_up_by_what_they_are_for(asker):
    rule = await made(asker, name="B", enabled=False)
    await made(asker, "DRIFT", "siteId", name="A")
    document = "query ($filter: AlarmRuleFilter) { alarmRules(filter: $filter) { nodes { name } } }"

    async def names(**chosen):
        return [each["name"] for each in (await asker.ask(document, filter=chosen))["alarmRules"]["nodes"]]

    assert await names() == ["A", "B"]
    assert await names(causes=["SPIKE"]) == ["B"]
    assert await names(enabled=True) == ["A"]
    assert await names(search="a") == ["A"]
    for name, found in (("siteId", ["A"]), ("assetId", []), ("channelId", ["B"])):
        assert await names(**place_of(asker, name)) == found
    one = await asker.ask("query ($id: ID!) { alarmRule(id: $id) { name viewerCanUpdate } }", id=rule["id"])
    assert one["alarmRule"] == {"name": "B", "viewerCanUpdate": True}
