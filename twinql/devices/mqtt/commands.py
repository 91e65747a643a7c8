"""Takes commands out to devices that are there; what they say of them comes back on another topic."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import floor

import orjson
import structlog

from twinql.devices.mqtt.connection import Link
from twinql.devices.mqtt.directory import MQTT
from twinql.devices.mqtt.presence import Presence, Present
from twinql.devices.mqtt.topics import Kind
from twinql.domain import global_id
from twinql.domain.instants import format_instant
from twinql.errors import ConflictError, UnavailableError
from twinql.storage import attempts
from twinql.storage.device_keys import unanswered
from twinql.storage.dispatch import Waiting

log = structlog.stdlib.get_logger("twinql.mqtt")


@dataclass(slots=True)
class MqttTransport:
    """The way to devices by MQTT.

    Attributes:
        presence: Which of them are there.
        link: Gives the connection by which commands go out; None while there is none.
        clock: Gives the present.
    """

    presence: Presence
    link: Callable[[], Link | None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def name(self) -> str:
        """Sign as mqtt where it is not the device that speaks."""
        return "mqtt"

    def channels(self) -> Collection[int]:
        """Return the numbers of the channels whose devices are there now."""
        return self.presence.channels() if self.link() is not None else ()

    async def send(self, command: Waiting) -> None:
        """Hand a command to the broker; the device answers by its reports.

        Raises:
            UnavailableError: The device has just left, or nobody knows whether the broker has it.
            ConflictError: It has expired on its way here.
            ForbiddenError: The broker refuses the topic.
        """
        device, link = self.presence.of_channel(command.channel_number), self.link()
        if device is None or link is None:
            await self._reached_nobody(command)
            raise UnavailableError("Its device has just left.")
        if not await self._publish(link, device, command):
            self.presence.forget(device.topic.device)
            await self._reached_nobody(command)
            raise UnavailableError("The device said that it is there, and does not listen.")

    async def resend(self, link: Link, device: Present) -> None:
        """Send a device that comes back what it may have missed, if it keeps a journal and so does nothing twice.

        Whatever lost it on the way, a broker or a server that was killed, the device or the network: it is sent again
        as long as it is valid, nobody has answered and interlocks let it pass, before anything that came later.
        """
        if not device.keeps_journal:
            return
        async with self.presence.database.transaction(MQTT) as connection:
            missed = await unanswered(connection, device.channels.values(), now=self.clock())
        for command in missed:
            async with self.presence.database.transaction(MQTT) as connection:
                if not await attempts.begin(connection, command.id, device=device.topic.device, now=self.clock()):
                    continue
            try:
                listens = await self._publish(link, device, command)
            except ConflictError:
                continue  # it has expired meanwhile
            log.info("A command was sent again.", command=str(command.id), listens=listens)
            if not listens:
                async with self.presence.database.transaction(MQTT) as connection:
                    await attempts.came_to_nothing(connection, command.id)
                return

    async def _reached_nobody(self, command: Waiting) -> None:
        async with self.presence.database.transaction(MQTT) as connection:
            await attempts.reached_nobody(connection, command.id)

    async def _publish(self, link: Link, device: Present, command: Waiting) -> bool:
        """Publish a command with what is left of its life, and say whether anybody listens."""
        left_s = (command.expires_at - self.clock()).total_seconds()
        if left_s <= 0:
            raise ConflictError("It expired before it could be sent.")
        said = {
            "commandId": global_id.encode("Command", command.id),
            "channelId": global_id.encode("Channel", command.channel_id),
            "channelKey": command.channel_key,
            "desired": command.desired,
            "action": command.action,
            "expiresAt": format_instant(command.expires_at),
        }
        topic = str(replace(device.topic, kind=Kind.COMMANDS))
        return await link.publish(topic, orjson.dumps(said), expires_in_s=max(1, floor(left_s)))
