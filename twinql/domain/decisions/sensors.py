"""What to do about a sensor: from its open alarms, its calibration, and a channel that could stand in for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from twinql.domain.decisions.recommendation import Alternative, Reason, Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.detection.finding import Cause

SENSOR_RULE: Final = "SENSOR_FAILED"
CALIBRATION_RULE: Final = "CALIBRATION_DUE"
READINGS_RULE: Final = "READINGS_ARE_DOUBTFUL"
SENSOR_RULES: Final = (SENSOR_RULE, CALIBRATION_RULE, READINGS_RULE)
CLOSE_ENOUGH: Final = 0.9
"""From this correlation on another channel may stand in."""
SOON: Final = timedelta(days=14)
"""So long before its calibration ends a sensor is named."""
_OFTEN: Final = 5
"""So often a spike comes by chance; from then on somebody should look."""
_DAY_S: Final = 86_400.0
_FAILED: Final = (Cause.STUCK, Cause.STALE)
_DOUBTFUL: Final = {
    Cause.CLOCK_OFF: "Its clock is off, so its readings are of other times than they say.",
    Cause.OUTLIER_TAMPER: "Its register says what cannot be: it was reset, exchanged or tampered with.",
    Cause.LEVEL_SHIFT: "Its level has shifted, and nothing here says why.",
}
_PASSING: Final = frozenset({Cause.SPIKE, Cause.DIP, Cause.RAPID_CHANGE})


@dataclass(frozen=True, slots=True)
class Trouble:
    """An open alarm whose condition holds.

    Attributes:
        cause: What is wrong.
        since: From when on.
        score: How far beyond its threshold: 1 is just at it.
        occurrences: How often the condition has come since the alarm was raised.
    """

    cause: Cause
    since: datetime
    score: float
    occurrences: int


@dataclass(frozen=True, slots=True)
class Substitute:
    """A channel of the same quantity near by.

    Attributes:
        key: Its short name.
        name: What people call it.
        correlation: How much both went together before the sensor failed, -1 to 1.
        deviation: Root mean square of what a straight line from one to the other leaves. [unit of the sensor's channel]
        pairs: Readings at the same time that this was taken from.
    """

    key: str
    name: str
    correlation: float
    deviation: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Sensor:
    """A channel with what is known of its sensor.

    Attributes:
        id: The channel.
        organisation_id: Whose it is.
        asset_id: The asset on which it is.
        unit: The unit of its values, as the graph names it.
        guards: Whether it has limits, so that nobody is warned without it.
        troubles: Its open alarms.
        others: How many other channels are in use on its asset.
        silent: How many of those are silent.
        valid_until: When its last calibration ends or has ended; None where nobody said.
    """

    id: UUID
    organisation_id: UUID
    asset_id: UUID
    unit: str
    guards: bool
    troubles: tuple[Trouble, ...]
    others: int
    silent: int
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is recommended about a sensor.

    Attributes:
        recommendation: What.
        since: From when on its ground is there: what somebody answered after that is answered.
    """

    recommendation: Recommendation
    since: datetime


def failed(sensor: Sensor) -> Trouble | None:
    """Return how a sensor failed; None where it did not."""
    return next((each for cause in _FAILED for each in sensor.troubles if each.cause is cause), None)


def judge(sensor: Sensor, substitutes: Sequence[Substitute], now: datetime) -> Iterator[Found]:
    """Apply the rules of sensors, each of which recommends at most one thing.

    Args:
        sensor: What is known of it.
        substitutes: Channels that could stand in, where it failed.
        now: The present.
    """
    trouble = failed(sensor)
    if trouble is not None:
        yield Found(_replaced(sensor, trouble, substitutes), trouble.since)
    drift = next((each for each in sensor.troubles if each.cause is Cause.DRIFT), None)
    if drift is not None:
        message = "Its readings drift, by so many times what is let pass."
        yield Found(_calibrated(Reason("SENSOR_DRIFTS", message, drift.score, 1.0, None), Urgency.MEDIUM), drift.since)
    elif sensor.valid_until is not None and now >= sensor.valid_until - SOON:
        yield _due(sensor.valid_until, now)
    doubtful = next((each for each in sensor.troubles if each.cause in _DOUBTFUL or each.cause in _PASSING), None)
    if doubtful is not None and trouble is None:
        yield Found(_doubted(doubtful), doubtful.since)


def _replaced(sensor: Sensor, trouble: Trouble, substitutes: Sequence[Substitute]) -> Recommendation:
    urgency = Urgency.HIGH if sensor.guards else Urgency.MEDIUM
    silent = trouble.cause is Cause.STALE
    code, what = ("SENSOR_IS_SILENT", "says nothing") if silent else ("SENSOR_IS_STUCK", "repeats one value")
    failure = Reason(code, f"It {what}, for so many times as long as is usual.", trouble.score, 1.0, None)
    if silent and sensor.silent >= sensor.others:
        message = "Nothing else on its asset is heard of: look at its connection and its power first."
        whole = Reason("WHOLE_ASSET_IS_SILENT", message, float(sensor.silent), float(sensor.others), None)
        later = Alternative(DecisionAction.REPLACE_SENSOR, "Where the rest of the asset speaks again, and it does not.")
        return Recommendation(SENSOR_RULE, DecisionAction.INSPECT, urgency, None, (failure, whole), (later,))
    best = max(substitutes, key=lambda each: abs(each.correlation), default=None)
    look = Alternative(DecisionAction.INSPECT, "Perhaps it is only its cable or its transmitter.")
    if best is not None and abs(best.correlation) >= CLOSE_ENOUGH:
        replace = Alternative(DecisionAction.REPLACE_SENSOR, "It needs that too; until then the other one tells.")
        action, why, others = DecisionAction.SUBSTITUTE_SENSOR, _stands_in(best, sensor.unit), (replace, look)
        return Recommendation(SENSOR_RULE, action, urgency, abs(best.correlation), (failure, *why), others)
    message = "No channel of the same quantity near by is known to go together with it."
    none = Alternative(DecisionAction.SUBSTITUTE_SENSOR, message)
    why = () if best is None else (Reason("NO_SUBSTITUTE", message, best.correlation, CLOSE_ENOUGH, None, best.key),)
    return Recommendation(SENSOR_RULE, DecisionAction.REPLACE_SENSOR, urgency, None, (failure, *why), (none, look))


def _stands_in(best: Substitute, unit: str) -> tuple[Reason, ...]:
    message = f"{best.name} went together with it while it was well, in {best.pairs} means over five minutes."
    misses = "A straight line from that one to it missed by so much."
    return (
        Reason("SUBSTITUTE_CORRELATES", message, best.correlation, CLOSE_ENOUGH, None, best.key),
        Reason("SUBSTITUTE_DEVIATES", misses, best.deviation, None, unit, best.key),
    )


def _due(valid_until: datetime, now: datetime) -> Found:
    days = (now - valid_until).total_seconds() / _DAY_S
    if days >= 0.0:
        reason = Reason("CALIBRATION_HAS_ENDED", "Its calibration ended so many days ago.", round(days, 1), 0.0, None)
        return Found(_calibrated(reason, Urgency.MEDIUM), valid_until)
    reason = Reason("CALIBRATION_ENDS_SOON", "Its calibration ends in so many days.", round(-days, 1), SOON.days, None)
    return Found(_calibrated(reason, Urgency.LOW), valid_until - SOON)


def _calibrated(reason: Reason, urgency: Urgency) -> Recommendation:
    others = (
        Alternative(DecisionAction.REPLACE_SENSOR, "Where it cannot be calibrated any more."),
        Alternative(DecisionAction.CONTINUE_MONITORING, "Until then its readings are of unknown worth."),
    )
    return Recommendation(CALIBRATION_RULE, DecisionAction.RECALIBRATE, urgency, None, (reason,), others)


def _doubted(trouble: Trouble) -> Recommendation:
    often = Reason(
        trouble.cause.value,
        f"It came so many times; from {_OFTEN} times on somebody should look.",
        float(trouble.occurrences),
        float(_OFTEN),
        None,
    )
    if trouble.cause in _PASSING and trouble.occurrences < _OFTEN:
        rare = Alternative(DecisionAction.INSPECT, "It is too rare to be worth a walk.")
        action, others = DecisionAction.CONTINUE_MONITORING, (rare,)
        return Recommendation(READINGS_RULE, action, Urgency.LOW, None, (often,), others)
    wait = Alternative(DecisionAction.CONTINUE_MONITORING, "What rests on it may be wrong meanwhile.")
    why = often
    if trouble.cause in _DOUBTFUL:
        why = Reason(trouble.cause.value, _DOUBTFUL[trouble.cause], trouble.score, 1.0, None)
    return Recommendation(READINGS_RULE, DecisionAction.INSPECT, Urgency.MEDIUM, None, (why,), (wait,))
