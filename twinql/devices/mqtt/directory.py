"""Who a device is: whether its API key is good is asked each time, what its channels are is remembered for a moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final
from uuid import UUID

from twinql.domain.channels import ChannelFacts
from twinql.domain.identity import Worker
from twinql.storage.database import Database
from twinql.storage.device_keys import channels_of_keys, good_keys

REMEMBERED_S: Final = 10.0
"""How long a change of a channel, such as of what is plausible, may go unnoticed. [s]"""
_MOST_REMEMBERED: Final = 10_000
MQTT: Final = Worker("mqtt")


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device whose key is good.

    Attributes:
        organisation: Its organisation.
        channels: Its channels, and no others.
    """

    organisation: UUID
    channels: Mapping[UUID, ChannelFacts]


@dataclass(slots=True)
class DeviceDirectory:
    """Looks devices up.

    Attributes:
        database: Where they are.
    """

    database: Database
    _channels: dict[UUID, tuple[float, dict[UUID, ChannelFacts]]] = field(default_factory=dict)
    _organisations: dict[UUID, UUID] = field(default_factory=dict)

    async def find(self, keys: Collection[UUID]) -> dict[UUID, KnownDevice]:
        """Return those of these devices whose keys are good at this moment.

        Raises:
            UnavailableError: The database is away.
        """
        now_s = monotonic()
        async with self.database.transaction(MQTT) as connection:
            good = await good_keys(connection, keys)
            stale = [key for key in good if self._asked_s(key) < now_s - REMEMBERED_S]
            if stale:
                if len(self._channels) > _MOST_REMEMBERED:
                    self._channels.clear()
                    self._organisations.clear()
                    stale = list(good)
                found = await channels_of_keys(connection, stale)
                self._channels.update({key: (now_s, channels) for key, channels in found.items()})
        self._organisations.update(good)
        return {key: KnownDevice(organisation, self._channels[key][1]) for key, organisation in good.items()}

    async def organisation(self, key: UUID) -> UUID | None:
        """Return the organisation of a device, as it was asked for lately; None where its key is not good.

        Enough where the database looks at the key once more.
        """
        if self._asked_s(key) < monotonic() - REMEMBERED_S or key not in self._organisations:
            known = (await self.find([key])).get(key)
            return None if known is None else known.organisation
        return self._organisations[key]

    def _asked_s(self, key: UUID) -> float:
        return self._channels[key][0] if key in self._channels else float("-inf")
