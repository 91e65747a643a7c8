"""Takes in readings from a topic: its place there is moved on once the rows are committed, and not before."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from twinql.devices.kafka.cluster import Cluster
from twinql.domain.device_messages import SentReadings, organisation_of, read_readings
from twinql.domain.identity import Worker
from twinql.domain.incoming import IncomingColumns, to_batch
from twinql.domain.readings import ReadingSource, to_us
from twinql.errors import ConflictError, InvalidInputError, NotFoundError, TwinError
from twinql.storage.channels import facts_of_organisation
from twinql.storage.database import Database
from twinql.storage.record import AsSent, Recording, record_readings

KAFKA: Final = Worker("kafka")
MOST_RECORDS: Final = 500
"""Records of one round."""
MOST_ROWS: Final = 5_000
"""Readings of one transaction, but for a record that has more by itself."""
WAITS_S: Final = 1.0
TRIES_AGAIN_S: Final = 0.5

_TO_BLAME: Final = (
    NotFoundError,
    ConflictError,
    InvalidInputError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
)

log = structlog.stdlib.get_logger("twinql.kafka")


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of readings.

    Attributes:
        record: As the consumer gave it.
        organisation: Whose readings they are, as it says.
        sent: The readings.
    """

    record: Any
    organisation: UUID
    sent: SentReadings

    @property
    def origin(self) -> str:
        """Where it stands: topic, partition and offset."""
        return _origin(self.record)


@dataclass(slots=True)
class ReadingsFromKafka:
    """Records what a topic says was measured; all servers share its partitions.

    Attributes:
        database: Where to.
        cluster: Where from.
        refused: How many records were refused as a whole, by the reason.
    """

    database: Database
    cluster: Cluster
    refused: Counter[str] = field(
        default_factory=lambda: Counter(dict.fromkeys(("MALFORMED_RECORD", "UNKNOWN_ORGANISATION", "NOT_STORED"), 0))
    )

    async def run(self) -> None:
        """Take in until cancelled or the cluster is lost."""
        consumer = self.cluster.consumer()
        producer = self.cluster.producer() if self.cluster.rejected else None
        try:
            await consumer.start()
            if producer is not None:
                await producer.start()
            log.info("Readings come from Kafka now.", topic=self.cluster.readings)
            while True:
                await self.take(consumer, producer)
        finally:
            await consumer.stop()
            if producer is not None:
                await producer.stop()

    async def take(self, consumer: Any, producer: Any) -> None:
        """Take in what is there, or comes within a moment, and move the group's place behind it."""
        found = await consumer.getmany(timeout_ms=int(WAITS_S * 1000), max_records=MOST_RECORDS)
        if not found:
            return
        records = []
        for record in (each for part in found.values() for each in part):
            try:
                whose = organisation_of(record.value or b"")
                records.append(_Record(record, whose, read_readings(record.value)))
            except InvalidInputError as error:
                await self._refuse(producer, record, "MALFORMED_RECORD", error.message)
        for organisation in dict.fromkeys(each.organisation for each in records):
            theirs = [each for each in records if each.organisation == organisation]
            for batch in _in_batches(theirs):
                await self._record(producer, organisation, batch)
        await consumer.commit({partition: part[-1].offset + 1 for partition, part in found.items()})

    async def _record(self, producer: Any, organisation: UUID, records: Sequence[_Record]) -> None:
        """Record the readings of some records, however long the database cannot; find the one that it refuses.

        Only what the rows themselves are to blame for is refused: whatever else keeps the database from taking them may
        be mended, and they wait.
        """
        while True:
            try:
                await self._write(organisation, records)
            except _TO_BLAME as error:
                if len(records) == 1 or isinstance(error, NotFoundError):
                    code = "UNKNOWN_ORGANISATION" if isinstance(error, NotFoundError) else "NOT_STORED"
                    for each in records:
                        await self._refuse(producer, each.record, code, str(error))
                    return
                half = len(records) // 2
                await self._record(producer, organisation, records[:half])
                await self._record(producer, organisation, records[half:])
                return
            except (TwinError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("Readings from Kafka wait for the database.", error=str(error), records=len(records))
                await asyncio.sleep(TRIES_AGAIN_S)
            else:
                return

    async def _write(self, organisation: UUID, records: Sequence[_Record]) -> None:
        rows = [row for each in records for row in each.sent.rows]
        places = [(each.origin, raw) for each in records for raw in each.sent.raw]
        refused = []
        first = 0
        for each in records:
            refused += [replace(rejection, row=first + rejection.row) for rejection in each.sent.refused]
            first += len(each.sent.rows)
        async with self.database.transaction(KAFKA, readonly=True) as connection:
            known = await facts_of_organisation(
                connection, organisation, {row.channel for row in rows if row.channel is not None}
            )
        channels, batch, misfits = to_batch(IncomingColumns.of(rows), known)

        def as_sent(row: int) -> AsSent:
            origin, raw = places[row]
            said = raw if isinstance(raw, dict) else {"value": raw}
            reference, at, value = (str(said.get(key, "")) for key in ("channelId", "observedAt", "value"))
            return AsSent(reference, at, value, origin)

        how = Recording(
            source=ReadingSource.DEVICE,
            organisation_id=organisation,
            now_us=to_us(datetime.now(UTC)),
            as_sent=as_sent,
            refused=tuple(sorted((*refused, *misfits), key=lambda each: each.row)),
        )
        await record_readings(self.database, KAFKA, channels, batch, how)

    async def _refuse(self, producer: Any, record: Any, code: str, message: str) -> None:
        """Count a record that is no readings at all, say where it stands, and set it aside."""
        self.refused[code] += 1
        origin = _origin(record)
        log.warning("A record of Kafka was refused.", code=code, origin=origin, detail=message)
        if producer is not None:
            about = {"twinql-code": code, "twinql-message": message, "twinql-origin": origin}
            headers = [(name, text.encode()) for name, text in about.items()]
            await producer.send_and_wait(self.cluster.rejected, record.value, key=record.key, headers=headers)


def _origin(record: Any) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"


def _in_batches(records: Sequence[_Record]) -> list[list[_Record]]:
    batches: list[list[_Record]] = [[]]
    rows = 0
    for each in records:
        if batches[-1] and rows + len(each.sent.rows) > MOST_ROWS:
            batches.append([])
            rows = 0
        batches[-1].append(each)
        rows += len(each.sent.rows)
    return batches
