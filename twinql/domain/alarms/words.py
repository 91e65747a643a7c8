"""What an alarm says to people, in one sentence with its numbers, and to programs, as evidence."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from twinql.domain.detection.finding import Cause, Fact, Finding
from twinql.domain.spoken import amount

_WITH_NUMBERS: Final[Mapping[Cause, str]] = {
    Cause.LIMIT_LOW_LOW: "{name} is {value}, below its lowest limit of {threshold}.",
    Cause.LIMIT_LOW: "{name} is {value}, below its low limit of {threshold}.",
    Cause.LIMIT_HIGH: "{name} is {value}, above its high limit of {threshold}.",
    Cause.LIMIT_HIGH_HIGH: "{name} is {value}, above its highest limit of {threshold}.",
    Cause.STALE: "{name} has been silent for {value} (allowed: {threshold}).",
    Cause.CLOCK_OFF: "The clock of {name} is off by {value} (allowed: {threshold}).",
}
"""For causes whose numbers are always of one kind: the value and the threshold of the leading fact."""
_USUAL_RUNS: Final = frozenset({"USUAL_FLAT", "USUAL_RUN"})
"""Facts of STUCK whose threshold is for how long a value usually repeats."""
_IN_SHORT: Final[Mapping[Cause, str]] = {
    Cause.LIMIT_LOW_LOW: "{name} is below its lowest limit",
    Cause.LIMIT_LOW: "{name} is below its low limit",
    Cause.LIMIT_HIGH: "{name} is above its high limit",
    Cause.LIMIT_HIGH_HIGH: "{name} is above its highest limit",
    Cause.SPIKE: "{name} has leapt up",
    Cause.DIP: "{name} has dropped",
    Cause.STUCK: "{name} shows the same value again and again",
    Cause.RAPID_CHANGE: "{name} changes too fast",
    Cause.DRIFT: "{name} drifts away",
    Cause.LEVEL_SHIFT: "{name} has moved to another level",
    Cause.OUTLIER_TAMPER: "{name} counts what cannot be right",
    Cause.STALE: "{name} is silent",
    Cause.CLOCK_OFF: "The clock of {name} is off",
    Cause.LIMIT_FORESEEN: "{name} is on its way to a limit",
    Cause.AUTONOMY_FELL_BACK: "TwinQL no longer acts by itself, because of {name}",
}


def message_of(finding: Finding, name: str) -> str:
    """Say what is wrong with a channel.

    Args:
        finding: What was found.
        name: What people call the channel.

    Returns:
        One sentence, with the numbers of the leading fact where it has any.
    """
    short = _IN_SHORT[finding.cause].format(name=name)
    if not finding.facts:
        return f"{short}."
    fact = finding.facts[0]
    beside = next((each for each in finding.facts if each.code in _USUAL_RUNS), None)
    if finding.cause is Cause.STUCK and beside is not None:
        return _stuck(fact, beside, name)
    if fact.value is not None and fact.threshold is not None and finding.cause in _WITH_NUMBERS:
        signed = finding.cause is not Cause.CLOCK_OFF
        value, threshold = (each if signed else abs(each) for each in (fact.value, fact.threshold))
        return _WITH_NUMBERS[finding.cause].format(
            name=name, value=amount(value, fact.unit), threshold=amount(threshold, fact.unit)
        )
    return f"{short}: {_in_the_middle(fact)}."


def evidence_of(finding: Finding, channel_id: UUID) -> list[dict[str, Any]]:
    """Return the numbers that speak for a finding as an alarm keeps them, with the readings that show them."""
    return [
        {
            "code": fact.code,
            "message": fact.message,
            "value": fact.value,
            "threshold": fact.threshold,
            "unit": fact.unit,
            "channelId": str(channel_id),
            "from": _instant(fact.first_s),
            "until": _instant(fact.last_s),
        }
        for fact in finding.facts
    ]


def _stuck(leading: Fact, usual: Fact, name: str) -> str:
    """Say for how long, or for how many readings, a value repeats; the second fact compares that with what is usual."""
    assert leading.value is not None
    assert usual.threshold is not None
    if leading.unit is not None:
        long, often = amount(leading.value, leading.unit), f"within {amount(usual.threshold, leading.unit)}"
    else:
        long = f"{leading.value:.0f} readings"
        often = "with each reading" if usual.threshold <= 1 else f"within {usual.threshold:.0f} readings"
    return f"{name} has shown the same value for {long}; it usually changes {often}."


def _in_the_middle(fact: Fact) -> str:
    """Return what a fact says as the end of a sentence, with its numbers."""
    said = fact.message[:1].lower() + fact.message[1:].rstrip(".")
    if fact.value is None:
        return said
    against = "" if fact.threshold is None else f" against {amount(fact.threshold, fact.unit)}"
    return f"{said} ({amount(fact.value, fact.unit)}{against})"


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
