"""Whether a reading that an interlock looks at can be relied on: what is missing, bad or stale refuses."""

from datetime import datetime, timedelta
from typing import Final

from twinql.domain.freshness import oldest_allowed
from twinql.domain.interlocks.facts import LaidDown, Seen
from twinql.domain.interlocks.verdict import Verdict
from twinql.domain.spoken import span

CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""A reading that is dated further ahead tells nothing of the present: the clock of its source is off."""


def distrust(seen: Seen, *, now: datetime, max_age: timedelta | None) -> str | None:
    """Say why the newest reading of a channel cannot be relied on; None where it can."""
    age, allowed = seen.age(now), oldest_allowed(seen.resolution_s, max_age)
    if seen.ahead_until is not None:
        ahead = span((seen.ahead_until - now).total_seconds())
        return f"{seen.name} is read by a clock that is {ahead} ahead; set it right."
    if age is None or seen.value is None:
        return f"{seen.name} has never been read, or has no value now; nobody knows how it stands."
    if not seen.is_good:
        return f"The last reading of {seen.name} is not GOOD; look at its sensor."
    if age > allowed:
        old, limit = span(age.total_seconds()), span(allowed.total_seconds())
        return f"{seen.name} was last read {old} ago, and may not be older than {limit}; nobody knows how it stands."
    return None


def distrusted(laid: LaidDown, *, now: datetime) -> Verdict | None:
    """Refuse where what an interlock looks at cannot be relied on; None where it can."""
    message = distrust(laid.seen, now=now, max_age=laid.definition.max_age)
    return None if message is None else say(laid, allowed=False, message=message)


def say(
    laid: LaidDown,
    *,
    allowed: bool,
    message: str,
    value: float | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Verdict:
    """Make the verdict of an interlock that was laid down, with its name before the message when it refuses."""
    beside = laid.seen.channel_id if laid.beside else None
    text = message if allowed else f"{laid.definition.name}: {message}"
    return Verdict(
        laid.definition.kind, allowed, text, value, minimum, maximum, laid.id, beside, observed_at=laid.seen.observed_at
    )
