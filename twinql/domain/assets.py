"""What is twinned: meters and machines."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Commodity(Enum):
    """What a meter measures."""

    ELECTRICITY = "ELECTRICITY"
    GAS = "GAS"
    WATER = "WATER"
    HEAT = "HEAT"
    COOLING = "COOLING"


class ExecutionState(Enum):
    """What a machine is doing."""

    RUNNING = "RUNNING"
    IDLE = "IDLE"
    FAULT = "FAULT"
    OFF = "OFF"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Execution:
    """The newest reading of a machine's channel `execution`.

    Attributes:
        label: The label of its state; None where the code has none.
        since: The first reading of the unbroken run of this state.
        observed_at: The newest reading.
    """

    label: str | None
    since: datetime
    observed_at: datetime

    @property
    def state(self) -> ExecutionState:
        """The state that the label names; UNKNOWN for any other label."""
        name = (self.label or "").upper()
        return ExecutionState[name] if name in ExecutionState.__members__ else ExecutionState.UNKNOWN
