"""Alarms through the graph: what they say, what shows it, and which of them are asked for."""

import pytest

from tests.api.alarms import NOON, evidence_of, minutes, moved, raised, record
from twinql.domain.global_id import encode

ALARM = """
query ($id: ID!) {
  alarm(id: $id) {
    cause severity state conditionHolds message score occurrences raisedAt returnedAt acknowledgedAt acknowledgedBy
    shelvedUntil escalatedAt closedAt rule { name } channel { key } asset { name } site { name }
    evidence {
      code message value threshold unit from until channel { key }
      readings(first: 3) { totalCount nodes { value observedAt } pageInfo { hasNextPage } }
    }
    transitions { sequence at action state severity actor comment observedAt shelvedUntil evidence { code } }
  }
}
"""
LIST = """
query ($filter: AlarmFilter, $order: AlarmOrder! = NEWEST_FIRST, $first: Int, $after: String) {
  alarms(filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage } nodes { cause severity channel { key } }
  }
}
"""


async def causes(asker, order="NEWEST_FIRST", **chosen):
    found = (await asker.ask(LIST, filter=chosen, order=order))["alarms"]
    assert found["totalCount"] == len(found["nodes"])
    return [each["cause"] for each in found["nodes"]]


async def test_every_number_of_an_alarm_leads_to_the_readings_it_was_taken_from(asker):
    await record(asker, "temperature", 10)
    shown = evidence_of(asker.world.channels["temperature"], first=NOON + minutes(2), last=NOON + minutes(6))
    alarm = await raised(asker, evidence=[shown])
    found = (await asker.ask(ALARM, id=alarm))["alarm"]
    assert (found["cause"], found["severity"], found["state"]) == ("LIMIT_HIGH", "HIGH", "ACTIVE_UNACKNOWLEDGED")
    assert (found["conditionHolds"], found["occurrences"], found["rule"]) == (True, 1, None)
    assert [found[each] for each in ("channel", "asset", "site")] == [
        {"key": "temperature"},
        {"name": "Mill"},
        {"name": "Acme site"},
    ]
    (evidence,) = found["evidence"]
    assert (evidence["value"], evidence["threshold"], evidence["unit"]) == (67.0, 65.0, "DEGREE_CELSIUS")
    assert evidence["channel"] == {"key": "temperature"}
    # Of the ten readings those from the third to the seventh, both of them included, oldest first.
    readings = evidence["readings"]
    assert [each["value"] for each in readings["nodes"]] == [62.0, 63.0, 64.0]
    assert readings["nodes"][0]["observedAt"] == evidence["from"]
    assert (readings["totalCount"], readings["pageInfo"]["hasNextPage"]) == (5, True)


async def test_a_number_without_unit_or_threshold_is_told_as_such(asker):
    shown = evidence_of(asker.world.channels["temperature"]) | {"unit": None, "threshold": None, "value": None}
    (evidence,) = (await asker.ask(ALARM, id=await raised(asker, evidence=[shown])))["alarm"]["evidence"]
    assert (evidence["value"], evidence["threshold"], evidence["unit"]) == (None, None, None)
    assert evidence["readings"] == {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False}}
    assert (await asker.ask(ALARM, id=await raised(asker, cause="STALE", evidence=[])))["alarm"]["evidence"] == []


async def test_the_life_of_an_alarm_is_told_newest_step_first_and_paged_by_its_sequence(asker):
    alarm = await raised(asker)
    await moved(asker, alarm, "ESCALATED", at=NOON + minutes(1), severity="CRITICAL")
    await moved(asker, alarm, "RETURNED", at=NOON + minutes(2))
    await moved(asker, alarm, "RAISED_AGAIN", at=NOON + minutes(3))
    found = (await asker.ask(ALARM, id=alarm))["alarm"]
    assert (found["severity"], found["occurrences"], found["returnedAt"]) == ("CRITICAL", 2, None)
    assert found["escalatedAt"] == (NOON + minutes(1)).isoformat().replace("+00:00", "Z")
    assert [(each["sequence"], each["action"], each["state"], each["severity"]) for each in found["transitions"]] == [
        (4, "RAISED_AGAIN", "ACTIVE_UNACKNOWLEDGED", "CRITICAL"),
        (3, "RETURNED", "RETURNED_UNACKNOWLEDGED", "CRITICAL"),
        (2, "ESCALATED", "ACTIVE_UNACKNOWLEDGED", "CRITICAL"),
        (1, "RAISED", "ACTIVE_UNACKNOWLEDGED", "HIGH"),
    ]
    assert [[shown["code"] for shown in each["evidence"]] for each in found["transitions"]] == [[], [], [], ["LIMIT"]]
    page = "query ($id: ID!) { alarm(id: $id) { transitions(first: 2, after: 4) { sequence } } }"
    steps = (await asker.ask(page, id=alarm))["alarm"]["transitions"]
    assert [each["sequence"] for each in steps] == [3, 2]
    too_many = "query ($id: ID!) { alarm(id: $id) { transitions(first: 501) { sequence } } }"
    assert await asker.refusal(too_many, id=alarm) == (
        "BAD_USER_INPUT",
        "A page holds 0 to 500 steps, and 501 were asked for; page on with `after`.",
    )


