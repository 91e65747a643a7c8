"""API keys: made for some channels, shown once, taken back at once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.world import make_world
from twinql.domain.global_id import decode, encode
from twinql.domain.identity import Device
from twinql.domain.secrets import API_KEY, hash_of, prefix_of
from twinql.storage.api_keys import find_key

KEY = "id name prefix createdBy expiresAt revokedAt lastUsedAt channels { nodes { key } totalCount }"
KEYS = f"{{ viewer {{ organisation {{ apiKeys {{ nodes {{ {KEY} }} }} }} }} }}"


def channel(asker, key):
    return encode("Channel", asker.world.channels[key])


async def made_for(asker, *keys, **given):
    ids = [channel(asker, key) for key in keys]
    return await asker.changed("createApiKey", f"secret apiKey {{ {KEY} }}", name="Gateway", channelIds=ids, **given)


async def keys_of(asker):
    return (await asker.ask(KEYS))["viewer"]["organisation"]["apiKeys"]["nodes"]


async def test_a_key_is_shown_once_and_found_by_its_hash(asker):
    made = await made_for(asker, "temperature", "setpoint")
    secret, key = made["secret"], made["apiKey"]
    assert secret.startswith(API_KEY)
    assert len(secret) == len(API_KEY) + 43
    assert key["prefix"] == prefix_of(secret)
    assert (key["name"], key["createdBy"], key["revokedAt"], key["expiresAt"]) == ("Gateway", "acme-owner", None, None)
    assert key["channels"] == {"nodes": [{"key": "setpoint"}, {"key": "temperature"}], "totalCount": 2}
    found = await find_key(asker.context.database, hash_of(secret))
    assert found.key_id == decode(key["id"]).key
    (listed,) = await keys_of(asker)
    assert listed["lastUsedAt"] is not None
    assert secret not in str(listed)


async def test_a_device_acts_with_it_until_it_is_taken_back(asker):
    made = await made_for(asker, "temperature")
    device = asker.as_user(Device(decode(made["apiKey"]["id"]).key))
    row = {
        "channelId": channel(asker, "temperature"),
        "observedAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
        "value": 21.0,
    }
    recorded = await device.changed("recordReadings", "summary { recorded }", readings=[row])
    assert recorded["summary"]["recorded"] == 1
    revoked = await asker.changed("revokeApiKey", "apiKey { revokedAt }", id=made["apiKey"]["id"])
    assert revoked["apiKey"]["revokedAt"] is not None
    again = await asker.changed("revokeApiKey", "apiKey { revokedAt }", id=made["apiKey"]["id"])
    assert again == revoked
    assert await find_key(asker.context.database, hash_of(made["secret"])) is None
    late = asker.as_user(device.context.actor)
    assert (await late.refusal("mutation { recordReadings(input: {readings: []}) { userErrors { code } } }"))[
        0
    ] == "FORBIDDEN"
    told = (await asker.as_user(device.context.actor).ask("{ viewer { canRead advice } }"))["viewer"]
    assert told == {"canRead": False, "advice": "This API key is good no longer: ask an owner for a new one."}


async def test_a_key_ends_by_itself(asker):
    made = await made_for(asker, "temperature", expiresIn="P30D")
    ends = datetime.fromisoformat(made["apiKey"]["expiresAt"])
    assert timedelta(days=30) - timedelta(minutes=1) < ends - datetime.now(UTC) <= timedelta(days=30)


@pytest.mark.parametrize(
    ("given", "mistake"),
    [
        ({"name": " "}, ("INVALID_INPUT", "name")),
        ({"channelIds": []}, ("INVALID_INPUT", "channelIds")),
        ({"channelIds": ["nonsense"]}, ("INVALID_INPUT", "channelIds")),
        ({"channelIds": [encode("Channel", uuid4())]}, ("NOT_FOUND", "channelIds")),
        ({"expiresIn": "PT1S"}, ("INVALID_INPUT", "expiresIn")),
        ({"expiresIn": "P3651D"}, ("INVALID_INPUT", "expiresIn")),
    ],
)
async def test_what_cannot_be_a_key_is_refused_and_not_made(asker, given, mistake):
    usual = {"name": "Gateway", "channelIds": [channel(asker, "temperature")]}
    assert await asker.mistake("createApiKey", **usual | given) == mistake
    assert await keys_of(asker) == []


async def test_neither_channels_nor_keys_of_others_can_be_had(asker, database_url):
    other = await make_world(database_url, "Zenith")
    theirs = encode("Channel", other.channels["temperature"])
    told = []
    for each in (theirs, encode("Channel", uuid4())):
        payload = await asker.change("createApiKey", "apiKey { id }", name="Spy", channelIds=[each])
        told.append(payload)
    assert told[0] == told[1]
    key = await asker.as_user(other.owner).changed("createApiKey", "apiKey { id }", name="K", channelIds=[theirs])
    for each in (key["apiKey"]["id"], encode("ApiKey", uuid4())):
        assert await asker.mistake("revokeApiKey", id=each) == ("NOT_FOUND", "id")
        assert (await asker.ask("query($id: ID!) { node(id: $id) { id } }", id=each))["node"] is None
