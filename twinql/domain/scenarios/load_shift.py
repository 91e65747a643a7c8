"""What is asked of a load that is shifted, and what it comes to in energy, money and carbon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np

from twinql.domain.instants import format_instant
from twinql.domain.metering.intervals import BILLION
from twinql.domain.scenarios.expected_load import in_steps
from twinql.domain.scenarios.moves import LONGEST_PERIOD, MOST_MOVES, Move
from twinql.domain.scenarios.scenario import Floats, ScenarioRefusal
from twinql.domain.scenarios.shifting import Load
from twinql.domain.tariffs.cost import Cost
from twinql.errors import InvalidInputError, RangeTooLargeError

FARTHEST_AHEAD: Final = timedelta(days=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadShift:
    """What is asked.

    Attributes:
        meter_id: The meter.
        first: Where the period begins that is costed.
        last: Where it ends.
        moves: What is moved, one after the other.
        tariff_id: The tariff to reckon with; None for what was agreed.
        level: Share of outcomes that should lie between the bounds of a step that is not over.
    """

    meter_id: UUID
    first: datetime
    last: datetime
    moves: Sequence[Move]
    tariff_id: UUID | None
    level: float

    def check(self) -> None:
        """Refuse what can never be worked out.

        Raises:
            InvalidInputError: The moves or the period make no sense.
            RangeTooLargeError: It is too much.
        """
        if not self.moves:
            raise InvalidInputError("Without a move nothing is shifted; name one.", path=("loadShift", "moves"))
        if len(self.moves) > MOST_MOVES:
            message = f"At most {MOST_MOVES} moves are made at once, and these are {len(self.moves)}."
            raise RangeTooLargeError(message, path=("loadShift", "moves"))
        if self.last - self.first > LONGEST_PERIOD:
            message = f"A load is shifted within {LONGEST_PERIOD.days} days at most; choose a shorter period."
            raise RangeTooLargeError(message, path=("loadShift", "during"))
        for place, each in enumerate(self.moves):
            each.check(self.first, self.last, "loadShift", "moves", str(place))

    def refusal(self, now: datetime) -> ScenarioRefusal | None:
        """Say why nobody can know it, whatever was read; None where it depends on that."""
        if self.last <= now + FARTHEST_AHEAD:
            return None
        message = f"Nobody knows what a meter counts more than {FARTHEST_AHEAD.days} days ahead."
        return ScenarioRefusal("HORIZON_TOO_LONG", message, "A period that is nearer, or one of the past.")

    def asked(self) -> dict[str, Any]:
        """Write down what was asked, for JSON."""
        return {
            "moves": [
                {
                    "from": format_instant(each.first),
                    "until": format_instant(each.last),
                    "to_from": format_instant(each.to_first),
                    "to_until": format_instant(each.to_last),
                    "energy": each.energy_kwh,
                    "share": each.share,
                    "above": each.above_kw,
                }
                for each in self.moves
            ],
            "tariff_id": None if self.tariff_id is None else str(self.tariff_id),
        }


@dataclass(frozen=True, slots=True)
class Priced:
    """The same period twice: as it is or is expected, and as it would be.

    Attributes:
        before: What the baseline costs.
        after: What the alternative costs.
    """

    before: Cost
    after: Cost

    @property
    def saving(self) -> Decimal | None:
        """What the alternative costs less; None where energy has a price in only one of them. [currency]."""
        if _unrated(self.before) != _unrated(self.after):
            return None
        return self.before.total - self.after.total


def _unrated(cost: Cost) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = {}
    for each in cost.problems:
        found[each.code.value] = found.get(each.code.value, Decimal(0)) + (each.quantity or Decimal(0))
    return found


def money(median: Priced, lower: Priced | None, upper: Priced | None) -> dict[str, Any]:
    """Write down what is paid and saved, for JSON: exact decimals as texts, and bounds where the load is expected.

    The bounds are the least and the greatest of what comes of the three loads: where more is used more may be saved, or
    less, and what is fed in is paid for.
    """
    ways = (median,) if lower is None or upper is None else (median, lower, upper)
    return {
        "currency": median.before.currency,
        "complete": not median.before.problems and not median.after.problems,
        "baseline": _range([each.before.total for each in ways]),
        "alternative": _range([each.after.total for each in ways]),
        "saving": _range([each.saving for each in ways]),
    }


def _range(amounts: Sequence[Decimal | None]) -> dict[str, str | None]:
    """Return the first amount between the least and the greatest of all; without these where one is not known."""
    known = [each for each in amounts if each is not None]
    bounded = len(known) == len(amounts) > 1
    return {
        "amount": None if amounts[0] is None else str(amounts[0]),
        "low": str(min(known)) if bounded else None,
        "high": str(max(known)) if bounded else None,
    }


def steps_of(load: Load, *, first_us: int, last_us: int, step_s: int) -> Floats:
    """Return what is taken in in each step of a period, shape (steps,); NaN where it is not known. [kWh]."""
    step_us = step_s * 1_000_000
    count = -(-(last_us - first_us) // step_us)
    return in_steps(load.imported, np.minimum(first_us + step_us * np.arange(count + 1), last_us))


def energies(baseline: Floats, alternative: Floats, moved: int, *, step_s: int) -> dict[str, float | None]:
    """Write down what is taken in, how much of it is moved, and how high the load goes, for JSON. [kWh, kW]."""
    per_hour = 3_600 / step_s
    peaks = [
        float(np.nanmax(each)) * per_hour if not np.isnan(each).all() else None for each in (baseline, alternative)
    ]
    return {
        "energy_kwh": float(np.nansum(baseline)),
        "moved_kwh": moved / BILLION,
        "baseline_peak_kw": peaks[0],
        "alternative_peak_kw": peaks[1],
    }
