"""Which devices are there: they say so themselves, retained, and their last will says that they are not."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from twinql.devices.mqtt.connection import Link, Message
from twinql.devices.mqtt.directory import MQTT, DeviceDirectory
from twinql.devices.mqtt.refusals import Refusal, Refusals
from twinql.devices.mqtt.topics import Topic
from twinql.domain.device_messages import DeviceAvailability, SentAvailability, read_availability
from twinql.errors import InvalidInputError, TwinError
from twinql.storage.database import Database
from twinql.storage.device_keys import appear, leave

LOOKS_AGAIN_S: Final = 5.0
"""How long a device whose key has run out may be sent commands; what it says is refused at once. [s]"""

SETTLES_S: Final = 10.0
_TRIES_AGAIN_S: Final = 0.5

log = structlog.stdlib.get_logger("twinql.mqtt")


@dataclass(frozen=True, slots=True)
class Present:
    """A device that is there.

    Attributes:
        topic: Where it says so.
        keeps_journal: Whether it keeps a journal of what it has done.
        channels: Its channels, by their numbers inside.
    """

    topic: Topic
    keeps_journal: bool
    channels: dict[int, UUID]


Appeared = Callable[[Link, Present], Awaitable[None]]


@dataclass(slots=True)
class Presence:
    """Knows which devices are there.

    Attributes:
        database: Where that is kept for others to see.
        devices: Says whose key is good, and for which channels.
        refusals: Where what is refused is counted.
        appeared: Called with a device that says that it is there, before it counts as there, and how it can be reached.
        changed: Called when another device is there.
        settles_s: How long after a connection is made a device that has said nothing is taken to have left. [s]
    """

    database: Database
    devices: DeviceDirectory
    refusals: Refusals
    appeared: Appeared
    changed: Callable[[], None]
    settles_s: float = SETTLES_S
    _since_s: float | None = None
    _there: dict[UUID, Present] = field(default_factory=dict)
    _by_channel: dict[int, Present] = field(default_factory=dict)
    _heard: "asyncio.Queue[tuple[Topic, Message] | None]" = field(default_factory=asyncio.Queue)

    def take(self, topic: Topic, message: Message) -> None:
        """Take a message on."""
        self._heard.put_nowait((topic, message))

    def begin(self) -> None:
        """Note that there is a connection by which devices say that they are there."""
        self._since_s = monotonic()

    def look(self) -> None:
        """Say that a key may have been revoked."""
        self._heard.put_nowait(None)

    def channels(self) -> frozenset[int]:
        """Return the numbers of the channels whose devices are there."""
        return frozenset(self._by_channel)

    def of_channel(self, number: int) -> Present | None:
        """Return the device of a channel; None where none is there."""
        return self._by_channel.get(number)

    def forget(self, device: UUID | None = None) -> None:
        """Take a device, or all of them, for not there until they say so again."""
        if device is None:
            self._there.clear()
            self._since_s = None
        else:
            self._there.pop(device, None)
        self._index()

    async def run(self) -> None:
        """Hear devices, and look again now and then whether their keys are still good, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOKS_AGAIN_S):  # wait_for may miss that it is cancelled, in Python 3.11
                    heard = await self._heard.get()
            except TimeoutError:
                heard = None
            if heard is None:
                await self._whatever_comes(self._look_again)
                continue
            topic, message = heard
            lost = message.link.lost
            while not lost.is_set() and not await self._whatever_comes(self._hear, topic, message):
                with suppress(TimeoutError):  # by the next connection all of them say it again
                    async with asyncio.timeout(_TRIES_AGAIN_S):
                        await lost.wait()

    async def _whatever_comes(self, work: Callable[..., Awaitable[None]], *about: object) -> bool:
        """Do something, and say whether it could be done."""
        try:
            await work(*about)
        except (TwinError, asyncpg.PostgresError, OSError) as error:
            log.warning("Whether devices are there was not noted; it is tried again.", error=str(error))
            return False
        except Exception:  # a defect that one device hits must not keep all others unheard for good
            log.exception("Whether a device is there could not be noted.")
        return True

    async def _hear(self, topic: Topic, message: Message) -> None:
        try:
            said = read_availability(message.payload)
        except InvalidInputError as error:
            self.refusals.add(Refusal.MALFORMED_PAYLOAD.value, message.topic, error.message)
            message.acknowledge()
            return
        known = (await self.devices.find([topic.device])).get(topic.device)
        if known is None or known.organisation != topic.organisation:
            refusal = Refusal.UNKNOWN_DEVICE if known is None else Refusal.FOREIGN_TOPIC
            self.refusals.add(refusal.value, message.topic, "It is no device of this organisation.")
        else:
            numbers = {facts.number: facts.id for facts in known.channels.values()}
            await self._note(message.link, Present(topic, said.keeps_journal, numbers), said)
        message.acknowledge()

    async def _note(self, link: Link, device: Present, said: SentAvailability) -> None:
        key = device.topic.device
        if said.availability is DeviceAvailability.ONLINE:
            await self.appeared(link, device)
            self._there[key] = device
        else:
            self._there.pop(key, None)
        self._index()
        self.changed()
        async with self.database.transaction(MQTT) as connection:
            await appear(connection, key, said.availability, at=datetime.now(UTC))

    async def _look_again(self) -> None:
        """Forget devices whose keys are no longer good, and learn what channels the others have now."""
        known = await self.devices.find(list(self._there))
        for key, present in list(self._there.items()):
            if key not in known:
                del self._there[key]
            else:
                numbers = {facts.number: facts.id for facts in known[key].channels.values()}
                self._there[key] = Present(present.topic, present.keeps_journal, numbers)
        self._index()
        if self._since_s is not None and monotonic() - self._since_s >= self.settles_s:
            # A broker that forgot what it had retained never says that they left.
            async with self.database.transaction(MQTT) as connection:
                await leave(connection, list(self._there), at=datetime.now(UTC))
            self._since_s = None

    def _index(self) -> None:
        # Of several devices of a channel always the same one is asked.
        in_order = sorted(self._there.values(), key=lambda each: each.topic.device, reverse=True)
        self._by_channel = {number: each for each in in_order for number in each.channels}
