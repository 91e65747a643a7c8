"""The effect that a command is expected to have, by which it is verified."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID


class EffectDirection(Enum):
    """Which way a value is expected to go."""

    RISES = "RISES"
    FALLS = "FALLS"
    REACHES = "REACHES"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a command is expected to bring about.

    Attributes:
        channel_id: The channel that is expected to show it.
        direction: Which way.
        by: For RISES and FALLS how far, compared with the course without the command; None for however little. [unit
            of the channel]
        value: For REACHES the value to come to. [unit of the channel]
        within: How soon.
        baseline: The course without the command, as offsets from its sending and values, in order; None where it is
            the last value before. [s, unit of the channel]
    """

    channel_id: UUID
    direction: EffectDirection
    by: float | None
    value: float | None
    within: timedelta
    baseline: tuple[tuple[float, float], ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "channel_id": str(self.channel_id),
            "direction": self.direction.value,
            "by": self.by,
            "value": self.value,
            "within_s": self.within.total_seconds(),
            "baseline": None if self.baseline is None else [list(each) for each in self.baseline],
        }


def expectation_of(stored: dict[str, Any]) -> Expectation:
    """Read an expectation as it is stored with a command or a decision."""
    baseline = stored.get("baseline")
    return Expectation(
        channel_id=UUID(stored["channel_id"]),
        direction=EffectDirection(stored["direction"]),
        by=stored.get("by"),
        value=stored.get("value"),
        within=timedelta(seconds=stored["within_s"]),
        baseline=None if baseline is None else tuple((float(offset), float(value)) for offset, value in baseline),
    )
