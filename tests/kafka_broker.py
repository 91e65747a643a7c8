"""A real Kafka broker in KRaft mode, from the jars in the folder that KAFKA_JARS names: `.ci/kafka` fetches them."""

import base64
import os
import shutil
import socket
import subprocess
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

STARTS_WITHIN_S = 60
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
num.partitions=3
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=true
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
"""
_JAVA = ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass
class KafkaBroker:
    """A broker that can be killed and started again on the same port, with what it had written."""

    jars: str
    folder: Path
    port: int
    process: object = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_JAVA, "-Xmx256m", "-cp", f"{self.jars}/*", "kafka.Kafka", str(self.folder / "properties")],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        until = time.monotonic() + STARTS_WITHIN_S
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < until, "the broker does not start"
            time.sleep(0.05)  # it is waited for: only the port tells that it is there

    def kill(self):
        self.process.kill()
        self.process.wait()


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def kafka_running(folder):
    """Run a broker for the length of a block."""
    jars = os.environ.get("KAFKA_JARS")
    if jars is None or shutil.which("java") is None:
        pytest.skip("`.ci/kafka` fetches a broker and runs this")
    broker = KafkaBroker(jars, folder, _free_port())
    properties = _PROPERTIES.format(port=broker.port, controller=_free_port(), folder=folder)
    written = str(folder / "properties")
    Path(written).write_text(properties)
    cluster = "T" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
    subprocess.run(
        [*_JAVA, "-Xmx128m", "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format", "-t", cluster, "-c", written],
        check=True,
        capture_output=True,
        timeout=STARTS_WITHIN_S,
    )
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
