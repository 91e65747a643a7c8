"""The effect that a command is expected to have, by which it is verified."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from math import inf, isfinite
from typing import Any, Final, NoReturn
from uuid import UUID

from twinql.errors import InvalidInputError

SHORTEST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(hours=24)


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

    def check(self) -> None:
        """Refuse what can never be looked for.

        Raises:
            InvalidInputError: Something is missing, too much, or no number; its path says what.
        """
        reaches = self.direction is EffectDirection.REACHES
        if not SHORTEST_WAIT <= self.within <= LONGEST_WAIT:
            _refuse("An effect shows within one second to 24 hours; choose within so.", "within")
        if reaches and (self.value is None or not isfinite(self.value)):
            _refuse("REACHES needs value, the finite number it comes to.", "value")
        if not reaches and self.value is not None:
            _refuse("Only REACHES has a value; leave it out, and say by how much it goes.", "value")
        if reaches and self.by is not None:
            _refuse("REACHES comes to a value; leave by out.", "by")
        if self.by is not None and not 0 < self.by < inf:
            _refuse("An effect has a size above zero; leave by out where any will do.", "by")

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


def _refuse(message: str, name: str) -> NoReturn:
    raise InvalidInputError(message, path=("expect", name))


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
