"""Takes in what devices say of their commands: in order for each of them, acknowledged once it is committed."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog

from twinql.devices.mqtt.connection import Message
from twinql.devices.mqtt.directory import MQTT, DeviceDirectory
from twinql.devices.mqtt.refusals import REFUSED, Refusal, Refusals
from twinql.devices.mqtt.topics import Topic
from twinql.domain.command_reports import DeviceReport, ReportOutcome
from twinql.domain.device_messages import read_report
from twinql.domain.identity import Device
from twinql.errors import InvalidInputError, TwinError
from twinql.storage.database import Database
from twinql.storage.device_reports import take_report

LANES: Final = 2
"""Devices that are listened to at once; the pool for TwinQL's own work has more connections than that."""
CLOCK_AHEAD: Final = timedelta(minutes=5)
CLOCK_BEHIND: Final = timedelta(hours=23)
"""Reports that waited in a journal are older than one that is new, but no command lives longer than a day."""
_TRIES_AGAIN_S: Final = 0.5
_REFUSED: Final = {
    ReportOutcome.UNKNOWN: Refusal.UNKNOWN_COMMAND,
    ReportOutcome.REPEATED: Refusal.REPEATED,
    ReportOutcome.OUT_OF_ORDER: Refusal.OUT_OF_ORDER,
    ReportOutcome.FINISHED: Refusal.FINISHED,
}

log = structlog.stdlib.get_logger("twinql.mqtt")


@dataclass(slots=True)
class ReportsIntake:
    """Records what became of commands.

    Attributes:
        database: Where to.
        devices: Says whose key is good.
        refusals: Where what is refused is counted.
    """

    database: Database
    devices: DeviceDirectory
    refusals: Refusals
    _lanes: "list[asyncio.Queue[tuple[Topic, Message]]]" = field(
        default_factory=lambda: [asyncio.Queue() for _ in range(LANES)]
    )

    def take(self, topic: Topic, message: Message) -> None:
        """Take a message on."""
        self._lanes[topic.device.int % LANES].put_nowait((topic, message))

    async def run(self) -> None:
        """Record what comes until cancelled."""
        async with asyncio.TaskGroup() as lanes:
            for lane in self._lanes:
                lanes.create_task(self._listen(lane))

    async def _listen(self, lane: "asyncio.Queue[tuple[Topic, Message]]") -> None:
        while True:
            topic, message = await lane.get()
            if message.link.lost.is_set() and message.mid:
                continue  # it comes again by the next connection
            try:
                report = read_report(message.payload)
            except InvalidInputError as error:
                self.refusals.add(Refusal.MALFORMED_PAYLOAD.value, message.topic, error.message)
            else:
                await self._record(topic, message, report)
            message.acknowledge()

    async def _record(self, topic: Topic, message: Message, report: DeviceReport) -> None:
        """Record a report, however long the database is away."""
        while True:
            try:
                await self._write(topic, message, report)
            except REFUSED as error:
                self.refusals.add(Refusal.NOT_STORED.value, message.topic, str(error))
                return
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("A report waits for the database.", error=str(error))
                await asyncio.sleep(_TRIES_AGAIN_S)
            except Exception:  # a defect that one report hits must not keep all others waiting for good
                log.exception("A report could not be recorded.", topic=message.topic)
                self.refusals.add(Refusal.NOT_STORED.value, message.topic, "TwinQL has a defect; its log tells more.")
                return
            else:
                return

    async def _write(self, topic: Topic, message: Message, report: DeviceReport) -> None:
        now = datetime.now(UTC)
        organisation = await self.devices.organisation(topic.device)
        if organisation != topic.organisation:
            refusal = Refusal.UNKNOWN_DEVICE if organisation is None else Refusal.FOREIGN_TOPIC
            self.refusals.add(refusal.value, message.topic, "It is no device of this organisation.")
            return
        async with self.database.transaction(MQTT) as connection:
            outcome = await take_report(connection, report, device=Device(topic.device), now=now)
        if outcome is not ReportOutcome.TAKEN:
            said = f"{report.status.value} of {report.command_id} came to nothing."
            self.refusals.add(_REFUSED[outcome].value, message.topic, said)
        if report.at is not None and not now - CLOCK_BEHIND <= report.at <= now + CLOCK_AHEAD:
            # What the device says is true all the same: it is noted at the time of TwinQL's own clock.
            self.refusals.add(Refusal.CLOCK_OFF.value, message.topic, "Its clock is wrong; set it.")
