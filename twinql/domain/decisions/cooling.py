"""Whether what cools does less than it usually does: then what warms up will not turn back as it did before."""

from dataclasses import dataclass
from typing import Final

from twinql.domain.decisions.measures import KEEPS_FOR_S
from twinql.domain.decisions.recommendation import Reason

USUAL_SHARE: Final = 0.1
"""What a channel reads at most for this share of a day is rare; what is above it is usual."""
UNCOOLED_LEAD_S: Final = KEEPS_FOR_S
"""Without the usual cooling a rise is believed from so long before a limit: what is later needs no measure yet. [s]"""
_SEEN: Final = 2
"""So many readings in a row are no dip."""
_LESS: Final = 0.8
"""Below this share of the least that is usual it does less: no noise, and no other day."""
_STILL_S: Final = 150.0
"""Older readings of what cools say nothing of now. [s]"""


@dataclass(frozen=True, slots=True)
class Cooler:
    """A channel that tells how much something that cools does: its power, current or flow.

    Attributes:
        number: Its identity inside.
        key: Its short name.
        name: What people call it.
        unit: The unit of its values, as the graph names it.
        least: The least that it usually reads, more than zero. [unit]
        switch: The channel that tells whether it is on, by its number; None where none does.
        was_off: Whether that said no when this was learned.
    """

    number: int
    key: str
    name: str
    unit: str
    least: float
    switch: int | None = None
    was_off: bool = False


@dataclass(frozen=True, slots=True)
class Doing:
    """What a cooler read last.

    Attributes:
        at_s: When. [s]
        value: What. [unit of the channel]
        less_since_s: Time of the first of its last readings in a row that are less than usual; None where the last one
            is not. [s]
        times: How many these are.
    """

    at_s: float
    value: float
    less_since_s: float | None
    times: int


def after(cooler: Cooler, before: Doing | None, at_s: float, value: float) -> Doing:
    """Take the next reading of a cooler, later than those before."""
    if value >= _LESS * cooler.least:
        return Doing(at_s, value, None, 0)
    if before is None or before.less_since_s is None:
        return Doing(at_s, value, at_s, 1)
    return Doing(at_s, value, before.less_since_s, before.times + 1)


def does_less(cooler: Cooler, doing: Doing, *, since_s: float, at_s: float) -> Reason | None:
    """Say with its numbers that a cooler has done less than usual since an instant; None where it has not.

    Args:
        cooler: The channel that tells.
        doing: What it read last.
        since_s: When the rise began to be seen: a spindle that runs down is warmed by what it did before, without a
            pump that rests already. [s]
        at_s: The present. [s]
    """
    if (
        doing.less_since_s is None
        or doing.less_since_s > since_s
        or doing.times < _SEEN
        or doing.at_s < at_s - _STILL_S
    ):
        return None
    message = f"{cooler.name} does less than usual, so what warms up is not expected to turn back by itself."
    threshold = float(f"{_LESS * cooler.least:.4g}")
    return Reason("COOLING_DOES_LESS", message, doing.value, threshold, cooler.unit, cooler.key)
