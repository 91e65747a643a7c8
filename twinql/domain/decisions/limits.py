"""Turns a forecast that crosses a limit into a recommendation that says why."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np

from twinql.domain.decisions.measures import Actuator, choose
from twinql.domain.decisions.recommendation import Impact, Reason, Recommendation
from twinql.domain.decisions.standing import SETTLING
from twinql.domain.decisions.vocabulary import Urgency
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats
from twinql.domain.outlook import Limit, Outlook, is_beyond, share_beyond

LIMIT_RULE: Final = "LIMIT_WILL_BE_CROSSED"
_PROBABLE: Final = 0.5
_CALM: Final = 0.25
_IMMEDIATE_S: Final = 120.0
_HIGH_S: Final = 900.0
_MEDIUM_S: Final = 3600.0
_SEASONS: Final = "What was read before, at the same time of the day or the week, says so."
_RESTS_ON: Final = dict.fromkeys(ForecastModel, _SEASONS) | {
    ForecastModel.PERSISTENCE: "The last value is expected to stay, with the errors that this has made before.",
    ForecastModel.LOCAL_TREND: "The slope of the last readings goes on, as far as it stands out from the noise.",
}
"""Why a forecast says what it says, by its model; beside the last value, from which it sets out."""


def is_calm(outlook: Outlook, limits: Sequence[Limit]) -> bool:
    """Say whether an open recommendation has lost its ground: clearly, so that it does not flicker."""
    return all(float(share_beyond(outlook, limit).max(initial=0.0)) < _CALM for limit in limits) and not any(
        is_beyond(outlook.last_value, limit) for limit in limits
    )


def cooling_back(actuators: Sequence[Actuator], now: datetime) -> Actuator | None:
    """Return what cools and was switched on so lately that a forecast cannot show it yet; None where nothing was."""
    return next(
        (a for a in actuators if a.cools and a.switched_on_at is not None and now < a.switched_on_at + SETTLING), None
    )


def recommend(
    outlook: Outlook, *, channel_id: UUID, limits: Sequence[Limit], actuators: Sequence[Actuator]
) -> Recommendation | None:
    """Apply the rule: a limit that will probably be crossed within the forecast calls for action before it is.

    Args:
        outlook: What is expected of the channel.
        channel_id: The channel, on which the effect of a measure would show.
        limits: Its limits; the one that is crossed first counts, and of two the farther one.
        actuators: What could be set near it.

    Returns:
        The recommendation, or None where no limit is near.
    """
    judged = [(limit, share_beyond(outlook, limit)) for limit in limits]
    judged = [(limit, share) for limit, share in judged if _matters(outlook, limit, share)]
    if not judged:
        return None
    limit, share = min(judged, key=lambda pair: (_time_to(outlook, *pair), -_severity(pair[0])))
    seconds = _time_to(outlook, limit, share)
    measure = choose(outlook, limit, seconds, channel_id=channel_id, actuators=actuators)
    return Recommendation(
        rule=LIMIT_RULE,
        action=measure.action,
        urgency=_urgency(seconds),
        confidence=1.0 if is_beyond(outlook.last_value, limit) else float(share.max()),
        reasons=(*_reasons(outlook, limit, share, seconds), *measure.reasons),
        alternatives=measure.alternatives,
        impact=Impact(time_to_threshold_s=seconds, extreme_value=_extreme(outlook, limit)),
        proposal=measure.proposal,
    )


def _matters(outlook: Outlook, limit: Limit, share: Floats) -> bool:
    return is_beyond(outlook.last_value, limit) or float(share.max(initial=0.0)) >= _PROBABLE


def _severity(limit: Limit) -> float:
    return limit.value if limit.is_high else -limit.value


def _time_to(outlook: Outlook, limit: Limit, share: Floats) -> float:
    """Return when crossing becomes probable, in seconds."""
    if is_beyond(outlook.last_value, limit):
        return 0.0
    return float(np.flatnonzero(share >= _PROBABLE)[0]) * outlook.step_s


def _urgency(seconds: float) -> Urgency:
    if seconds <= _IMMEDIATE_S:
        return Urgency.IMMEDIATE
    if seconds <= _HIGH_S:
        return Urgency.HIGH
    return Urgency.MEDIUM if seconds <= _MEDIUM_S else Urgency.LOW


def _extreme(outlook: Outlook, limit: Limit) -> float:
    return float(outlook.median.max() if limit.is_high else outlook.median.min())


def _reasons(outlook: Outlook, limit: Limit, share: Floats, seconds: float) -> Iterator[Reason]:
    side = "above" if limit.is_high else "below"
    if is_beyond(outlook.last_value, limit):
        message = f"The last value is already {side} the limit."
        yield Reason("LIMIT_CROSSED", message, outlook.last_value, limit.value, outlook.unit)
    else:
        message = f"The forecast goes {side} the limit in about {_spoken(seconds)}."
        yield Reason("FORECAST_CROSSES_LIMIT", message, _extreme(outlook, limit), limit.value, outlook.unit)
        if outlook.model is not None:
            yield Reason("FORECAST_RESTS_ON", _RESTS_ON[outlook.model], outlook.last_value, None, outlook.unit)
    message = f"This share of the predictive distribution lies {side} the limit at its worst step."
    yield Reason("SHARE_BEYOND_LIMIT", message, float(share.max()), _PROBABLE, None)
    if outlook.mae is not None:
        message = (
            "The mean absolute error of this forecast's model on the past, beside that of repeating the last value."
        )
        yield Reason("FORECAST_ERROR", message, outlook.mae, outlook.naive_mae, outlook.unit)


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _IMMEDIATE_S else f"{seconds / 60.0:.0f} min"
