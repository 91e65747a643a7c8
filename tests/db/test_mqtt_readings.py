"""Readings over a real broker: recorded once, acknowledged when they are committed, refused by name."""

import json
from uuid import uuid4

from tests.brokers import Client, needs_mosquitto
from tests.mqtt_plant import plant, said
from tests.world import make_world

pytestmark = needs_mosquitto
READINGS = "select value from readings where source = 'DEVICE' order by observed_at"


async def test_what_cannot_be_recorded_is_refused_by_name_and_disturbs_nothing_else(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        other = await make_world(database_url, "Other")
        device = await plant_.device("temperature", "execution")
        foreign = await plant_.device("temperature", world=other)
        revoked = await plant_.device("temperature")
        await plant_.revoke(revoked)
        client = await Client("device", plant_.broker.port).ready()
        good = plant_.topic(device)
        tomorrow = plant_.reading(86_400, 4)
        await client.say(good, said(plant_.reading(0, 0)))
        await client.say(good, b"\xff{")
        await client.say(good, "[]")
        await client.say(good, json.dumps({"readings": []}))
        await client.say(good, said(plant_.reading(1, 1)), retain=True)  # this one is live: it was published now
        await client.say("twinql/v1/nobody/nothing/readings", said(plant_.reading(2, 2)))
        await client.say(plant_.topic(device, world=other), said(plant_.reading(3, 3)))
        await client.say(plant_.topic(foreign, world=other), said(plant_.reading(3, 3)))
        await client.say(plant_.topic(revoked), said(plant_.reading(3, 3)))
        await client.say(plant_.topic(uuid4()), said(plant_.reading(3, 3)))
        await client.say(
            good,
            said(
                tomorrow,
                plant_.reading(5, 5, key="setpoint"),
                plant_.reading(6, "6"),
                7,
                plant_.reading(8, 8, unit="KILOWATT"),
                plant_.reading(9, 9, key="execution"),
                {**plant_.reading(10, 10), "observedAt": "2026-11-21T12:00:00"},
                plant_.reading(11, 11),
            ),
        )
        await plant_.until(READINGS, [0, 1, 11])
        await plant_.until("select count(*) from rejected_readings where source = 'DEVICE'", [8])
        counts = plant_.mqtt.refusals.counts
        assert counts == {
            "MALFORMED_PAYLOAD": 3,
            "MALFORMED_TOPIC": 1,
            "FOREIGN_TOPIC": 1,
            "UNKNOWN_DEVICE": 2,
            "UNKNOWN_CHANNEL": 2,
            "IN_FUTURE": 1,
            "INVALID_VALUE": 2,
            "UNIT_MISMATCH": 1,
            "UNKNOWN_STATE": 1,
            "INVALID_TIME": 1,
        }
        kept = await plant_.sql.fetch(
            "select code, origin from rejected_readings where organisation_id = $1", plant_.world.organisation
        )
        assert sorted(row["code"] for row in kept) == [
            "INVALID_TIME",
            "INVALID_VALUE",
            "INVALID_VALUE",
            "IN_FUTURE",
            "UNIT_MISMATCH",
            "UNKNOWN_CHANNEL",
            "UNKNOWN_STATE",
        ]
        assert {row["origin"] for row in kept} == {str(good)}
        client.close()


async def test_what_a_broker_kept_from_before_is_refused(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("temperature")
        client = await Client("device", plant_.broker.port).ready()
        await client.say(plant_.topic(device), said(plant_.reading(0, 0)), retain=True)
        await plant_.until(READINGS, [0])
        link = plant_.mqtt.links["readings"]
        link.close()  # the next connection subscribes anew, and is told what was kept
        await plant_.refused("RETAINED")
        await client.say(plant_.topic(device), said(plant_.reading(1, 1)))
        await plant_.until(READINGS, [0, 1])  # one that was not acknowledged in time may have come again
        client.close()


async def test_what_comes_while_nobody_listens_waits_at_the_broker_and_is_recorded_once(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("temperature")
        client = await Client("device", plant_.broker.port).ready()
        await client.say(plant_.topic(device), said(plant_.reading(0, 0)))
        await plant_.until(READINGS, [0])
        plant_.broker.stop()
        plant_.broker.start()
        for value in (1, 2, 2):
            assert await client.say(plant_.topic(device), said(plant_.reading(value, value))) == 0
        await plant_.until(READINGS, [0, 1, 2])
        client.close()
