"""A real broker for tests: mosquitto, started on a free port with a configuration of its own."""

import asyncio
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
PATIENCE_S = 20.0
OPEN = "allow_anonymous true\n"


class BrokerProcess:
    """A broker that can be stopped, killed and started again on the same port with what it kept."""

    def __init__(self, folder: Path, lines: str = OPEN, *, listener: str = "") -> None:
        self.folder, self.port, self.process = folder, _free_port(), None
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "mosquitto.conf"
        self.config.write_text(
            # Started as root it would become another user, who may not see this folder.
            f"user {getuser()}\nlistener {self.port} 127.0.0.1\n{listener}{lines}"
            f"persistence true\npersistence_location {folder}/\nmax_queued_messages 0\nset_tcp_nodelay true\n"
        )

    def start(self) -> None:
        with (self.folder / "mosquitto.log").open("a") as log:
            self.process = subprocess.Popen([MOSQUITTO, "-c", str(self.config)], stdout=log, stderr=log)
        for _ in range(500):
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text()
            try:
                self.process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError("mosquitto does not listen")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(10)


@contextmanager
def broker(folder: Path, lines: str = OPEN, **others: str):
    """Run a broker for as long as the block lasts."""
    running = BrokerProcess(folder, lines, **others)
    running.start()
    try:
        yield running
    finally:
        running.stop()


class Client:
    """A device's side of the wire: paho as its maker means it, with what came in a queue of the loop."""

    def __init__(self, name: str, port: int, *, will=None, prepare=None, **connecting):
        self.loop = asyncio.get_running_loop()
        self.came = asyncio.Queue()
        self.connected = asyncio.Event()
        self._awaited = {}
        self.paho = paho.Client(paho.CallbackAPIVersion.VERSION2, name, protocol=paho.MQTTv5)
        if will is not None:
            self.paho.will_set(*will, qos=1, retain=True)
        if prepare is not None:
            prepare(self.paho)
        self.paho.on_connect = lambda *about: self.loop.call_soon_threadsafe(self._connected, about[3])
        self.paho.on_disconnect = lambda *_: self.loop.call_soon_threadsafe(self.connected.clear)
        self.paho.on_publish = lambda *about: self.loop.call_soon_threadsafe(self._published, about[2], about[3].value)
        self.paho.on_message = lambda *about: self.loop.call_soon_threadsafe(self.came.put_nowait, about[2])
        self.paho.reconnect_delay_set(0.05, 0.2)
        self.paho.connect_async("127.0.0.1", port, **connecting)
        self.paho.loop_start()

    def _connected(self, reason):
        self.reason = reason
        self.connected.set()

    def _published(self, mid, reason):
        if mid in self._awaited:
            self._awaited.pop(mid).set_result(reason)

    async def ready(self):
        async with asyncio.timeout(PATIENCE_S):
            await self.connected.wait()
        return self

    async def say(self, topic, payload, *, qos=1, retain=False, **about) -> int:
        """Publish, wait until the broker has it, and return its reason code."""
        properties = None
        if about:
            properties = Properties(PacketTypes.PUBLISH)
            for name, value in about.items():
                setattr(properties, name, value)
        await self.ready()
        said = self.paho.publish(str(topic), payload, qos=qos, retain=retain, properties=properties)
        answer = self._awaited[said.mid] = self.loop.create_future()
        return await asyncio.wait_for(answer, PATIENCE_S)

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
