"""Where the commands to a device are sent, laid down through the graph."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.api.alarms import write
from twinql.domain.global_id import encode

SAID = "commandWebhook { id address enabled lastAttemptAt lastError apiKey { name } }"
SECRET = "a secret of some length"


@pytest.fixture
async def key(asker):
    channel = encode("Channel", asker.world.channels["setpoint"])
    made = await asker.changed("createApiKey", "apiKey { id }", name="Gateway", channelIds=[channel])
    return made["apiKey"]["id"]


async def made(asker, key, **given):
    given = {"apiKeyId": key, "address": " https://gateway.example/commands ", "secret": SECRET, **given}
    return (await asker.changed("createCommandWebhook", SAID, **given))["commandWebhook"]


async def test_a_key_has_one_webhook_and_its_secret_is_told_to_nobody(asker, key):
    hook = await made(asker, key)
    assert hook.pop("id")
    assert hook == {
        "address": "https://gateway.example/commands", "enabled": True, "lastAttemptAt": None, "lastError": None,
        "apiKey": {"name": "Gateway"},
    }  # fmt: skip
    assert [each["secret"] for each in await write(asker, "select secret from command_webhooks")] == [SECRET]
    fields = await asker.ask('{ __type(name: "CommandWebhook") { fields { name } } }')
    assert "secret" not in {each["name"] for each in fields["__type"]["fields"]}
    again = {"apiKeyId": key, "address": "https://other.example", "secret": SECRET}
    assert await asker.mistake("createCommandWebhook", **again) == ("CONFLICT", "apiKeyId")
    shown = await asker.ask("{ viewer { organisation { apiKeys { nodes { commandWebhook { address } } } } } }")
    assert shown["viewer"]["organisation"]["apiKeys"]["nodes"] == [{"commandWebhook": {"address": hook["address"]}}]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"address": "http://gateway.example"}, "address"),
        ({"address": "https://10.1.2.3/"}, "address"),
        ({"secret": "short"}, "secret"),
        ({"apiKeyId": "no id"}, "apiKeyId"),
    ],
)
async def test_what_cannot_work_is_not_written_down(asker, key, wrong, path):
    given = {"apiKeyId": key, "address": "https://gateway.example", "secret": SECRET, **wrong}
    assert await asker.mistake("createCommandWebhook", **given) == ("INVALID_INPUT", path)
    assert await write(asker, "select from command_webhooks") == []


async def test_where_the_server_allows_it_a_webhook_may_be_near(asker, key):
    asker.context = replace(asker.context, command_webhooks_private=True)
    assert (await made(asker, key, address="http://127.0.0.1:8080/"))["address"] == "http://127.0.0.1:8080/"


async def test_a_webhook_is_changed_in_part_and_its_secret_with_it_or_not(asker, key):
    hook = await made(asker, key)
    changes = {"address": "https://new.example/", "enabled": False}
    changed = (await asker.changed("updateCommandWebhook", SAID, id=hook["id"], **changes))["commandWebhook"]
    assert changed == {**hook, **changes}
    await asker.changed("updateCommandWebhook", SAID, id=hook["id"], secret=SECRET.upper())
    assert [each["secret"] for each in await write(asker, "select secret from command_webhooks")] == [SECRET.upper()]
    for wrong in ({"address": None}, {"address": "x"}, {"secret": ""}, {"enabled": None}):
        assert await asker.mistake("updateCommandWebhook", id=hook["id"], **wrong) == ("INVALID_INPUT", *wrong)


async def test_what_is_not_there_cannot_be_changed_or_used(asker):
    assert await asker.mistake("updateCommandWebhook", id=encode("CommandWebhook", uuid4())) == ("NOT_FOUND", "id")
    given = {"apiKeyId": encode("ApiKey", uuid4()), "address": "https://gateway.example", "secret": SECRET}
    assert await asker.mistake("createCommandWebhook", **given) == ("NOT_FOUND", "apiKeyId")


async def test_only_owners_see_where_commands_are_sent(asker, key):
    hook = await made(asker, key)
    node = "query ($id: ID!) { node(id: $id) { ... on CommandWebhook { address } } }"
    assert (await asker.ask(node, id=hook["id"]))["node"] == {"address": hook["address"]}
    for actor in (asker.world.viewer, asker.world.operator):
        assert await asker.as_user(actor).ask(node, id=hook["id"]) == {"node": None}
