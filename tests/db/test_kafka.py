"""Over a real broker: no reading of a topic is lost, and decisions and commands are announced in order."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from tests.kafka_broker import kafka_running
from tests.plant import Plant
from tests.world import make_world
from twinql.devices.dispatcher import Acknowledgement, Dispatcher
from twinql.devices.kafka.announcer import Announcer
from twinql.devices.kafka.cluster import Cluster
from twinql.devices.kafka.readings import ReadingsFromKafka
from twinql.devices.kafka.service import speaking_kafka
from twinql.domain.global_id import encode
from twinql.storage.database import prepare_codecs
from twinql.storage.outbox import listening

PATIENCE_S = 60.0
_DECIDE = """
insert into decisions (organisation_id, asset_id, channel_id, rule, action, urgency, reasons, made_at)
select organisation_id, asset_id, id, 'LIMIT', 'INSPECT', 'LOW',
    '[{"code": "EXPECTED", "message": "It gets hot.", "value": 71, "threshold": 65, "unit": "DEGREE_CELSIUS"}]', $2
from channels where id = $1
returning id
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with kafka_running(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def cluster(broker):
    """The broker, with topics of this test alone."""
    names = {name: f"{name}-{uuid4()}" for name in ("group", "readings", "rejected", "decisions", "commands")}
    return Cluster(broker.address, **names)


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        plant.now = datetime.now(UTC).replace(microsecond=0)
        yield plant


@asynccontextmanager
async def producing(cluster):
    producer = cluster.producer()
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def heard(cluster, topic, count):
    """Read so many records of a topic from its beginning."""
    consumer = replace(cluster, readings=topic, group=f"reader-{uuid4()}").consumer()
    await consumer.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


async def until(plant, statement, expected):
    """Wait until a statement says what is expected."""
    async with asyncio.timeout(PATIENCE_S):
        while (await plant.sql(statement))[0][0] != expected:  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.02)


def reading(plant, seconds, value, key="temperature", **others):
    at = (plant.now - timedelta(hours=1) + timedelta(seconds=seconds)).isoformat()
    return {"channelId": encode("Channel", plant.world.channels[key]), "observedAt": at, "value": value, **others}


def said(organisation, *readings):
    return json.dumps({"organisationId": encode("Organisation", organisation), "readings": readings}).encode()


async def test_readings_are_recorded_and_what_cannot_be_is_set_aside(plant, cluster):
    other = await make_world(plant.url, "Other")
    ours = plant.world.organisation
    async with producing(cluster) as producer:
        for value in (
            said(ours, reading(plant, 0, 20), reading(plant, 1, "hot"), reading(plant, 2, 22, unit="KILOWATT")),
            b"\xff{",
            None,
            json.dumps({"readings": [reading(plant, 3, 23)]}).encode(),
            said(uuid4(), reading(plant, 4, 24)),
            said(other.organisation, reading(plant, 5, 25)),
            said(ours, reading(plant, 6, 26)),
        ):
            await producer.send_and_wait(cluster.readings, value, key=b"press")
    async with speaking_kafka(replace(cluster, decisions=None, commands=None), plant.database, plant.url) as (
        intake,
        _,
    ):
        await until(plant, "select count(*) from readings where source = 'DEVICE'", 2)
        await until(plant, "select count(*) from rejected_readings", 3)
        refused = await heard(cluster, cluster.rejected, 4)
    assert intake.refused == {"MALFORMED_RECORD": 3, "UNKNOWN_ORGANISATION": 1, "NOT_STORED": 0}
    assert [each.value for each in refused if each.key == b"press"][:2] == [b"\xff{", None]
    headers = [{name: text.decode() for name, text in each.headers} for each in refused]
    assert {each["twinql-code"] for each in headers} == {"MALFORMED_RECORD", "UNKNOWN_ORGANISATION"}
    assert all(each["twinql-origin"].startswith(f"{cluster.readings}/") for each in headers)
    kept = await plant.sql("select organisation_id, code, origin from rejected_readings order by code")
    assert [(row["organisation_id"], row["code"]) for row in kept] == [
        (ours, "INVALID_VALUE"),
        (ours, "UNIT_MISMATCH"),
        (other.organisation, "UNKNOWN_CHANNEL"),
    ]
    assert all(row["origin"].startswith(f"{cluster.readings}/") for row in kept)


class KilledError(Exception):
    """What a server that is killed cannot say."""


async def test_the_place_is_moved_on_after_the_rows_are_committed_and_not_before(plant, cluster):
    async with producing(cluster) as producer:
        await producer.send_and_wait(cluster.readings, said(plant.world.organisation, reading(plant, 0, 20)))

    async def killed(_offsets):
        raise KilledError

    intake = ReadingsFromKafka(plant.database, cluster)
    consumer = cluster.consumer()
    await consumer.start()
    consumer.commit = killed

    async def take_until_killed():
        while True:
            await intake.take(consumer, None)

    with pytest.raises(KilledError):
        await take_until_killed()
    await consumer.stop()
    assert len(await plant.sql("select from readings where source = 'DEVICE'")) == 1
    # The next one reads it again, and nothing changes.
    async with speaking_kafka(replace(cluster, decisions=None, commands=None), plant.database, plant.url):
        async with producing(cluster) as producer:
            await producer.send_and_wait(cluster.readings, said(plant.world.organisation, reading(plant, 1, 21)))
        await until(plant, "select count(*) from readings where source = 'DEVICE'", 2)
    assert plant.database.outcomes["DUPLICATE"] == 1


