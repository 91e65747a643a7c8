"""Takes in readings: many messages in one transaction, acknowledged once it is committed."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from twinql.devices.mqtt.connection import Link, Message
from twinql.devices.mqtt.directory import MQTT, DeviceDirectory, KnownDevice
from twinql.devices.mqtt.refusals import REFUSED, Refusal, Refusals
from twinql.devices.mqtt.topics import Topic
from twinql.domain.channels import ChannelFacts
from twinql.domain.device_messages import SentReadings, read_readings
from twinql.domain.incoming import IncomingColumns, IncomingReading, to_batch
from twinql.domain.readings import ReadingBatch, ReadingSource, Rejection, to_us
from twinql.errors import InvalidInputError, TwinError
from twinql.storage.database import Database
from twinql.storage.record import AsSent, Recorded, Recording, keep_rejected, record_readings

MOST_ROWS: Final = 5_000
"""Readings of one transaction, but for a message that has more by itself."""
MOST_WAITING: Final = 1_000
"""Messages that wait here before nothing more is read: the rest waits with the broker."""
FEW_ROWS: Final = 500
_TRIES_AGAIN_S: Final = 0.5

log = structlog.stdlib.get_logger("twinql.mqtt")


@dataclass(slots=True)
class _Heard:
    """A message of readings."""

    topic: Topic
    message: Message
    sent: SentReadings


@dataclass(slots=True)
class _Rows:
    """The rows of some messages, one after the other.

    Attributes:
        channels: What `batch.channel` points into.
        batch: The rows, shape (n,).
        refused: Those that could not be read.
        heard: The message of each row, n of them.
        raw: Each row as it was sent, n of them.
    """

    channels: list[ChannelFacts]
    batch: ReadingBatch
    refused: tuple[Rejection, ...]
    heard: list[_Heard]
    raw: list[Any]


@dataclass(slots=True)
class ReadingsIntake:
    """Records what devices measured.

    Attributes:
        database: Where to.
        devices: Says whose key is good, and for which channels.
        refusals: Where what is refused is counted.
        waits: How often readings had to wait for the database.
    """

    database: Database
    devices: DeviceDirectory
    refusals: Refusals
    waits: int = 0
    _waiting: deque[_Heard] = field(default_factory=deque)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _paused: set[Link] = field(default_factory=set)

    def take(self, topic: Topic, message: Message) -> None:
        """Take a message on, to be acknowledged when its readings are committed or refused."""
        try:
            sent = read_readings(message.payload)
        except InvalidInputError as error:
            self.refusals.add(Refusal.MALFORMED_PAYLOAD.value, message.topic, error.message)
            message.acknowledge()
            return
        self._waiting.append(_Heard(topic, message, sent))
        if len(self._waiting) >= MOST_WAITING:
            message.link.pause()
            self._paused.add(message.link)
        self._came.set()

    async def run(self) -> None:
        """Record what comes until cancelled."""
        while True:
            await self._came.wait()
            self._came.clear()
            while heard := self._next():
                if len(self._waiting) < MOST_WAITING // 2:
                    self._read_on()
                await self._record(heard)
            self._read_on()

    def _read_on(self) -> None:
        while self._paused:
            self._paused.pop().resume()

    def _next(self) -> list[_Heard]:
        heard: list[_Heard] = []
        rows = 0
        while self._waiting and (not heard or rows + len(self._waiting[0].sent.rows) <= MOST_ROWS):
            each = self._waiting.popleft()
            if not each.message.link.lost.is_set() or not each.message.mid:  # else it comes again by the next one
                heard.append(each)
                rows += len(each.sent.rows)
        return heard

    async def _record(self, heard: Sequence[_Heard]) -> None:
        """Record messages and acknowledge them; if the database refuses, find the one that it means."""
        while True:
            try:
                await self._write(heard)
                break
            except REFUSED as error:
                detail = str(error)
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                self.waits += 1
                log.warning("Readings wait for the database.", error=str(error), messages=len(heard))
                await asyncio.sleep(_TRIES_AGAIN_S)
                continue
            except Exception:  # a defect that one message hits must not keep all others waiting for good
                log.exception("Readings could not be recorded.", messages=len(heard))
                detail = "TwinQL has a defect; its log tells more."
            if len(heard) > 1:
                half = len(heard) // 2
                await self._record(heard[:half])
                await self._record(heard[half:])
                return
            self.refusals.add(Refusal.NOT_STORED.value, heard[0].message.topic, detail)
            break
        for each in heard:
            each.message.acknowledge()

    async def _write(self, heard: Sequence[_Heard]) -> None:
        known = await self.devices.find({each.topic.device for each in heard})
        theirs = [each for each in heard if self._is_theirs(each, known)]
        if not theirs:
            return
        count = sum(len(each.sent.rows) for each in theirs)
        rows = _rows(theirs, known) if count <= FEW_ROWS else await asyncio.to_thread(_rows, theirs, known)
        how = Recording(
            source=ReadingSource.DEVICE,
            organisation_id=theirs[0].topic.organisation,
            now_us=to_us(datetime.now(UTC)),
            refused=rows.refused,
        )
        recorded = await record_readings(self.database, MQTT, rows.channels, rows.batch, how)
        await self._keep_refused(rows, recorded, how)

    def _is_theirs(self, heard: _Heard, known: Mapping[UUID, KnownDevice]) -> bool:
        device = known.get(heard.topic.device)
        if device is None:
            self.refusals.add(Refusal.UNKNOWN_DEVICE.value, heard.message.topic, "Its API key is not good.")
        elif device.organisation != heard.topic.organisation:
            self.refusals.add(Refusal.FOREIGN_TOPIC.value, heard.message.topic, "It is of another organisation.")
        else:
            return True
        return False

    async def _keep_refused(self, rows: _Rows, recorded: Recorded, how: Recording) -> None:
        """Keep refused rows under the organisations of those who sent them, as every other way in does."""
        if not recorded.rejections:
            return
        for each in recorded.rejections:
            self.refusals.add(each.code.value, rows.heard[each.row].message.topic, each.message)

        def as_sent(row: int) -> AsSent:
            sent = rows.raw[row] if isinstance(rows.raw[row], dict) else {"value": rows.raw[row]}
            reference, at, value = (sent.get(key, "") for key in ("channelId", "observedAt", "value"))
            return AsSent(str(reference), str(at), str(value), rows.heard[row].message.topic)

        def organisation(rejection: Rejection) -> UUID:
            return rows.heard[rejection.row].topic.organisation

        for whose, rejections in groupby(sorted(recorded.rejections, key=organisation), organisation):
            keeping = replace(how, organisation_id=whose, as_sent=as_sent)
            async with self.database.transaction(MQTT) as connection:
                await keep_rejected(connection, rows.channels, rows.batch.channel, list(rejections), keeping)


def _rows(heard: Sequence[_Heard], known: Mapping[UUID, KnownDevice]) -> _Rows:
    """Put the rows of messages one after the other; a channel that is not its device's counts as unknown."""
    incoming: list[IncomingReading] = []
    facts: dict[UUID, ChannelFacts] = {}
    refused: list[Rejection] = []
    messages: list[_Heard] = []
    raw: list[Any] = []
    for each in heard:
        channels = known[each.topic.device].channels
        refused += [replace(rejection, row=rejection.row + len(incoming)) for rejection in each.sent.refused]
        for row in each.sent.rows:
            found = channels.get(row.channel) if row.channel is not None else None
            if found is None:
                incoming.append(row._replace(channel=None))
            else:
                facts[found.id] = found
                incoming.append(row)
        messages += [each] * len(each.sent.rows)
        raw += each.sent.raw
    places, batch, misfits = to_batch(IncomingColumns.of(incoming), facts)
    return _Rows(places, batch, tuple(sorted((*refused, *misfits), key=attrgetter("row"))), messages, raw)
