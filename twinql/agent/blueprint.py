"""What an agent needs to know of the machine that it stands beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from twinql.domain.durations import format_duration


@dataclass(frozen=True, slots=True)
class ChannelBlueprint:
    """A channel as it is made in the graph.

    Attributes:
        key: Its short name on the machine.
        name: What people call it.
        quantity: The physical quantity, as the graph names it.
        unit: The unit of its values, as the graph names it.
        kind: How its values are to be read.
        resolution: Time between two readings when all is well; None where it speaks irregularly.
        writable: Whether commands may set it.
        low: What it cannot be below. [unit]
        high: What it cannot be above. [unit]
    """

    key: str
    name: str
    quantity: str
    unit: str
    kind: str = "INSTANTANEOUS"
    resolution: timedelta | None = None
    writable: bool = False
    low: float | None = None
    high: float | None = None

    def as_input(self, asset_id: str) -> dict[str, Any]:
        """Write it as `createChannel` takes it."""
        asked: dict[str, Any] = {
            "assetId": asset_id,
            "key": self.key,
            "name": self.name,
            "quantity": self.quantity,
            "unit": self.unit,
            "kind": self.kind,
            "writable": self.writable,
        }
        if self.resolution is not None:
            asked["resolution"] = format_duration(self.resolution)
        if self.low is not None or self.high is not None:
            asked["plausibility"] = {"minimum": self.low, "maximum": self.high, "action": "REJECT"}
        return asked


class Mirrored(Protocol):
    """A machine that an agent mirrors. It is asked from threads, one call at a time."""

    @property
    def channels(self) -> Sequence[ChannelBlueprint]:
        """What can be read and set on this very machine."""

    @property
    def every(self) -> timedelta:
        """Time between two looks at it; commands may change it."""

    def read(self) -> Mapping[str, float]:
        """Look, and return what there is to tell, by channel. A value that cannot be had now is left out."""

    def act(self, key: str, value: float) -> None:
        """Set what a channel controls.

        Raises:
            TwinError: It cannot be done, with a sentence that says why.
        """
