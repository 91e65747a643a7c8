"""Interlocks and emergency stops through the graph."""

from uuid import uuid4

import pytest

from twinql.domain.global_id import encode

SAID = """interlock {
  id name kind minimum maximum ratePerMinute holdFor onAbove perHour maxAge appliesFrom appliesTo createdBy archivedAt
  viewerCanUpdate channel { key } otherChannel { key }
}"""
VERDICTS = (
    "interlocks { kind allowed message value minimum maximum observedAt interlock { name } otherChannel { key } }"
)
LISTED = (
    "query ($id: ID!) { channel(id: $id) { interlocks(filter: { archived: null }) { nodes { name archivedAt } } } }"
)
STOP = """
query ($id: ID!) {
  site(id: $id) {
    emergencyStop { active reason triggeredBy viewerCanRelease } emergencyStops { nodes { active releaseReason } }
  }
}
"""
READ = """
insert into readings (observed_at, value, channel_number, organisation_number)
select now() - interval '2 s', $1, number, organisation_number from channels where id = $2
"""


@pytest.fixture
async def plant(asker):
    """The asker, with a setpoint and a temperature that were just read."""
    async with asker.context.database.pool.acquire() as connection:
        await connection.execute("select twinql.prepare_readings(now(), now())")
        for key, value in (("setpoint", 6000.0), ("temperature", 20.0)):
            await connection.execute(READ, value, asker.world.channels[key])
    return asker


def channel(asker, key="setpoint"):
    return encode("Channel", asker.world.channels[key])


async def made(asker, kind="RANGE", **given):
    given = {"channelId": channel(asker), "kind": kind, "name": f"A {kind}", **given}
    return (await asker.changed("createInterlock", SAID, **given))["interlock"]


async def asked(asker, desired=7000.0, **given):
    """What the interlocks that were laid down say in a dry run."""
    payload = await asker.change(
        "issueCommand", VERDICTS, channelId=channel(asker), desired=desired, idempotencyKey="k", dryRun=True, **given
    )
    return [each for each in payload["interlocks"] if each["interlock"]]


async def test_an_interlock_is_laid_down_asked_changed_and_taken_out_of_use(plant):
    interlock = await made(
        plant, "CONDITION", otherChannelId=channel(plant, "temperature"), maximum=10.0, appliesFrom=1.0
    )
    assert interlock.pop("id")
    assert interlock == {
        "name": "A CONDITION", "kind": "CONDITION", "minimum": None, "maximum": 10.0, "ratePerMinute": None,
        "holdFor": None, "onAbove": None, "perHour": None, "maxAge": None, "appliesFrom": 1.0, "appliesTo": None,
        "createdBy": "acme-owner", "archivedAt": None, "viewerCanUpdate": True, "channel": {"key": "setpoint"},
        "otherChannel": {"key": "temperature"},
    }  # fmt: skip
    (verdict,) = await asked(plant)
    assert verdict.pop("observedAt")
    assert verdict == {
        "kind": "CONDITION", "allowed": False, "value": 20.0, "minimum": None, "maximum": 10.0,
        "message": "A CONDITION: temperature of Mill reads 20 °C and must read at most 10 °C.",
        "interlock": {"name": "A CONDITION"}, "otherChannel": {"key": "temperature"},
    }  # fmt: skip


async def test_changes_hold_at_once(plant):
    key = (await made(plant, minimum=6500.0))["id"]
    assert [each["allowed"] for each in await asked(plant, 6400.0)] == [False]
    await plant.changed("updateInterlock", SAID, id=key, minimum=6300.0, name="Lower")
    assert [(each["allowed"], each["interlock"]["name"]) for each in await asked(plant, 6400.0)] == [(True, "Lower")]
    await plant.changed("archiveInterlock", SAID, id=key)
    gone = (await plant.changed("archiveInterlock", SAID, id=key))["interlock"]
    assert gone["archivedAt"]
    assert not gone["viewerCanUpdate"]
    assert await asked(plant, 6400.0) == []
    (listed,) = (await plant.ask(LISTED, id=channel(plant)))["channel"]["interlocks"]["nodes"]
    assert (listed["name"], listed["archivedAt"]) == ("Lower", gone["archivedAt"])
    assert await plant.mistake("updateInterlock", id=key, name="Other") == ("CONFLICT", "id")