async def test_no_reading_is_lost_when_the_database_and_the_broker_go_away(plant, cluster, broker, postgres_url):
    records, rows = 60, 20
    name = plant.url.rpartition("/")[2].partition("?")[0]
    async with (
        asyncpg.create_pool(postgres_url, min_size=1, max_size=1) as admin,
        producing(cluster) as producer,
        speaking_kafka(replace(cluster, decisions=None, commands=None), plant.database, plant.url) as (intake, _),
    ):
        for record in range(records):
            values = [reading(plant, record * rows + row, record) for row in range(rows)]
            await producer.send_and_wait(cluster.readings, said(plant.world.organisation, *values))
            if record == records // 3:
                await admin.execute(f'alter database "{name}" allow_connections false')
                await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
            if record == records // 2:
                broker.kill()
                await asyncio.to_thread(broker.start)
        await admin.execute(f'alter database "{name}" allow_connections true')
        await until(plant, "select count(*) from readings where source = 'DEVICE'", records * rows)
    assert not intake.refused.total()


class Lathe:
    name = "lathe"

    def __init__(self, numbers):
        self.numbers = numbers

    def channels(self):
        return self.numbers

    async def send(self, _command):
        return Acknowledgement(executed=True)


async def test_decisions_and_commands_are_announced_in_order_by_whoever_has_the_turn(plant, cluster, broker):
    (row,) = await plant.sql("select number from channels where key = 'setpoint'")
    dispatcher = Dispatcher(plant.database, [Lathe([row["number"]])], plant.clock)
    told = replace(cluster, readings=None)
    await plant.issue(idempotency_key="of before", desired=1.0)  # nothing of the past is announced
    async with speaking_kafka(told, plant.database, plant.url):
        await until(plant, "select count(*) from twinql_private.kafka_place", 1)
        first = await plant.issue(desired=2.0)
        await plant.sql(_DECIDE, plant.world.channels["temperature"], plant.now)
        plant.wait(seconds=2)
        await dispatcher.dispatch()
        broker.kill()
        plant.wait(seconds=2)
        await dispatcher.dispatch()
        await asyncio.to_thread(broker.start)
        await heard(cluster, cluster.decisions, 1)
    # Another one goes on where that ended, also with what happened in between.
    last = await plant.issue(idempotency_key="last", desired=3.0)
    async with speaking_kafka(told, plant.database, plant.url):
        final = {encode("Command", first.command_id): "EXECUTED", encode("Command", last.command_id): "QUEUED"}
        commands = await announced(cluster, cluster.commands, final)
        (decision,) = await heard(cluster, cluster.decisions, 1)
    channel = encode("Channel", plant.world.channels["setpoint"])
    assert {each.key for each in commands} == {channel.encode()}
    assert len({each.partition for each in commands}) == 1
    lives = {}
    for each in (json.loads(record.value) for record in commands):
        steps = [step["status"] for step in each["transitions"]]
        before = lives.setdefault(each["id"], [])
        assert steps[: len(before)] == before  # a life only ever grows
        lives[each["id"]] = steps
        assert (each["status"], each["channel"]["id"]) == (steps[-1], channel)
    assert lives[encode("Command", first.command_id)] == [
        "REQUESTED", "QUEUED", "SENT", "ACKNOWLEDGED", "EXECUTED",
    ]  # fmt: skip
    made = json.loads(decision.value)
    assert decision.key == encode("Channel", plant.world.channels["temperature"]).encode()
    assert (made["rule"], made["action"], made["status"]) == ("LIMIT", "INSPECT", "OPEN")
    assert made["reasons"] == [
        {"code": "EXPECTED", "message": "It gets hot.", "value": 71, "threshold": 65, "unit": "DEGREE_CELSIUS"}
    ]


async def announced(cluster, topic, final):
    """Read a topic from its beginning until what was last said of some commands is their final status."""
    consumer = replace(cluster, readings=topic, group=f"reader-{uuid4()}").consumer()
    await consumer.start()
    records, stand = [], {}
    try:
        async with asyncio.timeout(PATIENCE_S):
            while {key: stand.get(key) for key in final} != final:
                records.append(await consumer.getone())
                told = json.loads(records[-1].value)
                stand[told["id"]] = told["status"]
        return records
    finally:
        await consumer.stop()


async def test_what_the_outbox_no_longer_keeps_is_told_as_it_is_now(plant, cluster):
    announcer = Announcer(plant.url, replace(cluster, readings=None))
    async with listening(plant.url, lambda: None) as connection, producing(cluster) as producer:
        await prepare_codecs(connection)
        await announcer.announce(connection, producer)
        issued = await plant.issue()
        await plant.sql("delete from twinql_private.outbox")
        await plant.sql("update twinql_private.feed set pruned_position = pruned_position + 1000000")
        assert await announcer.announce(connection, producer)
        assert announcer.counts["MISSED"] == 1
        (told,) = await announced(cluster, cluster.commands, {encode("Command", issued.command_id): "QUEUED"})
        assert json.loads(told.value)["desired"] == 6000.0
        assert await announcer.announce(connection, producer)
        assert announcer.counts == {"COMMANDS": 1, "DECISIONS": 0, "MISSED": 1}
