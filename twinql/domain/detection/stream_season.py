"""What is usual at an hour of the week: the part of a baseline that comes back every week."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from twinql.domain.detection.finding import Memory

HOUR_S: Final = 3600.0
HOURS_A_WEEK: Final = 168
NEWEST_SHARE: Final = 0.25
"""What the newest week counts for in the mean of an hour of the week: some seven weeks speak."""
DOUBT: Final = 1.0
"""What is not yet known of a season is weighed so much against it: it must show for a while to count in full."""

Pair = tuple[float, float | None]
"""A value, and what is usual at its hour; None where that is not known. [unit]"""


class WeekProfile:
    """Means of the 168 hours of the local week, of which the newest weeks count most.

    An hour counts once it is over. Where clocks go back an hour is met twice, and where they go forward one is left
    out; neither does harm.
    """

    def __init__(self, zone: str, memory: Memory | None = None) -> None:
        known = memory or {}
        self._zone = ZoneInfo(zone)
        self._means: list[float | None] = list(known.get("means", [None] * HOURS_A_WEEK))
        self._hour: int | None = known.get("hour")
        self._until_s: float = known.get("until", 0.0)
        self._sum: float = known.get("sum", 0.0)
        self._count: int = known.get("count", 0)

    def usual(self, at_s: float) -> float | None:
        """Return what is usual at this hour; None in the first week."""
        if self._hour is None or at_s >= self._until_s:
            self._enter(at_s)
        assert self._hour is not None
        return self._means[self._hour]

    def learn(self, value: float) -> None:
        """Count a value in for the weeks to come, at the hour that was asked for last."""
        self._sum += value
        self._count += 1

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {
            "means": list(self._means),
            "hour": self._hour,
            "until": self._until_s,
            "sum": self._sum,
            "count": self._count,
        }

    def _enter(self, at_s: float) -> None:
        if self._hour is not None and self._count > 0:
            mean, before = self._sum / self._count, self._means[self._hour]
            self._means[self._hour] = mean if before is None else before + NEWEST_SHARE * (mean - before)
        local = datetime.fromtimestamp(at_s, UTC).astimezone(self._zone)
        self._hour = local.weekday() * 24 + local.hour
        self._until_s = (at_s // HOUR_S + 1.0) * HOUR_S
        self._sum, self._count = 0.0, 0


class Baseline:
    """A level that follows the values, and the share of the week's profile that has proved to be in them.

    The share is what least squares give for the values beside the profile, both less their levels, between 0 and 1: a
    series without a season keeps a plain level, and a profile that is mere noise does not disturb it.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        known = memory or {}
        self.level: float | None = known.get("level")
        self._usual_level: float | None = known.get("usual_level")
        self._count: int = known.get("count", 0)
        self._weight: float = known.get("weight", 0.0)
        self._product: float = known.get("product", 0.0)
        self._square: float = known.get("square", 0.0)

    def expected(self, usual: float | None) -> float | None:
        """Return what is expected where this is usual; None before the first value."""
        if self.level is None or usual is None or self._usual_level is None or self._square <= 0.0:
            return self.level
        share = self._product / (self._square * (1.0 + DOUBT * (1.0 / self._weight - 1.0)))
        return self.level + min(max(share, 0.0), 1.0) * (usual - self._usual_level)

    def learn(self, newest: Pair, compared: Pair, *, weight: float, share_weight: float) -> None:
        """Follow a value.

        Args:
            newest: The newest value. [unit]
            compared: What was compared with the baseline: the value, or a mean of the newest ones. [unit]
            weight: Of the value in the level.
            share_weight: Of the value in the share of the profile.
        """
        value, usual = newest
        if self.level is None:
            self.level = value
        if usual is not None and self._usual_level is None:
            self._usual_level = usual
        if compared[1] is not None and self._usual_level is not None:
            away, usual_away = compared[0] - self.level, compared[1] - self._usual_level
            self._product += share_weight * (usual_away * away - self._product)
            self._square += share_weight * (usual_away * usual_away - self._square)
            self._weight += share_weight * (1.0 - self._weight)
        self._count += 1
        self.level += max(weight, 1.0 / self._count) * (value - self.level)
        if usual is not None and self._usual_level is not None:
            self._usual_level += weight * (usual - self._usual_level)

    def begin_again(self) -> None:
        """Forget the level, and keep what is known of the season."""
        self.level, self._usual_level, self._count = None, None, 0

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {
            "level": self.level,
            "usual_level": self._usual_level,
            "count": self._count,
            "weight": self._weight,
            "product": self._product,
            "square": self._square,
        }
