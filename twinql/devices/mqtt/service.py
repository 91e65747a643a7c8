"""Speaks with devices over MQTT for as long as a server lives: the one place where the broker is come back to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

import structlog

from twinql.background import beside
from twinql.devices.dispatcher import Dispatcher
from twinql.devices.mqtt.commands import MqttTransport
from twinql.devices.mqtt.connection import Broker, Link, Message, Take, linked
from twinql.devices.mqtt.directory import DeviceDirectory
from twinql.devices.mqtt.presence import Presence, Present
from twinql.devices.mqtt.readings import ReadingsIntake
from twinql.devices.mqtt.refusals import Refusal, Refusals
from twinql.devices.mqtt.reports import ReportsIntake
from twinql.devices.mqtt.topics import SHARED, Kind, Topic, every, parse
from twinql.errors import InvalidInputError, TwinError
from twinql.settings import Settings
from twinql.storage.database import Database

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 10.0
LINKS: Final = 2
PORT: Final = 1883
TLS_PORT: Final = 8883

Takers = Mapping[Kind, Callable[[Topic, Message], None]]
"""Who takes on what kind of message."""

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
        commanded: Called when commands may have to go out, since another device is there.
    """

    broker: Broker
    database: Database
    refusals: Refusals = field(default_factory=Refusals)
    links: dict[str, Link] = field(default_factory=dict)
    standing: asyncio.Event = field(default_factory=asyncio.Event)
    commanded: Callable[[], None] = lambda: None
    devices: DeviceDirectory = field(init=False)
    readings: ReadingsIntake = field(init=False)
    reports: ReportsIntake = field(init=False)
    presence: Presence = field(init=False)
    transport: MqttTransport = field(init=False)

    def __post_init__(self) -> None:
        """Make the parts."""
        self.devices = DeviceDirectory(self.database)
        self.readings = ReadingsIntake(self.database, self.devices, self.refusals)
        self.reports = ReportsIntake(self.database, self.devices, self.refusals)
        self.presence = Presence(self.database, self.devices, self.refusals, self._resend, self.commanded)
        self.transport = MqttTransport(self.presence, lambda: self.links.get("control"))

    async def run(self) -> None:
        """Speak until cancelled."""
        control = {Kind.REPORTS: self.reports.take, Kind.AVAILABILITY: self.presence.take}
        async with asyncio.TaskGroup() as tasks:
            for part in (self.readings, self.reports, self.presence):
                tasks.create_task(part.run(), name="mqtt")
            tasks.create_task(self._stay("readings", {Kind.READINGS: self.readings.take}), name="mqtt readings")
            tasks.create_task(self._stay("control", control), name="mqtt control")

    async def _resend(self, link: Link, device: Present) -> None:
        await self.transport.resend(link, device)

    async def _stay(self, name: str, takers: Takers) -> None:
        """Be connected, and connect again whenever that is lost."""
        broker = replace(self.broker, client_id=f"{self.broker.client_id}-{name}")
        filters, others = _filters(takers, shared=broker.shared)
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with linked(broker, filters, self._on(takers), others) as link:
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
                if name == "control":
                    self.presence.forget()
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    def _stands(self, name: str, link: Link) -> None:
        self.links[name] = link
        if name == "control":
            self.presence.begin()
        if len(self.links) == LINKS:
            self.standing.set()
        self.commanded()

    def _on(self, takers: Takers) -> Take:
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


def _filters(takers: Takers, *, shared: bool) -> tuple[list[str], list[str]]:
    """Return what to subscribe to, and what a run that was set otherwise may have subscribed to.

    Every server hears which devices are there: it is the one that a command may go out by.
    """
    plain = [every(kind) for kind in takers]
    divided = [SHARED + every(kind) for kind in takers if kind is not Kind.AVAILABILITY]
    if not shared:
        return plain, divided
    alone = [every(kind) for kind in takers if kind is Kind.AVAILABILITY]
    return divided + alone, [each for each in plain if each not in alone]


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
async def speaking_mqtt(broker: Broker, database: Database, dispatcher: Dispatcher) -> AsyncIterator[Mqtt]:
    """Speak MQTT for as long as the block lasts, and let commands go out by it; a broker that is away is waited for."""
    mqtt = Mqtt(broker, database, commanded=dispatcher.nudge)
    async with beside(mqtt=mqtt.run()):
        dispatcher.transports.append(mqtt.transport)
        try:
            yield mqtt
        finally:
            dispatcher.transports.remove(mqtt.transport)
