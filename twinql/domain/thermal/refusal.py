"""Why a question about a temperature is not answered."""

from dataclasses import dataclass
from enum import Enum


class RefusalCode(Enum):
    """For programs: what is the matter."""

    INSUFFICIENT_HISTORY = "INSUFFICIENT_HISTORY"
    """Too few steps in which temperature and drivers are all known."""
    CONSTANT = "CONSTANT"
    """The temperature never changed."""
    NO_DRIVERS = "NO_DRIVERS"
    """No input that moved is known, so there is nothing to explain the temperature by."""
    ACTUATOR_NEVER_MOVED = "ACTUATOR_NEVER_MOVED"
    """What shall be changed has stood still all the time, so nothing is known of its effect."""
    SETPOINT_NEVER_MOVED = "SETPOINT_NEVER_MOVED"
    """The setpoint has stood still all the time, so nothing is known of how the loop answers it."""
    POOR_FIT = "POOR_FIT"
    """The model does not explain what it was not fitted to."""
    NO_EFFECT = "NO_EFFECT"
    """What shall be changed moved, and no effect on the temperature can be told from chance."""
    STALE = "STALE"
    """The last temperatures are missing, so it is not known where to start."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer.

    Attributes:
        code: For programs.
        message: For people: what is wrong, with the numbers.
        needed: For people: what would be needed.
    """

    code: RefusalCode
    message: str
    needed: str
