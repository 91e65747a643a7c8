"""The interlocks that every command must pass, laid down or not."""

from datetime import timedelta
from math import isfinite

from twinql.domain.commands import LONGEST_LIFE, SHORTEST_LIFE, can_be_read, spoken
from twinql.domain.interlocks.facts import Stopped, Target
from twinql.domain.interlocks.verdict import InterlockKind, Verdict
from twinql.domain.plausibility import GREATEST
from twinql.domain.units import Unit


def writable(target: Target) -> Verdict:
    """Ask whether commands may set the channel at all."""
    if target.archived:
        return Verdict(InterlockKind.WRITABLE, False, f"{target.name} was taken out of use; command another channel.")
    if not target.writable:
        return Verdict(InterlockKind.WRITABLE, False, f"{target.name} is only measured; command a writable channel.")
    return Verdict(InterlockKind.WRITABLE, True, f"{target.name} may be set by commands.")


def in_range(target: Target, desired: float) -> Verdict:
    """Ask whether the channel can take the value."""
    low, high = target.minimum, target.maximum
    value: float | None = desired
    allowed = False
    if not isfinite(desired):
        value, message = None, "The desired value is not a finite number; send one."
    elif not can_be_read(desired):
        message = f"No reading lies further from zero than {GREATEST:g}; ask for a value that one can show."
    elif (low is not None and desired < low) or (high is not None and desired > high):
        span = f"{'any' if low is None else f'{low:g}'} to {'any' if high is None else f'{high:g}'}"
        message = f"{target.name} takes {f'{span} {Unit(target.unit).symbol}'.rstrip()}; ask for a value within."
    else:
        allowed = True
        bounded = low is not None or high is not None
        message = f"The value lies in the range of {target.name}."
        message = message if bounded else f"{target.name} has no range to keep to."
    return Verdict(InterlockKind.RANGE, allowed, message, value, low, high)


def state_known(target: Target, desired: float) -> Verdict:
    """Ask of a switch that the state exists, and of everything that its present state is known."""
    value = desired if isfinite(desired) else None
    if target.reads_states and desired not in target.states:
        known = ", ".join(f"{code:g} ({label})" for code, label in target.states.items())
        return Verdict(InterlockKind.STATE_KNOWN, False, f"{target.name} has no such state; it knows {known}.", value)
    if target.last_value is None:
        message = f"{target.name} has never been read, so nobody knows what would change; record a reading first."
        return Verdict(InterlockKind.STATE_KNOWN, False, message, value)
    last = spoken(target.last_value, unit=target.unit, states=target.states)
    return Verdict(
        InterlockKind.STATE_KNOWN,
        True,
        f"{target.name} last read {last}.",
        target.last_value,
        observed_at=target.last_observed_at,
    )


def expiry(expires_in: timedelta) -> Verdict:
    """Ask whether the command lives for a time that makes sense."""
    allowed = SHORTEST_LIFE <= expires_in <= LONGEST_LIFE
    message = f"If no device takes the command within {expires_in.total_seconds():g} s, it expires and is never sent."
    if not allowed:
        message = "A command lives between one second and 24 hours; choose expiresIn within that."
    return Verdict(
        InterlockKind.EXPIRY,
        allowed,
        message,
        expires_in.total_seconds(),
        SHORTEST_LIFE.total_seconds(),
        LONGEST_LIFE.total_seconds(),
    )


def not_stopped(stopped: Stopped | None) -> Verdict:
    """Ask whether an emergency stop holds on the site."""
    if stopped is None:
        return Verdict(InterlockKind.EMERGENCY_STOP, True, "No emergency stop holds on the site.")
    message = (
        f"An emergency stop holds on the site since {stopped.at:%Y-%m-%dT%H:%M:%SZ} ({stopped.reason}); "
        "an owner releases it."
    )
    return Verdict(InterlockKind.EMERGENCY_STOP, False, message, observed_at=stopped.at)
