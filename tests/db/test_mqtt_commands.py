"""Commands over a real broker: out to devices that are there, and back what became of them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from uuid import UUID, uuid4

from tests.brokers import PATIENCE_S, Client, needs_mosquitto
from tests.mqtt_plant import plant, said, until
from twinql.devices.mqtt.topics import Kind
from twinql.domain import global_id
from twinql.domain.orders import Order
from twinql.storage.commands import issue
from twinql.storage.emergency_stops import trigger

pytestmark = needs_mosquitto
AGENT = Path(__file__).parents[2] / "agents" / "mqtt_device.py"
LIFE = "select status::text from command_transitions where command_id = $1 order by sequence"
EXECUTED = ["REQUESTED", "QUEUED", "SENT", "ACKNOWLEDGED", "EXECUTED"]
ONLINE = json.dumps({"status": "ONLINE"})
WITH_JOURNAL = json.dumps({"status": "ONLINE", "journal": True})


def agent():
    spec = spec_from_file_location("mqtt_device", AGENT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def ordered(plant_, desired=3000.0, **how):
    order = Order(plant_.world.channels["setpoint"], str(uuid4()), desired=desired, **how)
    issued = await issue(plant_.database, plant_.world.operator, order, now=datetime.now(UTC))
    assert issued.obstacles == (), issued
    plant_.dispatcher.nudge()
    return issued.command_id


async def listening(plant_, device, availability=ONLINE):
    """Be a device by hand: subscribe to commands, and be there."""
    client = await Client("device", plant_.broker.port).ready()
    client.paho.subscribe(str(plant_.topic(device, Kind.COMMANDS)), qos=1)
    await client.say(plant_.topic(device, Kind.AVAILABILITY), availability, retain=True)
    return client


async def came(client):
    message = await asyncio.wait_for(client.came.get(), PATIENCE_S)
    return json.loads(message.payload), message


def report(command, status, **others):
    return json.dumps({"commandId": global_id.encode("Command", command), "status": status, **others})


def seen_now(plant_, value):
    """A reading of the setpoint that is taken now."""
    return plant_.reading(0, value, key="setpoint", observedAt=datetime.now(UTC).isoformat())


async def test_a_command_goes_out_to_a_device_that_is_there_and_its_answers_come_back(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("setpoint")
        await plant_.record("setpoint", 1000.0)
        command = await ordered(plant_)
        client = await listening(plant_, device)
        await plant_.until("select availability::text from api_keys", ["ONLINE"])
        asked, message = await came(client)
        assert asked == {
            "commandId": global_id.encode("Command", command),
            "channelId": global_id.encode("Channel", plant_.world.channels["setpoint"]),
            "channelKey": "setpoint",
            "desired": 3000.0,
            "action": None,
            "expiresAt": asked["expiresAt"],
        }
        assert 290 <= message.properties.MessageExpiryInterval <= 300
        reports = plant_.topic(device, Kind.REPORTS)
        yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        await client.say(reports, report(command, "ACKNOWLEDGED", at=yesterday))
        await client.say(reports, report(command, "ACKNOWLEDGED"))
        await client.say(reports, report(command, "EXECUTED", detail="in a moment"))
        await client.say(reports, report(command, "ACKNOWLEDGED"))
        await client.say(reports, report(command, "FAILED"))
        await client.say(reports, report(uuid4(), "EXECUTED"))
        await client.say(reports, report(command, "VERIFIED"))
        await client.say(reports, b"{")
        await plant_.until(LIFE, EXECUTED, command)
        await plant_.refused("MALFORMED_PAYLOAD", 2)
        assert plant_.mqtt.refusals.counts == {
            "CLOCK_OFF": 1,
            "REPEATED": 2,
            "FINISHED": 1,
            "UNKNOWN_COMMAND": 1,
            "MALFORMED_PAYLOAD": 2,
        }
        who = await plant_.sql.fetchval("select actor from command_transitions where status = 'EXECUTED'")
        assert who == f"device:{device}"
        await client.say(plant_.topic(device), said(seen_now(plant_, 3000.0)))
        await plant_.until(LIFE, [*EXECUTED, "VERIFIED"], command)
        client.close()


async def test_what_a_device_may_not_speak_of_is_refused(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        theirs, other = await plant_.device("setpoint"), await plant_.device("temperature")
        await plant_.record("setpoint", 1000.0)
        client = await listening(plant_, theirs)
        command = await ordered(plant_)
        await came(client)
        await client.say(plant_.topic(other, Kind.REPORTS), report(command, "ACKNOWLEDGED"))
        await client.say(plant_.topic(uuid4(), Kind.REPORTS), report(command, "ACKNOWLEDGED"))
        await client.say(plant_.topic(uuid4(), Kind.AVAILABILITY), ONLINE)
        await plant_.refused("UNKNOWN_DEVICE", 2)
        await plant_.refused("UNKNOWN_COMMAND")
        assert await plant_.sql.fetchval("select status::text from commands") == "SENT"
        await plant_.revoke(theirs)
        plant_.mqtt.presence.look()  # as the feed has it do

        async def is_gone():
            return not plant_.mqtt.transport.channels()

        await until(is_gone)
        client.close()


async def test_a_device_whose_connection_is_lost_is_sent_nothing_until_it_is_back(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("setpoint")
        await plant_.record("setpoint", 1000.0)
        where = str(plant_.topic(device, Kind.AVAILABILITY))
        doomed = await Client("device", plant_.broker.port, will=(where, '{"status": "OFFLINE"}')).ready()
        await doomed.say(where, ONLINE, retain=True)
        await plant_.until("select availability::text from api_keys", ["ONLINE"])
        doomed.paho.loop_stop()
        doomed.paho._sock_close()  # without a word
        await plant_.until("select availability::text from api_keys", ["OFFLINE"])
        command, short = await ordered(plant_), await ordered(plant_, 1.0, expires_in=timedelta(seconds=1))
        await plant_.until(LIFE, ["REQUESTED", "QUEUED", "EXPIRED"], short)
        client = await listening(plant_, device)
        assert (await came(client))[0]["desired"] == 3000.0
        assert client.came.empty()
        await plant_.until(LIFE, ["REQUESTED", "QUEUED", "SENT"], command)
        client.close()


async def test_a_device_that_says_nothing_after_the_broker_has_forgotten_it_has_left(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        there, gone = await plant_.device("setpoint"), await plant_.device("temperature")
        client = await listening(plant_, there)
        await plant_.until("select availability::text from api_keys where id = $1", ["ONLINE"], there)
        await plant_.sql.execute("update api_keys set availability = 'ONLINE', availability_at = now()")
        plant_.mqtt.presence.settles_s = 0.0
        plant_.mqtt.presence.look()
        await plant_.until("select availability::text from api_keys where id = $1", ["OFFLINE"], gone)
        assert await plant_.sql.fetchval("select availability::text from api_keys where id = $1", there) == "ONLINE"
        client.close()


async def says_again(plant_, client, device, availability):
    """Leave and come back, and wait until TwinQL knows it."""
    where, said_at = plant_.topic(device, Kind.AVAILABILITY), "select availability_at from api_keys"
    before = await plant_.sql.fetchval(said_at)
    await client.say(where, '{"status": "OFFLINE"}')
    await client.say(where, availability, retain=True)

    async def is_back():
        return await plant_.sql.fetchval(said_at) > before and plant_.mqtt.presence.channels()

    await until(is_back)


async def test_only_a_device_with_a_journal_is_sent_again_what_it_may_have_missed(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        plant_.dispatcher.patience = timedelta(milliseconds=100)
        device = await plant_.device("setpoint")
        await plant_.record("setpoint", 1000.0)
        client = await listening(plant_, device)
        sent = ["REQUESTED", "QUEUED", "SENT", "TIMED_OUT"]
        missed = await ordered(plant_)
        await came(client)
        await plant_.until(LIFE, sent, missed)
        await says_again(plant_, client, device, ONLINE)
        assert client.came.empty()
        await says_again(plant_, client, device, WITH_JOURNAL)
        assert (await came(client))[0]["commandId"] == global_id.encode("Command", missed)
        await client.say(plant_.topic(device, Kind.REPORTS), report(missed, "EXECUTED"))
        await plant_.until(LIFE, [*sent, "ACKNOWLEDGED", "EXECUTED"], missed)
        client.close()


async def test_what_a_later_command_has_overtaken_is_not_sent_again(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        plant_.dispatcher.patience = timedelta(milliseconds=100)
        device = await plant_.device("setpoint")
        await plant_.record("setpoint", 1000.0)
        client = await listening(plant_, device, WITH_JOURNAL)
        overtaken = await ordered(plant_)
        await came(client)
        await plant_.until(LIFE, ["REQUESTED", "QUEUED", "SENT", "TIMED_OUT"], overtaken)
        later = await ordered(plant_, 2000.0)
        await came(client)
        await client.say(plant_.topic(device, Kind.REPORTS), report(later, "EXECUTED"))
        await plant_.until("select status::text from commands where id = $1", ["EXECUTED"], later)
        await says_again(plant_, client, device, WITH_JOURNAL)
        assert client.came.empty()
        client.close()


async def stop(plant_):
    now = datetime.now(UTC)
    return await trigger(plant_.database, plant_.world.operator, plant_.world.site, "Smoke", now=now)


async def test_a_device_that_comes_back_during_a_stop_is_not_sent_again_what_it_may_have_missed(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("setpoint")
        await plant_.record("setpoint", 1000.0)
        client = await listening(plant_, device, WITH_JOURNAL)
        missed = await ordered(plant_)
        await came(client)
        stopped = await stop(plant_)
        assert (stopped.cancelled, stopped.on_their_way) == (0, 1)
        await says_again(plant_, client, device, WITH_JOURNAL)
        assert client.came.empty()
        await plant_.until(LIFE, ["REQUESTED", "QUEUED", "SENT", "TIMED_OUT"], missed)
        assert (await stop(plant_)).on_their_way == 1
        client.close()


async def test_an_interlock_that_refuses_by_now_keeps_a_command_from_being_sent_again(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("setpoint")
        await plant_.record("setpoint", 1000.0)
        client = await listening(plant_, device, WITH_JOURNAL)
        missed = await ordered(plant_)
        await came(client)
        await plant_.sql.execute("update channels set limit_high = 10 where key = 'setpoint'")
        await says_again(plant_, client, device, WITH_JOURNAL)
        assert client.came.empty()
        await plant_.until(LIFE, ["REQUESTED", "QUEUED", "SENT", "TIMED_OUT"], missed)
        client.close()


async def test_a_stop_takes_back_what_the_broker_said_that_nobody_heard(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("setpoint")
        await plant_.record("setpoint", 1000.0)
        client = await Client("device", plant_.broker.port).ready()  # it does not subscribe
        await client.say(plant_.topic(device, Kind.AVAILABILITY), WITH_JOURNAL, retain=True)
        missed = await ordered(plant_)
        await plant_.until("select trying from twinql_private.untold_commands", [False])
        stopped = await stop(plant_)
        assert (stopped.cancelled, stopped.on_their_way) == (1, 0)
        await plant_.until(LIFE, ["REQUESTED", "QUEUED", "SENT", "REJECTED"], missed)
        client.paho.subscribe(str(plant_.topic(device, Kind.COMMANDS)), qos=1)
        await says_again(plant_, client, device, WITH_JOURNAL)
        assert client.came.empty()
        client.close()


async def test_the_device_of_the_agents_does_what_is_asked_once(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        key, did = await plant_.device("setpoint"), []
        await plant_.record("setpoint", 1000.0)
        base = str(plant_.topic(key)).rsplit("/", 1)[0]
        device = agent().Device(base, tmp_path / "journal", lambda _db, command: did.append(command["desired"]))
        device.connect("127.0.0.1", plant_.broker.port)
        device.client.loop_start()
        command = await ordered(plant_)
        await plant_.until(LIFE, [*EXECUTED, "VERIFIED"], command)
        # The broker brings it once more, as it may with QoS 1, and a stranger's retained one.
        sender = await Client("sender", plant_.broker.port).ready()
        again = {
            "commandId": global_id.encode("Command", command),
            "desired": 3000.0,
            "expiresAt": "2100-01-01T00:00:00Z",
        }
        await sender.say(f"{base}/commands", json.dumps(again))
        await plant_.refused("REPEATED")
        stale = {**again, "commandId": global_id.encode("Command", UUID(int=7)), "expiresAt": "2026-01-01T00:00:00Z"}
        await sender.say(f"{base}/commands", json.dumps(stale))
        await plant_.refused("UNKNOWN_COMMAND")
        assert did == [3000.0]
        sender.close()
        device.client.disconnect()
        device.client.loop_stop()
        device.db.close()
