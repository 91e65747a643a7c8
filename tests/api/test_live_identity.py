"""Who may follow, for how long, and what: a real gate and the whole graph on a real socket, over a real database."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.edge import READINGS, bearer, open_edge, token
from tests.feeds import Site
from tests.talk import OLDER
from tests.world import ISSUER
from twinql.domain import global_id
from twinql.domain.orders import Order
from twinql.storage.api_keys import revoke_key
from twinql.storage.commands import issue

COMMANDS = "subscription { commandUpdated { commands { channel { key } } } }"
WHO = "{ viewer { subject } }"


@pytest.fixture
async def edge(database_url, schema):
    async with open_edge(database_url, schema) as edge:
        yield edge


async def readings(talk, count):
    """Hear until so many readings were told, in however many events."""
    told = []
    while len(told) < count:
        event = (await talk.hear())["payload"]["data"]["readingsRecorded"]
        told += [(each["channel"]["key"], each["value"]) for each in event["readings"]]
    return told


@pytest.mark.parametrize("payload", [{}, {"Authorization": "Bearer nonsense"}, {"token": "twinql_nonsense"}])
async def test_whoever_is_not_known_is_refused_with_4403_and_told_what_to_send(edge, payload):
    async with edge.connect() as talk:
        await talk.say({"type": "connection_init", "payload": payload})
        code, reason = await talk.closed()
        assert (code, "Authorization" in reason) == (4403, True)
    async with edge.connect(OLDER) as talk:
        await talk.say({"type": "connection_init", "payload": payload})
        assert await talk.hear() == {"type": "connection_error", "payload": {"message": reason}}
        assert await talk.closed() == (4403, reason)


async def test_the_usual_ways_to_say_who_one_is_are_all_understood(edge):
    known = token("acme-viewer")
    said = [
        {"Authorization": f"Bearer {known}"},
        {"authorization": f"Bearer {known}"},
        {"headers": {"Authorization": f"Bearer {known}"}},
        {"authToken": known},
        {"token": known, "authorization": None},
    ]
    for payload in said:
        async with edge.connect() as talk:
            await talk.greet(**payload)
            await talk.ask("1", WHO)
            assert (await talk.hear())["payload"]["data"]["viewer"]["subject"] == "acme-viewer", payload
    async with edge.connect(additional_headers={"Authorization": f"Bearer {known}"}) as talk:
        await talk.greet()
        await talk.ask("1", WHO)
        assert (await talk.hear())["payload"]["data"]["viewer"]["subject"] == "acme-viewer"
    async with edge.connect() as talk:
        await talk.say({"type": "connection_init", "payload": {"Authorization": 5}})
        assert (await talk.closed())[0] == 4400


async def test_a_feed_ends_with_the_token_that_began_it(edge):
    async with edge.following(bearer("acme-viewer", lasts_s=2)) as talk:
        expires_at = time.time() + 2
        await edge.site.insert(1)
        assert await readings(talk, 1) == [("temperature", 1.0)]
        code, reason = await talk.closed()
        assert abs(time.time() - expires_at) < 1.5
        assert (code, reason) == (4403, "The token expired: connect again with a new one.")
    assert edge.feed.followers == 0


async def test_who_leaves_the_organisation_is_told_nothing_that_happens_afterwards(edge):
    async with edge.following(bearer("acme-viewer")) as talk, edge.following(bearer("acme-operator")) as other:
        await edge.site.insert(1)
        assert await readings(talk, 1) == [("temperature", 1.0)]
        async with edge.site.connection.transaction():
            await edge.sql("delete from memberships where subject = 'acme-viewer'")
            await edge.site.insert(2)
        await edge.site.insert(3)
        code, reason = await talk.closed()
        assert (code, "ask an owner" in reason) == (4403, True)
        assert talk.before_the_end == []
        assert await readings(other, 3) == [("temperature", float(each)) for each in (1, 2, 3)]


async def test_a_key_that_is_revoked_follows_no_longer(edge):
    key_id, text = await edge.key("temperature")
    async with edge.following(f"Bearer {text}") as talk:
        await edge.site.insert(1)
        assert await readings(talk, 1) == [("temperature", 1.0)]
        async with edge.database.transaction(edge.world.owner) as connection:
            assert await revoke_key(connection, key_id)
        await edge.site.insert(2)
        code, reason = await talk.closed()
        assert (code, "key" in reason) == (4403, True)
        assert talk.before_the_end == []


async def test_a_device_follows_the_channels_of_its_key_and_no_others(edge):
    _, text = await edge.key("temperature")
    site = global_id.encode("Site", edge.world.site)
    for wanted in ({}, {"siteIds": [site]}):
        async with edge.following(f"Bearer {text}", filter=wanted) as talk:
            await edge.site.insert(1, key="execution")
            await edge.site.insert(2)
            assert await readings(talk, 1) == [("temperature", 2.0)]
            await edge.sql("delete from readings")
    async with edge.connect() as talk:
        await talk.greet(Authorization=f"Bearer {text}")
        foreign = global_id.encode("Channel", edge.world.channels["execution"])
        await talk.ask("1", READINGS, filter={"channelIds": [foreign]})
        (error,) = await talk.told("1")
        assert error["payload"][0]["extensions"]["code"] == "NOT_FOUND"
        await talk.ask("2", "subscription { decisionMade { cursor } }")
        (error,) = await talk.told("2")
        assert error["payload"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_channel_that_is_taken_from_a_key_is_told_no_more(edge):
    _, text = await edge.key("temperature", "execution")
    async with edge.following(f"Bearer {text}") as talk:
        await edge.site.insert(1)
        assert await readings(talk, 1) == [("temperature", 1.0)]
        async with edge.site.connection.transaction():
            await edge.sql("delete from api_key_channels where channel_id = $1", edge.world.channels["temperature"])
            await edge.site.insert(2)
        await edge.site.insert(1, key="execution")
        assert await readings(talk, 1) == [("execution", 1.0)]


async def test_a_device_follows_the_commands_of_its_own_channels(edge):
    _, text = await edge.key("setpoint")
    await edge.sql("update channels set writable = true where key = 'temperature'")
    async with edge.following(f"Bearer {text}", COMMANDS) as talk:
        for key in ("temperature", "setpoint"):
            order = Order(
                channel_id=edge.world.channels[key], idempotency_key=key, expires_in=timedelta(minutes=5), desired=50.0
            )
            await issue(edge.database, edge.world.operator, order, now=datetime.now(UTC))
        told = (await talk.hear())["payload"]["data"]["commandUpdated"]["commands"]
    assert [each["channel"]["key"] for each in told] == ["setpoint"]


async def test_two_organisations_at_one_server_never_hear_of_each_other(edge, database_url):
    async with (
        Site.open(database_url, "Other") as other,
        edge.following(bearer("acme-viewer")) as ours,
        edge.following(bearer("other-viewer")) as theirs,
    ):
        for value in (1, 2):
            await other.insert(100 + value)
            await edge.site.insert(value)
        assert await readings(ours, 2) == [("temperature", 1.0), ("temperature", 2.0)]
        assert await readings(theirs, 2) == [("temperature", 101.0), ("temperature", 102.0)]
        # What happens to the membership of one is no matter of the other's.
        await other.connection.execute("delete from memberships where subject = 'other-viewer'")
        assert (await theirs.closed())[0] == 4403
        await edge.site.insert(3)
        assert await readings(ours, 1) == [("temperature", 3.0)]


async def test_a_connection_acts_for_the_organisation_it_began_with(edge, database_url):
    async with Site.open(database_url, "Other") as other, edge.connect() as talk:
        await talk.greet(Authorization=bearer("acme-viewer"))
        join = (
            "insert into memberships (organisation_id, issuer, subject, role) values ($1, $2, 'acme-viewer', 'OWNER')"
        )
        await edge.sql(join, other.world.organisation, ISSUER)
        await talk.ask("1", "{ viewer { role } }")
        assert (await talk.hear())["payload"]["data"]["viewer"]["role"] == "VIEWER"


async def test_whoever_is_added_follows_on_the_connection_they_have(edge):
    async with edge.connect() as talk:
        await talk.greet(Authorization=bearer("newcomer"))
        await talk.ask("1", READINGS, filter={})
        (error,) = await talk.told("1")
        assert error["payload"][0]["extensions"]["code"] == "FORBIDDEN"
        join = "insert into memberships (organisation_id, issuer, subject, role) values ($1, $2, 'newcomer', 'VIEWER')"
        await edge.sql(join, edge.world.organisation, ISSUER)
        await talk.ask("2", "subscription { readingsRecorded(filter: {}, snapshot: true) { caughtUp } }")
        assert (await talk.hear())["payload"]["data"]["readingsRecorded"] == {"caughtUp": True}
        await edge.sql("delete from memberships where subject = 'newcomer'")
        assert (await talk.closed())[0] == 4403
