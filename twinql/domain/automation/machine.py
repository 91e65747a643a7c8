"""When a rule of people fires: its conditions, how long they hold, how often it may, and at which hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from typing import Final

from twinql.domain.automation.condition import Condition, Found, Judged, judge
from twinql.domain.automation.hours import ALWAYS, Hours


class Phase(Enum):
    """Where a rule stands between two looks."""

    WAITING = "WAITING"
    HOLDING = "HOLDING"
    FIRED = "FIRED"


class AutomationOutcome(Enum):
    """What a look at a rule came to."""

    NOT_MET = "NOT_MET"
    UNKNOWN = "UNKNOWN"
    HOLDS_TOO_BRIEFLY = "HOLDS_TOO_BRIEFLY"
    OUT_OF_HOURS = "OUT_OF_HOURS"
    TOO_SOON = "TOO_SOON"
    FIRES = "FIRES"
    STANDS = "STANDS"
    RELEASED = "RELEASED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a rule may fire.

    Attributes:
        holds_for: So long must all conditions hold without a break.
        minimum_between: So long must lie between two times that it fires.
        hours: When it may fire; what stands when they end is released.
    """

    holds_for: timedelta = timedelta()
    minimum_between: timedelta = timedelta()
    hours: Hours = ALWAYS


AT_ANY_TIME: Final = Timing()


@dataclass(frozen=True, slots=True)
class Memory:
    """What a rule keeps from one look to the next.

    Attributes:
        phase: Where it stands.
        since: HOLDING or FIRED: since when all conditions hold; else None.
        fired_at: When it fired last; None where it never did.
        held: Which conditions held at the last look that could tell, in their order; empty before the first.
    """

    phase: Phase = Phase.WAITING
    since: datetime | None = None
    fired_at: datetime | None = None
    held: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a look at a rule.

    Attributes:
        memory: What it keeps.
        outcome: What the look came to.
        judged: What each condition said, in their order.
        message: What the look came to, in a sentence.
    """

    memory: Memory
    outcome: AutomationOutcome
    judged: tuple[Judged, ...]
    message: str


def step(
    timing: Timing,
    conditions: Sequence[Condition],
    found: Sequence[Found],
    memory: Memory,
    *,
    now: datetime,
    zone: tzinfo,
) -> Step:
    """Look at a rule once.

    It fires when all of its conditions have held for long enough, once; again only after one of them has ended. Where
    nobody can tell whether one holds, it does not fire, and the time that they have held begins anew; what it fired for
    before stands until somebody can tell that it has ended.

    Args:
        timing: When it may fire.
        conditions: All that has to hold, at least one.
        found: What is known of each condition's channel.
        memory: What it kept from the look before.
        now: The present, never before the last look.
        zone: The site's.
    """
    before = memory.held or (False,) * len(conditions)
    judged = tuple(
        judge(condition, each, held=held, now=now)
        for condition, each, held in zip(conditions, found, before, strict=True)
    )
    held = tuple(past if each.holds is None else each.holds for each, past in zip(judged, before, strict=True))
    outcome, message = _outcome(timing, judged, memory, now, zone)
    return Step(replace(_after(memory, outcome, now), held=held), outcome, judged, message)


def _outcome(
    timing: Timing, judged: Sequence[Judged], memory: Memory, now: datetime, zone: tzinfo
) -> tuple[AutomationOutcome, str]:
    fired, in_hours = memory.phase is Phase.FIRED, timing.hours.include(now, zone)
    refuted = next((each for each in judged if each.holds is False), None)
    unknown = next((each for each in judged if each.holds is None), None)
    if refuted is not None:
        return (AutomationOutcome.RELEASED if fired else AutomationOutcome.NOT_MET), refuted.reason.message
    if fired and not in_hours:
        return AutomationOutcome.RELEASED, f"The hours of the rule are over: {timing.hours}."
    if unknown is not None:
        return AutomationOutcome.UNKNOWN, unknown.reason.message
    if fired:
        return AutomationOutcome.STANDS, "It fired, and its conditions still hold."
    return _may_fire(timing, memory, now, in_hours=in_hours)


def _may_fire(timing: Timing, memory: Memory, now: datetime, *, in_hours: bool) -> tuple[AutomationOutcome, str]:
    """Say whether a rule whose conditions all hold fires now."""
    since = memory.since or now
    if now - since < timing.holds_for:
        return (
            AutomationOutcome.HOLDS_TOO_BRIEFLY,
            f"Its conditions hold since {since:%Y-%m-%dT%H:%M:%SZ}, not long enough yet.",
        )
    if not in_hours:
        return AutomationOutcome.OUT_OF_HOURS, f"Its conditions hold outside of its hours, {timing.hours}."
    if memory.fired_at is not None and now - memory.fired_at < timing.minimum_between:
        return AutomationOutcome.TOO_SOON, f"It fired at {memory.fired_at:%Y-%m-%dT%H:%M:%SZ}, not long enough ago."
    return AutomationOutcome.FIRES, "All of its conditions hold."


def _after(memory: Memory, outcome: AutomationOutcome, now: datetime) -> Memory:
    match outcome:
        case AutomationOutcome.FIRES:
            return replace(memory, phase=Phase.FIRED, since=memory.since or now, fired_at=now)
        case AutomationOutcome.STANDS:
            return memory
        case AutomationOutcome.UNKNOWN if memory.phase is Phase.FIRED:
            return memory
        case AutomationOutcome.HOLDS_TOO_BRIEFLY | AutomationOutcome.OUT_OF_HOURS | AutomationOutcome.TOO_SOON:
            return replace(memory, phase=Phase.HOLDING, since=memory.since or now)
        case _:
            return replace(memory, phase=Phase.WAITING, since=None)
