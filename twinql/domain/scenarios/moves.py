"""Moves of load: which energy is taken from one window of time and used in another instead."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Final

from twinql.domain.instants import check_order
from twinql.errors import InvalidInputError

MOST_MOVES: Final = 20
LONGEST_PERIOD: Final = timedelta(days=7)
_LARGEST: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Energy that is used at another time; exactly one of `energy_kwh`, `share` and `above_kw` says how much.

    Attributes:
        first: Where the window begins from which it is taken.
        last: Where that window ends.
        to_first: Where the window begins in which it is used instead, evenly over time.
        to_last: Where that window ends.
        energy_kwh: How much, taken in proportion to what is used. [kWh]
        share: The share of what is used, above 0 and at most 1.
        above_kw: What is used above this mean power of each interval. [kW]
    """

    first: datetime
    last: datetime
    to_first: datetime
    to_last: datetime
    energy_kwh: float | None = None
    share: float | None = None
    above_kw: float | None = None

    def check(self, begins: datetime, ends: datetime, *path: str) -> None:
        """Refuse what can never be moved.

        Args:
            begins: Where the period begins in which both windows must lie.
            ends: Where it ends.
            path: Where the move stands in the input.

        Raises:
            InvalidInputError: The windows or the amount make no sense.
        """
        try:
            check_order(self.first, self.last)
            check_order(self.to_first, self.to_last)
        except InvalidInputError as error:
            raise InvalidInputError(error.message, path=path) from error
        if min(self.first, self.to_first) < begins or max(self.last, self.to_last) > ends:
            message = "Both windows of a move lie within the period; mend them, or choose a longer period."
            raise InvalidInputError(message, path=path)
        if self.first < self.to_last and self.to_first < self.last:
            raise InvalidInputError("The two windows of a move overlap; take them apart.", path=path)
        given = [each for each in (self.energy_kwh, self.share, self.above_kw) if each is not None]
        if len(given) != 1:
            raise InvalidInputError("Say how much is moved by exactly one of energy, share and above.", path=path)
        if not (isfinite(given[0]) and 0.0 <= given[0] <= _LARGEST) or (given[0] == 0.0 and self.above_kw is None):
            raise InvalidInputError("An amount to be moved is more than nothing, and no absurd number.", path=path)
        if self.share is not None and self.share > 1.0:
            raise InvalidInputError("A share lies above 0 and is at most 1.", path=(*path, "share"))
