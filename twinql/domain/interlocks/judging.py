"""Asking every interlock about a command."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from twinql.domain.interlocks.built_in import expiry, in_range, not_stopped, state_known, writable
from twinql.domain.interlocks.conditions import commands_per_hour, condition, input_quality
from twinql.domain.interlocks.facts import Facts, LaidDown
from twinql.domain.interlocks.inputs import say
from twinql.domain.interlocks.levels import in_laid_range, rate_of_change
from twinql.domain.interlocks.switching import minimum_time, mutual_exclusion
from twinql.domain.interlocks.verdict import InterlockKind, Request, Verdict
from twinql.domain.spoken import amount

_ASKED: Final[Mapping[InterlockKind, Callable[[LaidDown, Facts, Request], Verdict]]] = {
    InterlockKind.RANGE: in_laid_range,
    InterlockKind.RATE_OF_CHANGE: rate_of_change,
    InterlockKind.MINIMUM_ON_TIME: minimum_time,
    InterlockKind.MINIMUM_OFF_TIME: minimum_time,
    InterlockKind.MUTUAL_EXCLUSION: mutual_exclusion,
    InterlockKind.CONDITION: condition,
    InterlockKind.COMMANDS_PER_HOUR: commands_per_hour,
    InterlockKind.INPUT_QUALITY: input_quality,
}
_OF_THE_MOMENT: Final = frozenset(_ASKED) - {InterlockKind.RANGE, InterlockKind.COMMANDS_PER_HOUR}
"""What depends on how the plant stands just then: a command that waits on purpose is judged when it is sent."""


def judge(facts: Facts, request: Request) -> tuple[Verdict, ...]:
    """Ask every interlock, so that a caller sees all that stands in the way at once.

    Args:
        facts: What is known of the plant.
        request: What is asked.

    Returns:
        One verdict for each interlock, those that are built in first; EXPIRY only where the life is still to be judged.
    """
    target, desired = facts.target, request.desired
    verdicts = [writable(target), in_range(target, desired), state_known(target, desired)]
    if request.expires_in is not None:
        verdicts.append(expiry(request.expires_in))
    verdicts.append(not_stopped(facts.stopped))
    return (*verdicts, *(_ask(laid, facts, request) for laid in facts.laid_down))


def _ask(laid: LaidDown, facts: Facts, request: Request) -> Verdict:
    if not laid.definition.guards(request.desired):
        message = f"It does not judge commands for {amount(request.desired, facts.target.unit)}."
        return say(laid, allowed=True, message=message)
    verdict = _ASKED[laid.definition.kind](laid, facts, request)
    later = request.waits_until
    if verdict.allowed or later is None or verdict.kind not in _OF_THE_MOMENT:
        return verdict
    return replace(
        verdict,
        allowed=True,
        message=f"Judged again as it is sent, from {later:%Y-%m-%dT%H:%M:%SZ} on. Now: {verdict.message}",
    )
