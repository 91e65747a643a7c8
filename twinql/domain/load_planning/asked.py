"""What is asked of a plan: whose loads, on which day, and what it shall make small."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, isfinite
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from twinql.domain.calendar import midnight
from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.domain.load_planning.problem import LoadPlanObjective
from twinql.domain.readings import from_us, to_us
from twinql.errors import InvalidInputError, RangeTooLargeError

STEP_S: Final = 900
MOST_LOADS: Final = 50
DAYS_AHEAD: Final = 7
_US: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlanWish:
    """A question for a plan.

    Attributes:
        meter_id: The meter behind which the loads are.
        day: The local day on which their windows begin; None for tomorrow.
        objective: What is made small.
        limit_kw: What may be taken in at most; None for the limit of the site. [kW]
        demand_price: What each kW costs by which the highest step goes above `peak_so_far_kw`. [currency per kW]
        peak_so_far_kw: The highest step that is charged already. [kW]
        load_ids: Which loads; None for all that are in use.
        tariff_id: The tariff to reckon with; None for what was agreed.
    """

    meter_id: UUID
    day: date | None = None
    objective: LoadPlanObjective = LoadPlanObjective.COST
    limit_kw: float | None = None
    demand_price: float = 0.0
    peak_so_far_kw: float = 0.0
    load_ids: Sequence[UUID] | None = None
    tariff_id: UUID | None = None

    def check(self) -> None:
        """Refuse what can never be worked out.

        Raises:
            InvalidInputError: A number makes no sense, or no load is named.
            RangeTooLargeError: They are too many.
        """
        for name, value, least in (
            ("limit", self.limit_kw, 1e-6),
            ("demandPrice", self.demand_price, 0.0),
            ("peakSoFar", self.peak_so_far_kw, 0.0),
        ):
            if value is not None and not (isfinite(value) and least <= value < 1e9):  # noqa: PLR2004 - no absurd number
                message = "This is not less than nothing, and no absurd number; a limit is more than nothing."
                raise InvalidInputError(message, path=(name,))
        if self.load_ids is not None and not self.load_ids:
            raise InvalidInputError("Name a load, or leave loadIds out for all of the meter.", path=("loadIds",))
        if self.load_ids is not None and len(self.load_ids) > MOST_LOADS:
            raise _too_many(len(self.load_ids))


@dataclass(frozen=True, slots=True)
class PlanPeriod:
    """The steps of a plan: a local day, and what windows reach into the next one.

    Attributes:
        day: The local day.
        starts_at: Where the first step begins.
        ends_at: Where the last one ends.
    """

    day: date
    starts_at: datetime
    ends_at: datetime

    @property
    def count(self) -> int:
        """Return how many steps there are: 96 in a day, 92 or 100 where clocks change."""
        return round((self.ends_at - self.starts_at).total_seconds() / STEP_S)


def period_of(day: date | None, loads: Sequence[DeferrableLoad], zone: ZoneInfo, now: datetime) -> PlanPeriod:
    """Return the period of a plan: from local midnight, or from the next step on if the day has begun.

    Raises:
        InvalidInputError: The day is over, and so are all windows that began on it.
        RangeTooLargeError: It is too far ahead, or the loads are too many.
    """
    if len(loads) > MOST_LOADS:
        raise _too_many(len(loads))
    today = now.astimezone(zone).date()
    day = today + timedelta(days=1) if day is None else day
    if day > today + timedelta(days=DAYS_AHEAD):
        message = f"Loads are planned for {DAYS_AHEAD} days ahead at most; it is {today} at this site."
        raise RangeTooLargeError(message, path=("day",))
    starts_at = max(midnight(day, zone), next_step(now))
    ends_at = max([midnight(day + timedelta(days=1), zone), *(each.window(day, zone)[1] for each in loads)])
    if starts_at >= ends_at:
        raise InvalidInputError(f"This day is over; it is {today} at this site.", path=("day",))
    return PlanPeriod(day, starts_at, next_step(ends_at))


def next_step(now: datetime) -> datetime:
    """Return where the next quarter of an hour begins; now if that is at this instant."""
    return from_us(ceil(to_us(now) / (STEP_S * _US)) * STEP_S * _US)


def _too_many(count: int) -> RangeTooLargeError:
    message = f"At most {MOST_LOADS} loads are planned at once, and these are {count}; name some by `loadIds`."
    return RangeTooLargeError(message, path=("loadIds",))
