"""Interlocks on switching: how long a thing stays on or off, and what may not be on beside it."""

from datetime import datetime, timedelta

from twinql.domain.commands import CommandStatus
from twinql.domain.interlocks.facts import Facts, LaidDown
from twinql.domain.interlocks.inputs import distrusted, say
from twinql.domain.interlocks.verdict import InterlockKind, Request, Verdict
from twinql.domain.spoken import span


def is_on(value: float, on_above: float | None) -> bool:
    """Say whether a channel with this value is on: further from zero than the threshold, in its unit."""
    return abs(value) > (on_above or 0.0)


def minimum_time(laid: LaidDown, facts: Facts, request: Request) -> Verdict:
    """Ask whether what is on has been on for long enough to be switched off, or the other way round.

    It counts from the latest switching that is known: of the readings, by their clock or by ours, whichever is later;
    and of commands that may have switched it where no reading shows it yet, from their sending.
    """
    side = laid.definition.kind is InterlockKind.MINIMUM_ON_TIME
    word, name = "on" if side else "off", laid.seen.name
    hold, on_above = laid.definition.hold_for or timedelta(0), laid.definition.on_above
    if is_on(request.desired, on_above) is side:
        return say(laid, allowed=True, message=f"It leaves {name} {word}, or switches it {word}.")
    if (refused := distrusted(laid, now=request.now)) is not None:
        return refused
    assert laid.seen.value is not None
    known = is_on(laid.seen.value, on_above) is side
    switched = [laid.since or request.now] if known else []
    switched += [
        _switched_at(command.sent_at, request.now, waits=command.status is CommandStatus.QUEUED)
        for command in facts.commands_to(facts.channel_id)
        if is_on(command.desired, on_above) is side and command.may_have_shown(request, hold)
    ]
    if not switched:
        return say(laid, allowed=True, message=f"{name} is not {word}, and nothing switches it {word}.")
    held = max(request.now - max(switched), timedelta(0))
    left = span((hold - held).total_seconds())
    message = f"{name} has been {word} for {span(held.total_seconds())}."
    if held < hold:
        message = f"{name} stays {word} for at least {span(hold.total_seconds())}; ask again in {left}."
    return say(laid, allowed=held >= hold, message=message, value=held.total_seconds(), minimum=hold.total_seconds())


def mutual_exclusion(laid: LaidDown, facts: Facts, request: Request) -> Verdict:
    """Ask whether the other one is off, and no command is on its way that switches it on."""
    on_above, other = laid.definition.on_above, laid.seen
    if not is_on(request.desired, on_above):
        return say(laid, allowed=True, message=f"What is off stands beside {other.name}.", maximum=on_above)
    if (refused := distrusted(laid, now=request.now)) is not None:
        return refused
    assert other.value is not None
    coming = [
        command
        for command in facts.commands_to(other.channel_id)
        if is_on(command.desired, on_above) and command.may_show(request)
    ]
    message = f"{other.name} is off, and no command switches it on."
    if is_on(other.value, on_above):
        message = f"{other.name} is on, and may never be on together with this; switch it off first."
    elif coming:
        message = f"A command that switches {other.name} on is on its way; they may never be on together."
    value = coming[0].desired if coming and not is_on(other.value, on_above) else other.value
    allowed = not is_on(other.value, on_above) and not coming
    return say(laid, allowed=allowed, message=message, value=value, maximum=on_above)


def _switched_at(sent_at: datetime | None, now: datetime, *, waits: bool) -> datetime:
    return now if waits or sent_at is None else sent_at