@pytest.fixture
async def several(asker):
    """An asker with four alarms, the newest one closed."""
    await raised(asker, cause="STALE", severity="LOW", at=NOON)
    await raised(asker, cause="DRIFT", severity="CRITICAL", at=NOON + minutes(1))
    await raised(asker, "energy", cause="SPIKE", severity="MEDIUM", at=NOON + minutes(2))
    closed = await raised(asker, "price", cause="DIP", severity="HIGH", at=NOON + minutes(3))
    await moved(asker, closed, "ACKNOWLEDGED", at=NOON + minutes(4))
    await moved(asker, closed, "RETURNED", at=NOON + minutes(5))
    return asker


async def test_alarms_come_newest_first_or_most_severe_first(several):
    assert await causes(several) == ["DIP", "SPIKE", "DRIFT", "STALE"]
    assert await causes(several, "MOST_SEVERE_FIRST") == ["DRIFT", "DIP", "SPIKE", "STALE"]


async def test_alarms_are_paged_through_in_either_order(several):
    for order in ("NEWEST_FIRST", "MOST_SEVERE_FIRST"):
        told, after = [], None
        while True:
            page = (await several.ask(LIST, order=order, first=3, after=after))["alarms"]
            told += [each["cause"] for each in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert told == await causes(several, order)


async def test_all_conditions_of_a_filter_hold_together(several):
    world = several.world
    machine, meter = encode("Machine", world.machine), encode("Meter", world.meter)
    assert await causes(several, open=True) == ["SPIKE", "DRIFT", "STALE"]
    assert await causes(several, open=False) == ["DIP"]
    assert await causes(several, states=["NORMAL"]) == ["DIP"]
    assert await causes(several, causes=["SPIKE", "DIP"], open=True) == ["SPIKE"]
    assert await causes(several, minimumSeverity="HIGH") == ["DIP", "DRIFT"]
    assert await causes(several, siteIds=[encode("Site", world.site)]) == ["DIP", "SPIKE", "DRIFT", "STALE"]
    assert await causes(several, assetIds=[machine, meter]) == ["SPIKE", "DRIFT", "STALE"]
    assert await causes(several, channelIds=[encode("Channel", world.channels["price"])]) == ["DIP"]
    period = {"from": (NOON + minutes(1)).isoformat(), "until": (NOON + minutes(3)).isoformat()}
    assert await causes(several, raised=period) == ["SPIKE", "DRIFT"]
    assert await causes(several, causes=[]) == []


async def test_a_filter_that_cannot_be_meant_is_refused(several):
    backwards = {"from": NOON.isoformat(), "until": NOON.isoformat()}
    assert (await several.refusal(LIST, filter={"raised": backwards}))[0] == "BAD_USER_INPUT"
    site = encode("Site", several.world.site)
    code, message = await several.refusal(LIST, filter={"channelIds": [site]})
    assert (code, "Channel" in message) == ("BAD_USER_INPUT", True)


async def test_a_channel_an_asset_and_a_site_have_their_own_alarms_each(several):
    found = await several.ask(
        "{ sites { nodes { alarms { nodes { cause } } "
        "channels { nodes { key alarms(filter: {open: true}) { nodes { cause } } } } "
        "machines { nodes { alarms(orderBy: MOST_SEVERE_FIRST) { nodes { cause } } } } "
        "meters { nodes { alarms { nodes { cause } } } } } } }"
    )
    (site,) = found["sites"]["nodes"]
    assert [each["cause"] for each in site["alarms"]["nodes"]] == ["DIP", "SPIKE", "DRIFT", "STALE"]
    assert [each["cause"] for each in site["machines"]["nodes"][0]["alarms"]["nodes"]] == ["DRIFT", "STALE"]
    assert [each["cause"] for each in site["meters"]["nodes"][0]["alarms"]["nodes"]] == ["SPIKE"]
    by_key = {each["key"]: [it["cause"] for it in each["alarms"]["nodes"]] for each in site["channels"]["nodes"]}
    assert by_key["temperature"] == ["DRIFT", "STALE"]
    assert (by_key["price"], by_key["setpoint"]) == ([], [])


async def test_however_many_channels_have_alarms_they_are_asked_for_together(several):
    asked = await several.statements(
        "{ channels: sites { nodes { channels { nodes { alarms { nodes {"
        " cause transitions { action } rule { name } asset { name } evidence { code } } } } } } } }"
    )
    assert len([each for each in asked if "from alarms" in each]) == 1
    assert len([each for each in asked if "alarm_transitions" in each]) == 1


async def test_a_form_knows_which_steps_an_alarm_and_a_role_allow(asker):
    alarm = await raised(asker)
    can = ["Acknowledge", "Comment", "Shelve", "Unshelve", "TakeOutOfService", "ReturnToService"]
    document = f"query ($id: ID!) {{ alarm(id: $id) {{ {' '.join(f'viewerCan{each}' for each in can)} }} }}"
    told = (await asker.as_user(asker.world.operator).ask(document, id=alarm))["alarm"]
    assert [each for each in can if told[f"viewerCan{each}"]] == [
        "Acknowledge",
        "Comment",
        "Shelve",
        "TakeOutOfService",
    ]
    told = (await asker.as_user(asker.world.viewer).ask(document, id=alarm))["alarm"]
    assert not any(told.values())
