"""Why there is no answer: a code, a sentence, and what would be needed."""

from dataclasses import dataclass
from enum import Enum


class ReasonCode(Enum):
    """What an answer lacks."""

    INSUFFICIENT_HISTORY = "INSUFFICIENT_HISTORY"
    NEVER_READ = "NEVER_READ"
    STALE = "STALE"
    NOT_FOR_THIS_KIND = "NOT_FOR_THIS_KIND"
    NO_SPACING = "NO_SPACING"
    NO_SCALE = "NO_SCALE"
    NO_TARGET = "NO_TARGET"
    NO_LIMIT = "NO_LIMIT"
    NO_CHANNEL = "NO_CHANNEL"
    NO_CALIBRATION = "NO_CALIBRATION"
    NO_TREND = "NO_TREND"
    MOVING_AWAY = "MOVING_AWAY"
    TOO_FAR = "TOO_FAR"
    CONSTANT = "CONSTANT"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NO_ACTIVITY = "NO_ACTIVITY"
    NO_MODEL = "NO_MODEL"
    SENSOR_STUCK = "SENSOR_STUCK"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why there is no answer.

    Attributes:
        code: For programs.
        message: For people: what is missing, and what to do.
        required: How many of it an answer needs; None where nothing is counted.
        available: How many there are.
    """

    code: ReasonCode
    message: str
    required: int | None = None
    available: int | None = None


def too_few(
    required: int,
    available: int,
    things: str = "usable readings",
    *,
    advice: str = "ask for a longer time, or later",
) -> Reason:
    """Say that there is not enough to answer from, and what whoever asked can do about it."""
    message = f"This needs {required:,} {things}, and there {'is' if available == 1 else 'are'} {available:,}"
    if required == 1:
        message = f"There are no {things}"
    message = f"{message}; {advice}."
    return Reason(ReasonCode.INSUFFICIENT_HISTORY, message, required, available)


BEYOND_NUMBERS = Reason(ReasonCode.OUT_OF_RANGE, "The values are so large that no number holds the answer; check them.")
"""Where arithmetic overflows."""
STUCK_SENSOR = Reason(
    ReasonCode.SENSOR_STUCK,
    "Its sensor is stuck, by an open alarm: it repeats a value, and says nothing of what it measures. Have it mended.",
)
"""Where readings are there and tell nothing."""
NOT_FOR_STATES = Reason(
    ReasonCode.NOT_FOR_THIS_KIND, "Codes of states have no slope and no spread; ask for a measured quantity."
)
