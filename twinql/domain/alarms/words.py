"""What an alarm says to people, in one sentence with its numbers, and to programs, as evidence."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from twinql.domain.detection.finding import Cause, Fact, Finding
from twinql.domain.units import Unit

_WITH_NUMBERS: Final[Mapping[Cause, str]] = {
    Cause.LIMIT_LOW_LOW: "{name} is {value}, below its lowest limit of {threshold}.",
    Cause.LIMIT_LOW: "{name} is {value}, below its low limit of {threshold}.",
    Cause.LIMIT_HIGH: "{name} is {value}, above its high limit of {threshold}.",
    Cause.LIMIT_HIGH_HIGH: "{name} is {value}, above its highest limit of {threshold}.",
    Cause.STALE: "{name} has been silent for {value} (allowed: {threshold}).",
    Cause.STUCK: "{name} has shown the same value for {value} (allowed: {threshold}).",
    Cause.CLOCK_OFF: "The clock of {name} is off by {value} (allowed: {threshold}).",
}
"""For causes whose numbers are always of one kind: the value and the threshold of the leading fact."""
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
}
_SPANS: Final = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))
_FIGURES_FROM: Final = 1e4
_FIGURES_UNTIL: Final = 1e9


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


def amount(value: float, unit: str | None) -> str:
    """Write a number with its unit as people do: four figures, and spans of time in the unit that fits."""
    if unit == Unit.SECOND.name:
        for span_s, symbol in _SPANS:
            if abs(value) >= span_s:
                return f"{value / span_s:.3g} {symbol}"
    figures = f"{value:.0f}" if _FIGURES_FROM <= abs(value) < _FIGURES_UNTIL else f"{value:.4g}"
    symbol = Unit[unit].symbol if unit is not None and unit in Unit.__members__ else ""
    return f"{figures} {symbol}".rstrip()


def _in_the_middle(fact: Fact) -> str:
    """Return what a fact says as the end of a sentence, with its numbers."""
    said = fact.message[:1].lower() + fact.message[1:].rstrip(".")
    if fact.value is None:
        return said
    against = "" if fact.threshold is None else f" against {amount(fact.threshold, fact.unit)}"
    return f"{said} ({amount(fact.value, fact.unit)}{against})"


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
