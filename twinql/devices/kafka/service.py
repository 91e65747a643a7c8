"""Speaks with Kafka for as long as a server lives: whatever is lost is come back to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import structlog

from twinql.background import beside
from twinql.devices.kafka.announcer import Announcer
from twinql.devices.kafka.cluster import Cluster
from twinql.devices.kafka.readings import ReadingsFromKafka
from twinql.errors import TwinError
from twinql.storage.database import Database

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 10.0
LASTED_S: Final = 30.0
"""What went well for so long begins with the first pause again. [s]"""

log = structlog.stdlib.get_logger("twinql.kafka")


@asynccontextmanager
async def speaking_kafka(
    cluster: Cluster, database: Database, url: str
) -> AsyncIterator[tuple[ReadingsFromKafka, Announcer]]:
    """Take readings in and announce decisions and commands for as long as the block lasts, as far as topics are named.

    Args:
        cluster: Where.
        database: Where readings go.
        url: Where the announcer connects: a direct or session connection.
    """
    readings, announcer = ReadingsFromKafka(database, cluster), Announcer(url, cluster)
    works = {}
    if cluster.readings is not None:
        works["kafka_readings"] = _again_and_again(readings.run)
    if cluster.decisions is not None or cluster.commands is not None:
        works["kafka_announcer"] = _again_and_again(announcer.run)
    async with beside(**works):
        yield readings, announcer


async def _again_and_again(work: Callable[[], Awaitable[None]]) -> None:
    from aiokafka.errors import KafkaError  # noqa: PLC0415 - only for those who have Kafka

    pause_s = FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while True:
        began_s = loop.time()
        try:
            await work()
        except (KafkaError, TwinError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            log.warning("Speaking with Kafka was interrupted and will go on.", error=f"{type(error).__name__}: {error}")
        except Exception:  # a defect must not end it for good
            log.exception("Speaking with Kafka failed.")
        if loop.time() - began_s > LASTED_S:
            pause_s = FIRST_PAUSE_S
        await asyncio.sleep(pause_s)
        pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
