"""Who is told of alarms, laid down through the graph."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.api.alarms import write
from twinql.delivery.webhook import Webhooks
from twinql.domain.global_id import encode
from twinql.live.couriers import Couriers

SAID = "alarmTarget { id name kind address minimumSeverity site { name } enabled archivedAt viewerCanUpdate }"
SECRET = "a secret of some length"
DESK = {"name": " Desk ", "kind": "WEBHOOK", "address": " https://desk.example/alarms ", "secret": SECRET}
MAIL = {"name": "Ann", "kind": "EMAIL", "address": "ann@desk.example"}


async def made(asker, given):
    return (await asker.changed("createAlarmTarget", SAID, **given))["alarmTarget"]


async def test_a_target_says_who_is_told_of_what_and_its_secret_to_nobody(asker):
    desk = await made(asker, {**DESK, "siteId": encode("Site", asker.world.site), "minimumSeverity": "HIGH"})
    assert desk.pop("id")
    assert desk == {
        "name": "Desk", "kind": "WEBHOOK", "address": "https://desk.example/alarms", "minimumSeverity": "HIGH",
        "site": {"name": "Acme site"}, "enabled": True, "archivedAt": None, "viewerCanUpdate": True,
    }  # fmt: skip
    assert [each["secret"] for each in await write(asker, "select secret from alarm_targets")] == [SECRET]
    fields = await asker.ask('{ __type(name: "AlarmTarget") { fields { name } } }')
    assert "secret" not in {each["name"] for each in fields["__type"]["fields"]}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({**DESK, "name": ""}, "name"),
        ({**DESK, "address": "http://desk.example"}, "address"),
        ({**DESK, "address": "https://127.0.0.1/"}, "address"),
        ({**DESK, "address": "ann@desk.example"}, "address"),
        ({**DESK, "secret": "short"}, "secret"),
        ({**DESK, "secret": None}, "secret"),
        ({**MAIL, "secret": SECRET}, "secret"),
        ({**MAIL, "address": "https://desk.example"}, "address"),
        ({**MAIL, "siteId": "no id"}, "siteId"),
    ],
)
async def test_who_cannot_be_told_is_not_written_down(asker, given, path):
    assert await asker.mistake("createAlarmTarget", **given) == ("INVALID_INPUT", path)
    assert await write(asker, "select from alarm_targets") == []


async def test_where_the_server_allows_it_a_webhook_may_be_near(asker):
    asker.context = replace(asker.context, couriers=Couriers(Webhooks(private=True)))
    assert (await made(asker, {**DESK, "address": "http://127.0.0.1:8080/"}))["address"] == "http://127.0.0.1:8080/"


async def test_a_target_is_changed_in_part_and_its_secret_with_it_or_not(asker):
    desk = await made(asker, DESK)
    changes = {
        "name": "Night desk",
        "address": "https://night.example/",
        "minimumSeverity": "CRITICAL",
        "enabled": False,
    }
    changed = (await asker.changed("updateAlarmTarget", SAID, id=desk["id"], **changes))["alarmTarget"]
    assert changed == {**desk, **changes}
    assert [each["secret"] for each in await write(asker, "select secret from alarm_targets")] == [SECRET]
    await asker.changed("updateAlarmTarget", SAID, id=desk["id"], secret=SECRET.upper())
    assert [each["secret"] for each in await write(asker, "select secret from alarm_targets")] == [SECRET.upper()]


@pytest.mark.parametrize(
    "wrong", [{"name": None}, {"address": "x"}, {"address": None}, {"secret": None}, {"secret": ""}]
)
async def test_a_change_after_which_nobody_could_be_told_changes_nothing(asker, wrong):
    desk = await made(asker, DESK)
    before = await write(asker, "select * from alarm_targets")
    given = {"id": desk["id"], "enabled": False, **wrong}
    assert await asker.mistake("updateAlarmTarget", **given) == ("INVALID_INPUT", *wrong)
    assert await write(asker, "select * from alarm_targets") == before


async def test_e_mail_is_never_signed(asker):
    ann = await made(asker, MAIL)
    assert await asker.mistake("updateAlarmTarget", id=ann["id"], secret=SECRET) == ("INVALID_INPUT", "secret")


async def test_a_target_is_archived_and_taken_back(asker):
    desk, ann = await made(asker, DESK), await made(asker, MAIL)
    for _ in range(2):
        gone = (await asker.changed("archiveAlarmTarget", SAID, id=desk["id"]))["alarmTarget"]
        assert gone["archivedAt"] is not None
    found = await asker.ask(
        "{ alarmTargets { nodes { id } } all: alarmTargets(filter: {archived: null}) { totalCount }"
        ' hooks: alarmTargets(filter: {archived: null, kind: WEBHOOK, search: "desk.ex"}) { nodes { name } } }'
    )
    assert found["alarmTargets"]["nodes"] == [{"id": ann["id"]}]
    assert (found["all"]["totalCount"], found["hooks"]["nodes"]) == (2, [{"name": "Desk"}])
    assert (await asker.changed("unarchiveAlarmTarget", SAID, id=desk["id"]))["alarmTarget"] == desk


async def test_what_is_not_there_cannot_be_changed(asker):
    for mutation in ("updateAlarmTarget", "archiveAlarmTarget", "unarchiveAlarmTarget"):
        assert await asker.mistake(mutation, id=encode("AlarmTarget", uuid4())) == ("NOT_FOUND", "id")
    nowhere = encode("Site", uuid4())
    assert await asker.mistake("createAlarmTarget", **MAIL, siteId=nowhere) == ("NOT_FOUND", "siteId")


async def test_only_owners_see_who_is_told(asker):
    desk = await made(asker, DESK)
    for actor in (asker.world.viewer, asker.world.operator):
        other = asker.as_user(actor)
        assert (await other.refusal("{ alarmTargets { nodes { name } } }"))[0] == "FORBIDDEN"
        node = await other.ask("query ($id: ID!) { node(id: $id) { ... on AlarmTarget { address } } }", id=desk["id"])
        assert node == {"node": None}
