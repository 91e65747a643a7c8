"""The broker is met as docs/mqtt.md says: by TLS, with a password, and each device on its own topics alone."""

import asyncio
import re
import ssl
import subprocess
from pathlib import Path

import asyncpg
import pytest

from tests.brokers import PATIENCE_S, Client, needs_mosquitto
from tests.mqtt_plant import plant, said, until
from tests.receivers import certificate
from twinql.devices.mqtt.topics import Kind
from twinql.domain import global_id
from twinql.errors import InvalidInputError
from twinql.settings import Settings

pytestmark = needs_mosquitto
PAGE = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text(encoding="utf-8")
READINGS = "select value from readings where source = 'DEVICE' order by observed_at"


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def guarded(folder, passwords):
    """Set a broker up as the page says, and return its configuration with a listener for the test."""
    folder.mkdir()
    certificate(folder, "127.0.0.1")
    file = folder / "server.pem"
    (folder / "acl").write_text(block("acl"))
    (folder / "passwords").touch()
    for name, password in passwords.items():
        may_log_in(folder, name, password)
    lines = block("conf").replace("listener 8883\n", "").replace("persistence true\n", "")
    lines = re.sub(r"(persistence_location|max_queued_messages|set_tcp_nodelay) .*\n", "", lines)
    lines = re.sub(r"/etc/mosquitto/certs/server\.\w+", str(file), lines)
    return file, lines.replace("/etc/mosquitto", str(folder))


def may_log_in(folder, name, password):
    subprocess.run(["mosquitto_passwd", "-b", folder / "passwords", name, password], check=True)


def by_tls(file, name, password):
    def prepare(client):
        client.tls_set_context(ssl.create_default_context(cafile=file))
        client.username_pw_set(name, password)

    return prepare


async def test_tls_a_password_and_topics_of_ones_own(database_url, tmp_path):
    passwords = {"twinql": "s3cret"}
    file, lines = guarded(tmp_path / "etc", passwords)
    guard = {"lines": lines, "tls": True, "username": "twinql", "password": "s3cret", "ca_file": file}
    async with plant(database_url, tmp_path, **guard) as plant_:
        device, other = await plant_.device("temperature"), await plant_.device("temperature")
        name = global_id.encode("ApiKey", device)
        plant_.broker.stop()
        may_log_in(tmp_path / "etc", name, "mine")
        plant_.broker.start()
        stranger = Client("stranger", plant_.broker.port, prepare=by_tls(file, name, "wrong"))
        async with asyncio.timeout(PATIENCE_S):
            await stranger.connected.wait()
        assert str(stranger.reason) == "Not authorized"
        stranger.close()
        client = await Client("device", plant_.broker.port, prepare=by_tls(file, name, "mine")).ready()
        assert str(client.reason) == "Success"
        client.paho.subscribe(str(plant_.topic(other, Kind.COMMANDS)), qos=1)
        refused = 0x87  # Not authorized
        assert await client.say(plant_.topic(other), said(plant_.reading(0, 0))) == refused
        assert await client.say(plant_.topic(device, Kind.COMMANDS), "{}") == refused
        assert await client.say(plant_.topic(device), said(plant_.reading(1, 1))) == 0
        await plant_.until(READINGS, [1])
        assert not plant_.mqtt.refusals.counts
        client.close()


async def test_servers_may_share_what_comes(database_url, tmp_path):
    async with plant(database_url, tmp_path, shared=True) as plant_:
        device = await plant_.device("temperature")
        client = await Client("device", plant_.broker.port).ready()
        for value in range(5):
            await client.say(plant_.topic(device), said(plant_.reading(value, value)))
        await client.say(plant_.topic(device, Kind.AVAILABILITY), '{"status": "ONLINE"}', retain=True)
        await plant_.until(READINGS, [0, 1, 2, 3, 4])
        await plant_.until("select availability::text from api_keys", ["ONLINE"])
        client.close()


async def test_what_comes_while_the_database_is_away_is_recorded_once_it_is_back(database_url, postgres_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("temperature")
        client = await Client("device", plant_.broker.port).ready()
        await client.say(plant_.topic(device), said(plant_.reading(0, 0)))
        await plant_.until(READINGS, [0])
        beside, name = await asyncpg.connect(postgres_url), database_url.rsplit("/", 1)[1]
        await beside.execute(f"alter database {name} allow_connections false")
        await beside.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> $2",
            name,
            plant_.sql.get_server_pid(),
        )
        await client.say(plant_.topic(device), said(plant_.reading(1, 1)))
        await client.say(plant_.topic(device), said(plant_.reading(2, 2), plant_.reading(0, 0)))

        async def tried():
            return plant_.mqtt.readings.waits > 0

        await until(tried)
        await beside.execute(f"alter database {name} allow_connections true")
        await beside.close()
        await plant_.until(READINGS, [0, 1, 2])
        assert not plant_.mqtt.refusals.counts
        client.close()


async def test_a_database_that_takes_nothing_for_now_loses_nothing(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        device = await plant_.device("temperature")
        client = await Client("device", plant_.broker.port).ready()
        await plant_.sql.execute("alter table readings rename to elsewhere")
        await client.say(plant_.topic(device), said(plant_.reading(1, 1)))

        async def tried():
            return plant_.mqtt.readings.waits > 0

        await until(tried)
        await plant_.sql.execute("alter table elsewhere rename to readings")
        await plant_.until(READINGS, [1])
        assert not plant_.mqtt.refusals.counts
        client.close()


async def test_a_broker_that_is_away_is_waited_for(database_url, tmp_path):
    async with plant(database_url, tmp_path) as plant_:
        plant_.broker.stop()

        async def noticed():
            return not plant_.mqtt.standing.is_set()

        await until(noticed)
        assert plant_.mqtt.transport.channels() == ()
        plant_.broker.start()
        await asyncio.wait_for(plant_.mqtt.standing.wait(), PATIENCE_S)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("MQTT_URL", "http://broker"),
        ("MQTT_URL", "mqtt://"),
        ("MQTT_URL", "mqtt://user:password@broker"),
        ("MQTT_URL", "mqtt://broker:0"),
        ("MQTT_CLIENT_ID", "a/b"),
    ],
)
def test_settings_that_can_never_work_are_refused(variable, text):
    with pytest.raises(InvalidInputError, match=variable):
        Settings.from_env({variable: text})
