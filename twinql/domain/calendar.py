"""Where the quarter hours, hours, days, weeks and months of a time zone begin, and how many a period has."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.readings import Instants, from_us, to_us
from twinql.domain.series import MOST_POINTS, Bucket, Wish
from twinql.errors import RangeTooLargeError

_QUARTER_US = 15 * 60 * 1_000_000
_HALF_HOUR_US = 2 * _QUARTER_US
_DAY_US = 96 * _QUARTER_US
_MINUTES = {Bucket.PT15M: 15, Bucket.PT30M: 30, Bucket.PT1H: 60}
# No bucket lasts longer, whatever clocks do.
_LONGEST = {
    Bucket.PT15M: timedelta(minutes=15),
    Bucket.PT30M: timedelta(hours=1),
    Bucket.PT1H: timedelta(hours=2),
    Bucket.DAY: timedelta(days=2),
    Bucket.WEEK: timedelta(days=8),
    Bucket.MONTH: timedelta(days=32),
    Bucket.BILLING_MONTH: timedelta(days=32),
}


def edges(bucket: Bucket, first: datetime, last: datetime, zone: ZoneInfo, *, billing_day: int = 1) -> Instants:
    """Return where the buckets that a period touches begin, and where the last of them ends.

    A bucket begins when the zone's clock shows the beginning of a quarter hour, half hour, hour, day, week or month. A
    day of a clock change has 23 or 25 hours (in some zones a half more or less); an hour that happens twice is two.

    Args:
        bucket: Their length.
        first: Where the period begins.
        last: Where it ends, later than `first`.
        zone: Whose clock counts.
        billing_day: The day of the month with which a billing month begins, 1 to 28.

    Returns:
        Shape (n + 1,) for n buckets, ascending. [µs since 1970 UTC]
    """
    if bucket in _MINUTES:
        return _within_days(_MINUTES[bucket], first, last, zone)
    day = first.astimezone(zone).date()
    start = {
        Bucket.DAY: day,
        Bucket.WEEK: day - timedelta(days=day.weekday()),
        Bucket.MONTH: day.replace(day=1),
        Bucket.BILLING_MONTH: _billing_month_of(day, billing_day),
    }[bucket]
    found = [midnight(start, zone)]
    while found[-1] < last:
        start = _following(bucket, start)
        found.append(midnight(start, zone))
    # A day that a country skipped begins where the next one does.
    return np.unique(np.array([to_us(instant) for instant in found], dtype=np.int64))


def settlement(starts: Instants, zone: ZoneInfo) -> tuple[list[date], list[int]]:
    """Return the settlement date and the number of the settlement period of half hours.

    Args:
        starts: Where they begin, shape (n,), ascending. [µs since 1970 UTC]
        zone: Whose clock counts.

    Returns:
        For each the local day, and its place in it from 1: up to 48, 46 or 50 where clocks change by an hour.
    """
    days = [from_us(each).astimezone(zone).date() for each in starts.tolist()]
    begins = {day: to_us(midnight(day, zone)) for day in dict.fromkeys(days)}
    numbers = [(at - begins[day]) // _HALF_HOUR_US + 1 for at, day in zip(starts.tolist(), days, strict=True)]
    return days, numbers


def check_count(wish: Wish, zone: ZoneInfo, *, billing_day: int = 1) -> None:
    """Check that a period has no more buckets than points are wanted; one that is far off is not even divided.

    Raises:
        RangeTooLargeError: It has; the message says what fits.
    """
    if wish.bucket is not None and not _fits(wish, wish.bucket, zone, billing_day):
        raise too_large(wish, zone, billing_day=billing_day)


def check_length(wish: Wish) -> None:
    """Check that a period may have no more buckets than points are wanted, whoever's clock counts them.

    Raises:
        RangeTooLargeError: It has more on every clock; the message says what fits.
    """
    if wish.bucket is not None and (wish.last - wish.first) // _LONGEST[wish.bucket] > wish.most:
        raise too_large(wish, ZoneInfo("UTC"))


def too_large(wish: Wish, zone: ZoneInfo, *, billing_day: int = 1) -> RangeTooLargeError:
    """Say that a period holds more points than were allowed for, and what would fit: maxPoints too, where it is low."""
    usual = [bucket for bucket in Bucket if bucket is not Bucket.BILLING_MONTH]
    fitting = next((bucket for bucket in usual if _fits(wish, bucket, zone)), None)
    advice = f"ask for the bucket {fitting.value}" if fitting else "no bucket fits, so ask for a shorter period"
    coarsest = usual[-1]
    if not fitting and wish.bucket is not coarsest and _fits(replace(wish, most=MOST_POINTS), coarsest, zone):
        advice += f", or for the bucket {coarsest.value} with a larger maxPoints, {MOST_POINTS:,} at most"
    if wish.bucket is not None and _fits(replace(wish, most=MOST_POINTS), wish.bucket, zone, billing_day):
        advice = f"{advice}, or raise maxPoints, to {MOST_POINTS:,} at most"
    return RangeTooLargeError(
        f"The period holds more than maxPoints = {wish.most:,} points; {advice}.", path=("bucket",)
    )


def _fits(wish: Wish, bucket: Bucket, zone: ZoneInfo, billing_day: int = 1) -> bool:
    if (wish.last - wish.first) // _LONGEST[bucket] > wish.most:
        return False
    return len(edges(bucket, wish.first, wish.last, zone, billing_day=billing_day)) - 1 <= wish.most


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local day begins; where clocks skip midnight, that of the change."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def billing_month(instant: datetime, zone: ZoneInfo, billing_day: int) -> tuple[datetime, datetime]:
    """Return where the billing month of an instant begins and where it ends.

    Args:
        instant: The instant; at the beginning of a billing month it belongs to that one.
        zone: Whose clock counts.
        billing_day: The day of the month with which a billing month begins, 1 to 28.
    """
    first = _billing_month_of(instant.astimezone(zone).date(), billing_day)
    return midnight(first, zone), midnight(_following(Bucket.BILLING_MONTH, first), zone)


def _billing_month_of(day: date, billing_day: int) -> date:
    return (day if day.day >= billing_day else day.replace(day=1) - timedelta(days=1)).replace(day=billing_day)


def _following(bucket: Bucket, start: date) -> date:
    if bucket in {Bucket.MONTH, Bucket.BILLING_MONTH}:
        return (start.replace(day=1) + timedelta(days=32)).replace(day=start.day)
    return start + timedelta(days=1 if bucket is Bucket.DAY else 7)


def _within_days(minutes: int, first: datetime, last: datetime, zone: ZoneInfo) -> Instants:
    """Walk the quarter hours, of which every zone's offset is a multiple, and keep those that begin a bucket."""
    # Two hours to either side hold the beginning of the first bucket and the end of the last, whatever clocks do.
    low = to_us(first) // _QUARTER_US - 8
    high = -(-to_us(last) // _QUARTER_US) + 8
    grid = np.arange(low, high + 1, dtype=np.int64) * _QUARTER_US
    starts = grid[(grid + _offsets_us(grid, zone)) % (minutes * 60_000_000) == 0]
    begins = np.searchsorted(starts, to_us(first), side="right") - 1
    ends = np.searchsorted(starts, to_us(last), side="left")
    found: Instants = starts[begins : ends + 1]
    return found


def _offsets_us(grid: Instants, zone: ZoneInfo) -> Instants:
    """Return the zone's offset in µs at each instant of a quarter-hour grid, asked once a day where nothing changes."""
    found = np.empty(len(grid), dtype=np.int64)
    position = 0
    while position < len(grid):
        end = min(len(grid), position + _DAY_US // _QUARTER_US)
        at_start, at_end = _offset_us(int(grid[position]), zone), _offset_us(int(grid[end - 1]), zone)
        if at_start == at_end:
            found[position:end] = at_start
        else:
            found[position:end] = [_offset_us(each, zone) for each in grid[position:end].tolist()]
        position = end
    return found


def _offset_us(instant_us: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant_us / 1e6, zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds() * 1e6)
