"""Announces decisions and commands to topics, at least once and in commit order: one server works, the others stand by.

How far it came is kept in the database, and moved on once the brokers have what lies before.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import structlog

from twinql.devices.kafka.cluster import Cluster
from twinql.domain.events import EventKind
from twinql.storage import announcing
from twinql.storage.announcing import News
from twinql.storage.database import Connection, prepare_codecs
from twinql.storage.locks import Duty, stand_by
from twinql.storage.outbox import listening

LOOKS_EVERY_S: Final = 2.0
"""How often it looks without a hint: a notification may be lost, the table is the truth. [s]"""
KEEPS_EVERY: Final = timedelta(seconds=10)
MOST_EVENTS: Final = 500

log = structlog.stdlib.get_logger("twinql.kafka")


@dataclass(slots=True)
class Announcer:
    """One process's part in announcing.

    Attributes:
        url: A direct or session connection; the turn belongs to the session.
        cluster: Where to.
        counts: How many were announced, by what they were; MISSED counts when the outbox no longer kept what followed.
    """

    url: str
    cluster: Cluster
    counts: Counter[str] = field(default_factory=lambda: Counter({"COMMANDS": 0, "DECISIONS": 0, "MISSED": 0}))

    async def run(self) -> None:
        """Announce, or stand by, until cancelled or something is lost."""
        hint = asyncio.Event()
        async with listening(self.url, hint.set) as connection:
            await prepare_codecs(connection)
            await stand_by(connection, Duty.ANNOUNCING)
            producer = self.cluster.producer()
            try:
                await producer.start()
                log.info("This process announces decisions and commands to Kafka now.")
                while True:
                    hint.clear()
                    if await self.announce(connection, producer):
                        with suppress(TimeoutError):
                            await asyncio.wait_for(hint.wait(), LOOKS_EVERY_S)
            finally:
                await producer.stop()

    async def announce(self, connection: Connection, producer: Any) -> bool:
        """Announce what follows the place that was reached, and move that on; True where there is no more."""
        reached = await announcing.place(connection)
        news = await announcing.read_on(connection, reached, most=MOST_EVENTS)
        if news.missed:
            self.counts["MISSED"] += 1
            log.warning("The outbox no longer holds all that was to be announced; what changed is told as it is now.")
        await self._send(producer, news)
        # Where nothing was announced the place may lag a little: what lies between would be looked through again.
        if reached is None or news.announcements or news.missed or news.place.read_at - reached.read_at > KEEPS_EVERY:
            await announcing.go_to(connection, news.place)
        return news.complete

    async def _send(self, producer: Any, news: News) -> None:
        """Send, and wait until the brokers have all of it."""
        topics = {EventKind.COMMANDS: self.cluster.commands, EventKind.DECISIONS: self.cluster.decisions}
        sent = []
        for kind, each in news.announcements:
            topic = topics[kind]
            if topic is not None:
                sent.append((kind, await producer.send(topic, each.value, key=each.key)))
        for kind, future in sent:
            await future
            self.counts[kind.value] += 1
