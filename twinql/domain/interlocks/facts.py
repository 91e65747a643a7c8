"""What interlocks know of the plant when they judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Target:
    """What interlocks know of the channel that shall be set.

    Attributes:
        name: What people call it.
        unit: The unit of its values, as the graph names it.
        writable: Whether commands may set it.
        archived: Whether it was taken out of use.
        minimum: Lowest value that can be right; None where it is open. [unit of the channel]
        maximum: Highest value that can be right; None where it is open. [unit of the channel]
        states: Labels by code for a STATE channel; empty for others.
        last_value: What it last read; None where it has never been read. [unit of the channel]
        last_observed_at: When that was observed; None where it has never been read.
        reads_states: Whether its values are codes of states.
    """

    name: str
    unit: str
    writable: bool
    archived: bool
    minimum: float | None
    maximum: float | None
    states: Mapping[float, str]
    last_value: float | None
    last_observed_at: datetime | None
    reads_states: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known when a command is judged.

    Attributes:
        channel_id: The channel that shall be set.
        organisation_id: The organisation that owns it.
        target: What is known of it.
    """

    channel_id: UUID
    organisation_id: UUID
    target: Target
