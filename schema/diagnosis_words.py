"""The words of diagnosis that several types of the graph share, and why there is no answer."""

from typing import Self

import strawberry

from schema.described import publish
from twinql.domain.diagnosis import reason
from twinql.domain.diagnosis.availability import AvailabilityStatus
from twinql.domain.diagnosis.bands import (
    CalibrationValidity,
    Freshness,
    HealthStatus,
    IssueCode,
    Steadiness,
    TargetPosition,
    Trend,
)
from twinql.domain.diagnosis.reason import ReasonCode

publish(
    ReasonCode,
    "What an answer lacks.",
    INSUFFICIENT_HISTORY="There are too few usable readings: `required` and `available` say how many.",
    NEVER_READ="The channel was never read.",
    STALE="The newest reading is too old.",
    NOT_FOR_THIS_KIND="It makes no sense for readings of this kind.",
    NO_SPACING="Nobody knows how often it is read: it has no resolution, and too few readings to learn one.",
    NO_SCALE="There is nothing to compare with: no target, no limits, and no past that varies.",
    NO_TARGET="The channel has no target band.",
    NO_LIMIT="The channel has no such limit.",
    NO_CHANNEL="The asset has no channel that tells it.",
    NO_CALIBRATION="The channel was never calibrated.",
    NO_TREND="Nothing moves: no slope stands out from the noise.",
    MOVING_AWAY="It moves away from the threshold.",
    TOO_FAR="It lies further ahead than can be said from so short a time.",
    CONSTANT="One of the two never changes.",
    OUT_OF_RANGE="The values are too large for arithmetic.",
    NO_ACTIVITY="It did nothing in that time.",
    NO_MODEL="No model could be fitted to the past.",
    SENSOR_STUCK="The sensor is stuck, by an alarm: what it says is no measurement.",
)
publish(
    Trend,
    "Which way values go.",
    RISING="They rise, significantly.",
    FALLING="They fall, significantly.",
    STEADY="No direction stands out.",
)
publish(
    Freshness,
    "How old the newest reading is, in times between two readings.",
    FRESH="Below 1.5.",
    LATE="From 1.5: one is missing.",
    STALE="From 3.",
    DEAD="From 60.",
)
publish(
    Steadiness,
    "How a stability is called.",
    UNSTABLE="Below 80 %.",
    VARIABLE="From 80 %.",
    STABLE="From 95 %.",
)
publish(
    TargetPosition,
    "Where a value lies, seen from the target band.",
    BELOW="Below its lower end.",
    IN="In it; both ends belong to it.",
    ABOVE="Above its upper end.",
)
publish(
    CalibrationValidity,
    "Whether a calibration still holds.",
    VALID="For 30 days at least.",
    DUE_SOON="For less than 30 days.",
    EXPIRED="Not any more.",
    UNKNOWN="There is none, or nobody said until when it holds.",
)
publish(
    HealthStatus,
    "How well a channel or an asset is, by its score.",
    GOOD="From 80.",
    FAIR="From 60.",
    POOR="From 40.",
    CRITICAL="Below 40.",
    UNKNOWN="It was never read.",
)
publish(
    IssueCode,
    "What takes points off a health; `bands { deductions }` says how many.",
    LATE="The newest reading is late.",
    STALE="The newest reading is stale.",
    DEAD="The channel has long been silent.",
    INCOMPLETE="Readings are missing: `value` is their share.",
    BAD_READINGS="Readings are BAD: `value` is their share.",
    ALARM="An alarm is open and its condition holds: `value` says how far beyond its threshold.",
    STUCK="It does not move any more, by an alarm.",
    CALIBRATION_DUE="Its calibration ends soon: `value` is the time left.",
    CALIBRATION_EXPIRED="Its calibration has ended: `value` is the time left, negative.",
    OUT_OF_TARGET="Values lie outside of the target: `value` is the share of time.",
)
publish(
    AvailabilityStatus,
    "Whether an asset is heard of.",
    ONLINE="One of its channels is fresh.",
    LATE="The freshest of its channels is late.",
    OFFLINE="All of its channels are stale or dead.",
    UNKNOWN="None of its channels was ever read.",
)


@strawberry.type(description="Why there is no answer.")
class DiagnosisReason:
    """A reason."""

    code: ReasonCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people: what is missing, and what to do.")
    required: int | None = strawberry.field(
        description="How many usable readings, or other things, an answer needs; null where nothing is counted."
    )
    available: int | None = strawberry.field(description="How many there are; null where nothing is counted.")

    @classmethod
    def of(cls, found: object) -> Self | None:
        """Show a reason; None for an answer."""
        if not isinstance(found, reason.Reason):
            return None
        return cls(code=found.code, message=found.message, required=found.required, available=found.available)