async def test_what_excludes_a_channel_judges_both(plant):
    async with plant.context.database.pool.acquire() as connection:
        await connection.execute(
            "update channels set writable = true where id = $1", plant.world.channels["temperature"]
        )
    await made(plant, "MUTUAL_EXCLUSION", otherChannelId=channel(plant, "temperature"))
    (verdict,) = await asked(plant)
    assert (verdict["allowed"], verdict["otherChannel"]["key"]) == (False, "temperature")
    payload = await plant.change(
        "issueCommand", VERDICTS, channelId=channel(plant, "temperature"), desired=20, idempotencyKey="k", dryRun=True
    )
    (verdict,) = [each for each in payload["interlocks"] if each["interlock"]]
    assert (verdict["allowed"], verdict["otherChannel"]["key"]) == (False, "setpoint")


async def test_what_cannot_be_meant_is_a_mistake_at_its_place(plant):
    here, there = channel(plant), channel(plant, "temperature")
    for code, path, said in (
        ("INVALID_INPUT", "kind", {"kind": "EXPIRY"}),
        ("INVALID_INPUT", "minimum", {"kind": "RANGE"}),
        ("INVALID_INPUT", "channelId", {"kind": "RANGE", "minimum": 1, "channelId": there}),
        ("INVALID_INPUT", "otherChannelId", {"kind": "MUTUAL_EXCLUSION", "otherChannelId": here}),
        ("NOT_FOUND", "channelId", {"kind": "RANGE", "minimum": 1, "channelId": encode("Channel", uuid4())}),
        ("NOT_FOUND", "otherChannelId", {"kind": "MUTUAL_EXCLUSION", "otherChannelId": encode("Channel", uuid4())}),
    ):
        assert await plant.mistake("createInterlock", **{"channelId": here, "name": "Rule", **said}) == (code, path)
    assert await plant.mistake("archiveInterlock", id=encode("Interlock", uuid4())) == ("NOT_FOUND", "id")


async def test_a_channel_has_so_many_interlocks_and_no_more(plant, monkeypatch):
    monkeypatch.setattr("twinql.storage.interlock_changes.MOST", 1)
    await made(plant, minimum=1.0)
    again = {"channelId": channel(plant), "kind": "RANGE", "name": "Another", "maximum": 9e3}
    assert await plant.mistake("createInterlock", **again) == ("CONFLICT", "channelId")


async def test_an_operator_stops_a_site_and_an_owner_alone_lets_it_go_on(plant):
    site, operator = encode("Site", plant.world.site), plant.as_user(plant.world.operator)
    order = {"channelId": channel(plant), "desired": 7000, "expiresIn": "PT1H"}
    await plant.changed("issueCommand", "command { status }", idempotencyKey="one", **order)
    stopped = await operator.changed(
        "triggerEmergencyStop", "emergencyStop { active } cancelled onTheirWay alreadyHeld", siteId=site, reason="Smoke"
    )
    assert stopped == {"emergencyStop": {"active": True}, "cancelled": 1, "onTheirWay": 0, "alreadyHeld": False}
    again = await operator.changed(
        "triggerEmergencyStop", "emergencyStop { reason } alreadyHeld", siteId=site, reason="Fire"
    )
    assert again == {"emergencyStop": {"reason": "Smoke"}, "alreadyHeld": True}
    seen = (await operator.ask(STOP, id=site))["site"]
    assert seen == {
        "emergencyStop": {"active": True, "reason": "Smoke", "triggeredBy": "acme-operator", "viewerCanRelease": False},
        "emergencyStops": {"nodes": [{"active": True, "releaseReason": None}]},
    }
    payload = await operator.change("issueCommand", "command { status }", idempotencyKey="two", **order)
    assert payload["command"] == {"status": "REJECTED"}
    assert [each["code"] for each in payload["userErrors"]] == ["INTERLOCK"]
    released = {"siteId": site, "reason": "All clear"}
    await plant.changed("releaseEmergencyStop", "emergencyStop { active }", **released)
    assert (await plant.ask(STOP, id=site))["site"] == {
        "emergencyStop": None, "emergencyStops": {"nodes": [{"active": False, "releaseReason": "All clear"}]},
    }  # fmt: skip
    assert await plant.mistake("releaseEmergencyStop", **released) == ("CONFLICT", "siteId")
    assert await plant.mistake("triggerEmergencyStop", siteId=site, reason=" ") == ("INVALID_INPUT", "reason")
    elsewhere = {"siteId": encode("Site", uuid4()), "reason": "Smoke"}
    assert await plant.mistake("triggerEmergencyStop", **elsewhere) == ("NOT_FOUND", "siteId")
