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
    if seen.archived:
        return f"{seen.name} is archived, and tells nothing of the present; unarchive it, or archive this interlock."
    age, allowed = seen.age(now), oldest_allowed(seen.resolution_s, max_age)
    if seen.ahead_until is not None:
        ahead = span((seen.ahead_until - now).total_seconds())
        return f"{seen.name} is read by a clock that is {ahead} ahead; set it right."
    if age is None or seen.value is None:
        return f"{seen.name} has never been read, or has no value now; nobody knows how it stands."
    if (doubt := _doubt(seen)) is not None:
        return doubt
    if age > allowed:
        old, limit = span(age.total_seconds()), span(allowed.total_seconds())
        return f"{seen.name} was last read {old} ago, and may not be older than {limit}; nobody knows how it stands."
    return None


def _doubt(seen: Seen) -> str | None:
    """Say what makes a reading no evidence, however new it is."""
    if seen.is_by_hand and seen.source is not None:
        return f"The last reading of {seen.name} came by {seen.source.value}, not from its device; wait for the device."
    return None if seen.is_good else f"The last reading of {seen.name} is not GOOD; look at its sensor."


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
        laid.definition.kind,
        allowed,
        text,
        value,
        minimum,
        maximum,
        laid.id,
        beside,
        observed_at=laid.seen.observed_at,
        source=laid.seen.source,
    )
