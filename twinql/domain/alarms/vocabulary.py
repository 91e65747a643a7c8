"""The words in which alarms are spoken of, as ISA-18.2 has them; the order of a severity is its weight."""

from datetime import timedelta
from enum import Enum
from typing import Final

LONGEST_SHELF: Final = timedelta(days=7)
"""For how long an alarm can be shelved at once."""


class AlarmState(Enum):
    """Where an alarm stands."""

    NORMAL = "NORMAL"
    ACTIVE_UNACKNOWLEDGED = "ACTIVE_UNACKNOWLEDGED"
    ACTIVE_ACKNOWLEDGED = "ACTIVE_ACKNOWLEDGED"
    RETURNED_UNACKNOWLEDGED = "RETURNED_UNACKNOWLEDGED"
    SHELVED = "SHELVED"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"


class Severity(Enum):
    """How much an alarm matters, from the least to the most."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class AlarmAction(Enum):
    """What moves an alarm."""

    RAISED = "RAISED"
    RETURNED = "RETURNED"
    RAISED_AGAIN = "RAISED_AGAIN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    COMMENTED = "COMMENTED"
    SHELVED = "SHELVED"
    UNSHELVED = "UNSHELVED"
    TAKEN_OUT_OF_SERVICE = "TAKEN_OUT_OF_SERVICE"
    RETURNED_TO_SERVICE = "RETURNED_TO_SERVICE"
    ESCALATED = "ESCALATED"


BY_PEOPLE: Final = frozenset(
    {
        AlarmAction.ACKNOWLEDGED,
        AlarmAction.COMMENTED,
        AlarmAction.SHELVED,
        AlarmAction.UNSHELVED,
        AlarmAction.TAKEN_OUT_OF_SERVICE,
        AlarmAction.RETURNED_TO_SERVICE,
    }
)
"""The steps that people take; TwinQL itself takes the others."""
