"""What the twin knows of a channel: the facts that decide whether a reading can be right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID


class ReadingKind(Enum):
    """How the values of a channel are to be read."""

    INSTANTANEOUS = "INSTANTANEOUS"
    INTERVAL = "INTERVAL"
    CUMULATIVE = "CUMULATIVE"
    STATE = "STATE"


class FlowDirection(Enum):
    """Which way energy or matter flows, seen from the site."""

    IMPORT = "IMPORT"
    EXPORT = "EXPORT"


class PlausibilityAction(Enum):
    """What happens to a value that is not plausible."""

    REJECT = "REJECT"
    MARK_UNCERTAIN = "MARK_UNCERTAIN"


@dataclass(frozen=True, slots=True)
class Plausibility:
    """What cannot be right, apart from what should raise an alarm.

    Attributes:
        minimum: Lowest value that can be right. [unit of the channel]
        maximum: Highest value that can be right. [unit of the channel]
        rate_per_minute: Fastest change that can be right. [unit of the channel / min]
        action: What happens to a value outside.
    """

    minimum: float | None = None
    maximum: float | None = None
    rate_per_minute: float | None = None
    action: PlausibilityAction = PlausibilityAction.MARK_UNCERTAIN


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What recording and aggregating must know of a channel.

    Attributes:
        id: Its identity outside.
        number: Its identity inside.
        organisation_number: The number of its organisation.
        key: Its short name on its asset or site.
        kind: How its values are to be read.
        quantity: The physical quantity, as the graph names it.
        unit: The unit of its stored values, as the graph names it.
        time_zone: IANA zone of its site.
        resolution_s: Time between two readings when all is well. [s]
        schedule: Whether its readings may lie in the future.
        register_maximum: Value at which a CUMULATIVE register starts again from zero. [unit of the channel]
        plausibility: What cannot be right.
        states: Labels by code, for STATE channels.
        archived: Whether it was taken out of use.
    """

    id: UUID
    number: int
    organisation_number: int
    key: str
    kind: ReadingKind
    quantity: str
    unit: str
    time_zone: str = "UTC"
    resolution_s: int | None = None
    schedule: bool = False
    register_maximum: float | None = None
    plausibility: Plausibility = field(default_factory=Plausibility)
    states: Mapping[float, str] = field(default_factory=dict)
    archived: bool = False
