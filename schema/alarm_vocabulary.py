"""Publishes what the domain calls alarms by in the graph."""

from schema.described import publish
from twinql.domain.alarms.vocabulary import AlarmAction, AlarmState, Severity
from twinql.domain.detection.finding import Cause

publish(
    Cause,
    "What can be wrong with a channel; an alarm has exactly one cause.",
    LIMIT_LOW_LOW="It is below its low-low limit.",
    LIMIT_LOW="It is below its low limit.",
    LIMIT_HIGH="It is above its high limit.",
    LIMIT_HIGH_HIGH="It is above its high-high limit.",
    SPIKE="It is far above what it usually is at such a time.",
    DIP="It is far below what it usually is at such a time.",
    STUCK="It says the same for much longer than it ever does.",
    RAPID_CHANGE="It changes faster than it ever does, or than can be right.",
    DRIFT="It moves away slowly and steadily from what it was.",
    LEVEL_SHIFT="It went to another level, and stays there.",
    OUTLIER_TAMPER="It counts what its past does not explain, as where somebody tampered with a meter.",
    STALE="Readings are overdue.",
    CLOCK_OFF="Its clock is off: the day comes at the wrong time.",
    LIMIT_FORESEEN="It is on its way to a limit, and will cross it soon unless somebody acts.",
    AUTONOMY_FELL_BACK="TwinQL no longer acts by itself because of it: a command showed no effect, or it is silent.",
)
publish(
    Severity,
    "How much an alarm matters, from the least on.",
    LOW="It can wait.",
    MEDIUM="Somebody should look today.",
    HIGH="Somebody should look soon.",
    CRITICAL="Somebody must act at once.",
)
publish(
    AlarmState,
    "Where an alarm stands, as ISA-18.2 knows it.",
    NORMAL="The condition has ended and somebody has seen it: the alarm is closed.",
    ACTIVE_UNACKNOWLEDGED="The condition holds, and nobody has acknowledged it.",
    ACTIVE_ACKNOWLEDGED="The condition holds, and somebody has acknowledged it.",
    RETURNED_UNACKNOWLEDGED="The condition has ended, and nobody has acknowledged it: the alarm stays open.",
    SHELVED="Somebody silenced it for a time; the condition goes on being followed.",
    OUT_OF_SERVICE="Somebody silenced it until further notice; the condition goes on being followed.",
)
publish(
    AlarmAction,
    "What moved an alarm.",
    RAISED="The condition began, and the alarm with it.",
    RETURNED="The condition ended.",
    RAISED_AGAIN="The condition began again while the alarm was open.",
    ACKNOWLEDGED="Somebody has seen it.",
    COMMENTED="Somebody had something to say.",
    SHELVED="Somebody silenced it for a time.",
    UNSHELVED="The time was over, or somebody ended it.",
    TAKEN_OUT_OF_SERVICE="Somebody silenced it until further notice.",
    RETURNED_TO_SERVICE="Somebody ended that.",
    ESCALATED="Nobody acknowledged it in time, and it matters more from then on.",
)
