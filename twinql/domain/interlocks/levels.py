"""Interlocks on the value that is asked for: a range, and how far it may move within a minute."""

from datetime import timedelta
from math import isfinite
from typing import Final

from twinql.domain.commands import CommandStatus
from twinql.domain.interlocks.facts import Facts, LaidDown
from twinql.domain.interlocks.inputs import distrusted, say
from twinql.domain.interlocks.verdict import InterlockKind, Request, Verdict
from twinql.domain.spoken import amount

MINUTE: Final = timedelta(minutes=1)
_ROUNDING: Final = 1e-9


def in_laid_range(laid: LaidDown, _: Facts, request: Request) -> Verdict:
    """Ask whether the value lies within what was laid down."""
    low, high, desired = laid.definition.minimum, laid.definition.maximum, request.desired
    allowed = isfinite(desired) and (low is None or desired >= low) and (high is None or desired <= high)
    message = f"The value lies within {between(low, high, laid.seen.unit)}."
    if not allowed:
        message = f"{laid.seen.name} may be set to {between(low, high, laid.seen.unit)}; ask for a value within."
    value = desired if isfinite(desired) else None
    return say(laid, allowed=allowed, message=message, value=value, minimum=low, maximum=high)


def rate_of_change(laid: LaidDown, facts: Facts, request: Request) -> Verdict:
    """Ask whether the value lies near enough to every value that the channel had, or was sent, within a minute.

    So no minute sees it move further than the rate, however many commands share it.
    """
    if (refused := distrusted(laid, now=request.now)) is not None:
        return refused
    rate, unit = laid.definition.rate_per_minute or 0.0, laid.seen.unit
    held = [value for value in (laid.seen.value, laid.lowest, laid.highest) if value is not None]
    for command in facts.commands_to(facts.channel_id):
        lately = command.sent_at is not None and command.sent_at > request.now - MINUTE
        if (lately and command.status is not CommandStatus.REJECTED) or command.may_have_shown(request, MINUTE):
            held.append(command.desired)
    low, high = max(held) - rate, min(held) + rate
    slack = _ROUNDING * max(abs(low), abs(high), 1.0)
    allowed = low - slack <= request.desired <= high + slack
    message = f"It moves by at most {amount(rate, unit)} within a minute."
    least, most = _in_all_ranges(facts, low, high)
    if not allowed and least <= most:
        low, high = least, most
        message = (
            f"{laid.seen.name} may move by {amount(rate, unit)} within a minute; ask for {between(least, most, unit)}."
        )
    elif not allowed and low <= high:
        message = (
            f"{laid.seen.name} may move by {amount(rate, unit)} within a minute, not enough to come into its range."
        )
    elif not allowed:
        message = f"{laid.seen.name} has moved by more than {amount(rate, unit)} within a minute; wait for one."
    value = request.desired if isfinite(request.desired) else None
    return say(laid, allowed=allowed, message=message, value=value, minimum=low, maximum=high)


def _in_all_ranges(facts: Facts, low: float, high: float) -> tuple[float, float]:
    """Narrow what may be asked for to what no range of the channel refuses; empty where the first lies above."""
    ranges = [(facts.target.minimum, facts.target.maximum)]
    ranges += [
        (laid.definition.minimum, laid.definition.maximum)
        for laid in facts.laid_down
        if laid.definition.kind is InterlockKind.RANGE
    ]
    least = [each for each, _ in ranges if each is not None]
    most = [each for _, each in ranges if each is not None]
    return max([low, *least]), min([high, *most])


def between(low: float | None, high: float | None, unit: str) -> str:
    """Say what lies within two bounds, one of which may be open; the unit as the graph names it."""
    if low is None or high is None:
        return f"at most {amount(high, unit)}" if high is not None else f"at least {amount(low or 0.0, unit)}"
    return f"{amount(low, unit)} to {amount(high, unit)}"
