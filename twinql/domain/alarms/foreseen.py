"""An alarm before anything is wrong: a limit that will be crossed unless somebody acts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from twinql.domain.decisions.recommendation import Reason, Recommendation
from twinql.domain.spoken import amount, span

_CROSSES: Final = "FORECAST_CROSSES_LIMIT"
_PROBABLE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What such an alarm says.

    Attributes:
        message: In a sentence.
        evidence: The numbers that show it, as alarms keep them.
        score: How likely it is crossed, as a multiple of what makes it probable: 1 is just probable.
    """

    message: str
    evidence: list[dict[str, Any]]
    score: float


def foreseen(found: Recommendation, *, channel_id: UUID, name: str, observed_at: datetime) -> Foreseen | None:
    """Say what a recommendation foresees.

    Args:
        found: What a rule of limits recommends.
        channel_id: The channel that is on its way to its limit.
        name: What people call it.
        observed_at: The last reading that shows it.

    Returns:
        What the alarm says; None where no limit is foreseen to be crossed, as where it is crossed already: that is
        another alarm.
    """
    crossing = next((each for each in found.reasons if each.code == _CROSSES), None)
    if crossing is None or crossing.value is None or crossing.threshold is None:
        return None
    side = "above" if crossing.value > crossing.threshold else "below"
    soon_s = found.impact.time_to_threshold_s
    when = "soon" if soon_s is None else f"in about {span(soon_s)}"
    own = [each for each in found.reasons if each.channel_key is None]
    return Foreseen(
        message=f"{name} will be {side} its limit of {amount(crossing.threshold, crossing.unit)} {when}.",
        evidence=[_evidence(each, channel_id, observed_at) for each in own],
        score=1.0 if found.confidence is None else found.confidence / _PROBABLE,
    )


def _evidence(reason: Reason, channel_id: UUID, observed_at: datetime) -> dict[str, Any]:
    at = observed_at.isoformat().replace("+00:00", "Z")
    return {
        "code": reason.code,
        "message": reason.message,
        "value": reason.value,
        "threshold": reason.threshold,
        "unit": reason.unit,
        "channelId": str(channel_id),
        "from": at,
        "until": at,
    }
