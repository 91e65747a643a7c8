"""Which devices are good and what their channels are, for ways in that hear many devices at once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from twinql.domain.channels import ChannelFacts
from twinql.domain.device_messages import DeviceAvailability
from twinql.storage.channels import facts_of
from twinql.storage.database import Connection
from twinql.storage.dispatch import Waiting
from twinql.storage.statements import load


async def good_keys(connection: Connection, keys: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the organisation of each of these API keys that is good; unknown, revoked and expired ones are missing."""
    rows = await connection.fetch(load("device_keys")["good"], list(keys))
    return {row["id"]: row["organisation_id"] for row in rows}


async def channels_of_keys(connection: Connection, keys: Collection[UUID]) -> dict[UUID, dict[UUID, ChannelFacts]]:
    """Return the facts of the channels of API keys, by key and channel."""
    found: dict[UUID, dict[UUID, ChannelFacts]] = {key: {} for key in keys}
    for row in await connection.fetch(load("device_keys")["channels"], list(keys)):
        found[row["api_key_id"]][row["id"]] = facts_of(row)
    return found


async def appear(connection: Connection, key: UUID, availability: DeviceAvailability, *, at: datetime) -> None:
    """Note whether a device is there; since when stays as it is where that is no news."""
    await connection.execute(load("device_keys")["appear"], key, availability.value, at)


async def leave(connection: Connection, there: Collection[UUID], *, at: datetime) -> None:
    """Note that all devices have left that were there, but for some."""
    await connection.execute(load("device_keys")["leave"], list(there), at)


async def unanswered(connection: Connection, channels: Collection[UUID], *, now: datetime) -> list[Waiting]:
    """Return the commands to some channels that were sent, are valid and that nobody has answered, oldest first."""
    return [Waiting(**row) for row in await connection.fetch(load("device_keys")["unanswered"], list(channels), now)]
