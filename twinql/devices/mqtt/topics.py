"""The topics of a device, `twinql/v1/ORGANISATION/DEVICE/…`: both by the ids that the graph shows."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final
from uuid import UUID

from twinql.domain import global_id
from twinql.errors import InvalidInputError

ROOT: Final = "twinql/v1"
SHARED: Final = "$share/twinql/"
"""Before a filter: of several servers each message goes to one."""
_PATTERN: Final = re.compile(rf"{ROOT}/([^/]+)/([^/]+)/([a-z]+)")


class Kind(Enum):
    """What a message on a topic is."""

    READINGS = "readings"
    COMMANDS = "commands"
    REPORTS = "reports"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a device.

    Attributes:
        organisation: The organisation that the device says it is of.
        device: Its API key, for which the broker vouches.
        kind: What is spoken of there.
    """

    organisation: UUID
    device: UUID
    kind: Kind

    def __str__(self) -> str:
        """Write the topic as brokers know it."""
        organisation = global_id.encode("Organisation", self.organisation)
        return f"{ROOT}/{organisation}/{global_id.encode('ApiKey', self.device)}/{self.kind.value}"


def every(kind: Kind) -> str:
    """Return the filter that all devices' topics of a kind pass."""
    return f"{ROOT}/+/+/{kind.value}"


@lru_cache(maxsize=16_384)
def parse(text: str) -> Topic:
    """Read a topic.

    Raises:
        InvalidInputError: It is none of a device's.
    """
    if (found := _PATTERN.fullmatch(text)) is None:
        raise InvalidInputError(_SHAPE)
    organisation, device, kind = found.groups()
    try:
        of, by = global_id.decode_as(organisation, "Organisation"), global_id.decode_as(device, "ApiKey")
        return Topic(of.key, by.key, Kind(kind))
    except (ValueError, InvalidInputError) as error:
        raise InvalidInputError(_SHAPE) from error


_SHAPE: Final = (
    f"A topic reads {ROOT}/ORGANISATION/DEVICE/readings, or reports or availability at its end, with the ids of the "
    "organisation and of the API key as the graph shows them."
)
