"""What diagnosis must know of a channel, and which stretch of its readings it looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.diagnosis.bands import LONGEST_WINDOW, SHORTEST_WINDOW, WINDOW_STEPS
from twinql.domain.units import Quantity, Unit
from twinql.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Sheet:
    """What diagnosis must know of a channel.

    Attributes:
        number: Its number.
        id: Its identity outside.
        site_id: Its site.
        asset_id: Its asset; None where it belongs to the site itself.
        key: Its short name.
        name: What people call it.
        kind: How its values are to be read.
        quantity: What it measures.
        unit: The unit of its values.
        resolution_s: Time between two readings when all is well; None where nobody said. [s]
        schedule: Whether its readings may lie in the future.
        writable: Whether it is set by commands.
        direction: Which way it counts; None where nothing flows.
        multiplier: What a value is multiplied by to give what flowed.
        target: Lower and upper end of its target band. [unit]
        limits: Its alarm limits, low-low, low, high and high-high. [unit]
        states: Labels by code, for STATE channels.
    """

    number: int
    id: UUID
    site_id: UUID
    asset_id: UUID | None
    key: str
    name: str
    kind: ReadingKind
    quantity: Quantity
    unit: Unit
    resolution_s: int | None
    schedule: bool = False
    writable: bool = False
    direction: FlowDirection | None = None
    multiplier: float = 1.0
    target: tuple[float | None, float | None] = (None, None)
    limits: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)
    states: Mapping[float, str] = field(default_factory=dict)

    @property
    def by_end(self) -> bool:
        """Whether a reading belongs to a period by the end of its interval."""
        return self.kind is ReadingKind.INTERVAL

    def span(self, first: datetime, last: datetime) -> "Span":
        """Return a stretch of time of it."""
        return Span(self.number, self.id, first, last, self.by_end)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time of a channel.

    Attributes:
        number: The channel's number.
        channel_id: Its identity outside.
        first: Where it begins.
        last: Where it ends.
        by_end: Whether readings belong to it by the end of their interval.
    """

    number: int
    channel_id: UUID
    first: datetime
    last: datetime
    by_end: bool = False


def window_of(wanted: timedelta | None, resolution_s: float | None) -> timedelta:
    """Return how far back to look: as wanted, else 120 resolutions, from an hour to 30 days.

    Raises:
        InvalidInputError: What is wanted is shorter than a minute or longer than 92 days.
    """
    if wanted is None:
        usual = timedelta(seconds=WINDOW_STEPS * resolution_s) if resolution_s else SHORTEST_WINDOW
        return min(max(usual, SHORTEST_WINDOW), LONGEST_WINDOW)
    if not timedelta(minutes=1) <= wanted <= timedelta(days=92):
        raise InvalidInputError("A window lasts from a minute to 92 days, such as PT1H or P7D.", path=("window",))
    return wanted
