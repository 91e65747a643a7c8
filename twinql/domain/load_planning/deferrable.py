"""A load that can wait, as somebody described it: what it needs, and between which hours it may run."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor, isfinite
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from twinql.domain.calendar import midnight
from twinql.domain.load_planning.problem import SECONDS_AN_HOUR, LoadTask
from twinql.domain.wording import cleaned
from twinql.errors import InvalidInputError

MINUTES_A_DAY: Final = 1_440
LONGEST_RUN: Final = timedelta(hours=24)
_LARGEST_KW: Final = 100_000.0
_EPSILON: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferrableLoad:
    """A load that has to run once a day, and may choose when. Minutes are those of the site's clock.

    Attributes:
        name: What people call it.
        meter_id: The meter behind which it is.
        channel_id: The writable channel that switches it; None where only people do.
        power_kw: What it takes while it runs. [kW]
        run_time: How long it runs; None where its energy is said.
        energy_kwh: What it needs; None where its run time is said. [kWh]
        earliest_minute: From which minute of the day on it may run, 0 to 1439.
        latest_minute: By which minute it is done, 1 to 1440; not after `earliest_minute`, it is that of the next day.
        usual_minute: When it begins if nobody plans; None for as soon as it may.
        interruptible: Whether it may pause.
        minimum_run: How long it runs before it may pause, at least.
        counted: Whether what its meter is expected to take contains it already, at its usual time.
        on_value: What its channel is set to for it to run.
        off_value: What its channel is set to for it to stop.
    """

    name: str
    meter_id: UUID
    channel_id: UUID | None = None
    power_kw: float
    run_time: timedelta | None = None
    energy_kwh: float | None = None
    earliest_minute: int = 0
    latest_minute: int = MINUTES_A_DAY
    usual_minute: int | None = None
    interruptible: bool = False
    minimum_run: timedelta | None = None
    counted: bool = False
    on_value: float = 1.0
    off_value: float = 0.0

    def checked(self) -> "DeferrableLoad":
        """Return it with its name cleaned.

        Raises:
            InvalidInputError: It can never run as it is described.
        """
        cleaned(self.name, "name", "name")
        if not (isfinite(self.power_kw) and 0.0 < self.power_kw <= _LARGEST_KW):
            raise InvalidInputError("The power is more than nothing, in kilowatts.", path=("power",))
        if (self.run_time is None) == (self.energy_kwh is None):
            raise InvalidInputError("Say what it needs by exactly one of runTime and energy.", path=("runTime",))
        if self.energy_kwh is not None and not (isfinite(self.energy_kwh) and self.energy_kwh > 0.0):
            raise InvalidInputError("The energy is more than nothing, in kilowatt hours.", path=("energy",))
        if not timedelta() < self.needed <= LONGEST_RUN:
            raise InvalidInputError("A load runs more than nothing and at most 24 hours a day.", path=("runTime",))
        if self.needed > timedelta(minutes=self.window_minutes):
            message = (
                f"It runs for {self.needed.total_seconds() / SECONDS_AN_HOUR:g} h, and its window has "
                f"{self.window_minutes / 60:g} h; widen the window."
            )
            raise InvalidInputError(message, path=("latest",))
        if self.minimum_run is not None and not timedelta() < self.minimum_run <= self.needed:
            message = "The minimum run is more than nothing, and no longer than it runs at all."
            raise InvalidInputError(message, path=("minimumRun",))
        if self.usual_minute is not None and self._after(self.usual_minute) + self.needed > timedelta(
            minutes=self.window_minutes
        ):
            message = "From its usual time on it is not done within its window; mend either."
            raise InvalidInputError(message, path=("usual",))
        if not (isfinite(self.on_value) and isfinite(self.off_value)) or self.on_value == self.off_value:
            raise InvalidInputError("On and off are two different values.", path=("onValue",))
        return self

    @property
    def needed(self) -> timedelta:
        """Return how long it runs at its power."""
        if self.run_time is not None:
            return self.run_time
        assert self.energy_kwh is not None
        return timedelta(hours=min(self.energy_kwh / self.power_kw, 1e6))

    @property
    def window_minutes(self) -> int:
        """Return how long its window is, on a day without a clock change."""
        over = MINUTES_A_DAY if self.latest_minute <= self.earliest_minute else 0
        return self.latest_minute + over - self.earliest_minute

    def window(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return where its window begins that begins on a local day, and where it ends."""
        next_day = day + timedelta(days=self.latest_minute <= self.earliest_minute)
        return at_minute(day, self.earliest_minute, zone), at_minute(next_day, self.latest_minute, zone)

    def usual_start(self, day: date, zone: ZoneInfo) -> datetime:
        """Return when it begins on a day if nobody plans."""
        minute = self.earliest_minute if self.usual_minute is None else self.usual_minute
        return at_minute(day + timedelta(days=minute < self.earliest_minute), minute, zone)

    def task(self, day: date, zone: ZoneInfo, *, starts_at: datetime, step_s: int, left: timedelta | None) -> LoadTask:
        """Say it in steps: the run time rounded up to whole steps, over which its energy is spread evenly.

        Args:
            day: The local day on which its window begins.
            zone: The zone of its site.
            starts_at: Where the first step begins; what of the window lies before that is over.
            step_s: Length of a step. [s]
            left: How long it still has to run; None for all of it.
        """
        first, last = self.window(day, zone)
        needed_s = (self.needed if left is None else left).total_seconds()
        steps = max(1, ceil(needed_s / step_s - _EPSILON))
        lead = (self.usual_start(day, zone) - starts_at).total_seconds()
        return LoadTask(
            name=self.name,
            power_kw=self.power_kw * needed_s / (steps * step_s),
            steps=steps,
            first=max(0, ceil((first - starts_at).total_seconds() / step_s - _EPSILON)),
            last=floor((last - starts_at).total_seconds() / step_s + _EPSILON),
            usual=max(0, round(lead / step_s)),
            interruptible=self.interruptible,
            minimum_steps=min(steps, ceil((self.minimum_run or timedelta()).total_seconds() / step_s - _EPSILON) or 1),
        )

    def _after(self, minute: int) -> timedelta:
        """Return how long after the beginning of its window the clock shows a minute."""
        return timedelta(minutes=(minute - self.earliest_minute) % MINUTES_A_DAY)


def at_minute(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clock shows a minute of a day; where clocks skip it, just as long after."""
    if minute >= MINUTES_A_DAY:
        return midnight(day + timedelta(days=1), zone)
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return local.astimezone(UTC)
