"""Interlocks on what stands beside a command: other channels, its inputs, and how many there were."""

from datetime import timedelta
from typing import Final

from twinql.domain.commands import CommandStatus, spoken
from twinql.domain.freshness import oldest_allowed
from twinql.domain.interlocks.facts import Facts, LaidDown, UnderWay
from twinql.domain.interlocks.inputs import distrust, distrusted, say
from twinql.domain.interlocks.levels import between
from twinql.domain.interlocks.verdict import Request, Stage, Verdict
from twinql.domain.spoken import span

HOUR: Final = timedelta(hours=1)


def condition(laid: LaidDown, facts: Facts, request: Request) -> Verdict:
    """Ask whether another channel reads what it must, and no command is on its way that would change that."""
    if (refused := distrusted(laid, now=request.now)) is not None:
        return refused
    low, high, other = laid.definition.minimum, laid.definition.maximum, laid.seen
    assert other.value is not None
    coming = [
        command.desired
        for command in facts.commands_to(other.channel_id)
        if command.may_show(request) and not _within(command.desired, low, high)
    ]
    needed = between(low, high, other.unit)
    if other.states and low is not None and low == high:
        needed = spoken(low, unit=other.unit, states=other.states)
    read = spoken(other.value, unit=other.unit, states=other.states)
    message = f"{other.name} reads {read}, as it must."
    if not _within(other.value, low, high):
        message = f"{other.name} reads {read} and must read {needed}."
    elif coming:
        message = f"A command is on its way that changes {other.name}, which must read {needed}."
    value = coming[0] if coming and _within(other.value, low, high) else other.value
    allowed = _within(other.value, low, high) and not coming
    return say(laid, allowed=allowed, message=message, value=value, minimum=low, maximum=high)


def input_quality(laid: LaidDown, _: Facts, request: Request) -> Verdict:
    """Ask whether a channel was read lately, and well."""
    message = distrust(laid.seen, now=request.now, max_age=laid.definition.max_age)
    age = laid.seen.age(request.now)
    return say(
        laid,
        allowed=message is None,
        message=message or f"{laid.seen.name} was read well, {span(age.total_seconds() if age else 0.0)} ago.",
        value=None if age is None else age.total_seconds(),
        maximum=oldest_allowed(laid.seen.resolution_s, laid.definition.max_age).total_seconds(),
    )


def commands_per_hour(laid: LaidDown, facts: Facts, request: Request) -> Verdict:
    """Ask whether the hour that ends when the command is due has room for it, those that wait included.

    As it is sent, what was sent in the last hour counts and nothing else: so no hour ever sees more.
    """
    due, most = request.waits_until or request.now, laid.definition.per_hour or 0
    counted = 1 + sum(_counts(command, request) for command in facts.commands_to(facts.channel_id))
    message = f"With this one, {counted} of {most} commands an hour."
    if counted > most:
        hour = "the last hour" if due == request.now else "the hour before it is due"
        message = f"{counted - 1} commands were sent or wait in {hour}, and {most} are allowed; ask again later."
    return say(laid, allowed=counted <= most, message=message, value=float(counted), maximum=float(most))


def _counts(command: UnderWay, request: Request) -> bool:
    due = request.waits_until or request.now
    if command.sent_at is not None:
        # Another server's clock may be a little ahead: what it sent just now counts.
        return command.sent_at > due - HOUR
    if command.status is not CommandStatus.QUEUED or request.stage is Stage.SENDING:
        return False
    return due - HOUR < max(command.not_before or request.now, request.now) <= due


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
