"""Speaks with devices over MQTT for as long as a server lives: the one place where the broker is come back to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

import structlog

from twinql.devices.mqtt.connection import Broker, Link, Message, Take, linked
from twinql.devices.mqtt.directory import DeviceDirectory
from twinql.devices.mqtt.readings import ReadingsIntake
from twinql.devices.mqtt.refusals import Refusal, Refusals
from twinql.devices.mqtt.topics import SHARED, Kind, Topic, every, parse
from twinql.errors import InvalidInputError, TwinError
from twinql.settings import Settings
from twinql.storage.database import Database

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 10.0
LINKS: Final = 1
PORT: Final = 1883
TLS_PORT: Final = 8883

log = structlog.stdlib.get_logger("twinql.mqtt")


@dataclass(slots=True)
class Mqtt:
    """What a server says and hears by MQTT.

    Readings have a connection of their own: while they wait for the database, commands and reports do not.

    Attributes:
        broker: Where it is spoken.
        database: Where it all goes to and comes from.
        refusals: What was refused so far, of all devices.
        links: The connections that stand now, by what they are for.
        standing: Set while all of them do.
    """

    broker: Broker
    database: Database
    refusals: Refusals = field(default_factory=Refusals)
    links: dict[str, Link] = field(default_factory=dict)
    standing: asyncio.Event = field(default_factory=asyncio.Event)
    devices: DeviceDirectory = field(init=False)
    readings: ReadingsIntake = field(init=False)

    def __post_init__(self) -> None:
        """Make the parts."""
        self.devices = DeviceDirectory(self.database)
        self.readings = ReadingsIntake(self.database, self.devices, self.refusals)

    async def run(self) -> None:
        """Speak until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.readings.run(), name="mqtt readings")
            tasks.create_task(self._stay("readings", [Kind.READINGS], self._on({Kind.READINGS: self.readings.take})))

    async def _stay(self, name: str, kinds: Sequence[Kind], take: Take) -> None:
        """Be connected, and connect again whenever that is lost."""
        broker = replace(self.broker, client_id=f"{self.broker.client_id}-{name}")
        plain = [every(kind) for kind in kinds]
        shared = [SHARED + each for each in plain]
        filters, others = (shared, plain) if broker.shared else (plain, shared)
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with linked(broker, filters, take, others) as link:
                    self._stands(name, link)
                    log.info("Connected to the MQTT broker.", host=broker.host, port=broker.port, link=name)
                    pause_s = FIRST_PAUSE_S
                    await link.lost.wait()
                log.warning("The connection to the MQTT broker is lost.", reason=link.why_lost, link=name)
            except TwinError as error:
                log.warning(
                    "There is no connection to the MQTT broker; it is tried again.", error=error.message, link=name
                )
            finally:
                self.links.pop(name, None)
                self.standing.clear()
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    def _stands(self, name: str, link: Link) -> None:
        self.links[name] = link
        if len(self.links) == LINKS:
            self.standing.set()

    def _on(self, takers: dict[Kind, Callable[[Topic, Message], None]]) -> Take:
        """Return what gives messages to whom they concern, and refuses those that can concern nobody."""

        def take(message: Message) -> None:
            try:
                topic = parse(message.topic)
            except InvalidInputError as error:
                self._refuse(Refusal.MALFORMED_TOPIC, message, error.message)
                return
            if message.retained and topic.kind is not Kind.AVAILABILITY:
                self._refuse(Refusal.RETAINED, message, "It was kept by the broker; publish it without retain.")
                return
            takers[topic.kind](topic, message)

        return take

    def _refuse(self, refusal: Refusal, message: Message, detail: str) -> None:
        self.refusals.add(refusal.value, message.topic, detail)
        message.acknowledge()


def broker_of(settings: Settings) -> Broker | None:
    """Return the broker that settings name; None where they name none."""
    if settings.mqtt_url is None:
        return None
    parts = urlsplit(settings.mqtt_url)
    tls = parts.scheme == "mqtts"
    return Broker(
        host=parts.hostname or "",
        port=parts.port or (TLS_PORT if tls else PORT),
        tls=tls,
        client_id=settings.mqtt_client_id,
        username=settings.mqtt_username,
        password=settings.mqtt_password,
        ca_file=settings.mqtt_ca_file,
        shared=settings.mqtt_shared,
    )


@asynccontextmanager
async def speaking_mqtt(broker: Broker, database: Database) -> AsyncIterator[Mqtt]:
    """Speak MQTT for as long as the block lasts; a broker that is away is waited for."""
    mqtt = Mqtt(broker, database)
    async with AsyncExitStack() as running:
        task = asyncio.create_task(mqtt.run(), name="mqtt")
        task.add_done_callback(_tell_of_failure)
        running.push_async_callback(_stop, task)
        yield mqtt


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _tell_of_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("MQTT has stopped; start the server again.", exc_info=error)
