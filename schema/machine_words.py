"""The words of machine diagnosis."""

from schema.described import publish
from twinql.domain.diagnosis.bands import Congestion, EfficiencyLevel, RiskCode, RiskLevel
from twinql.domain.diagnosis.failures import FailureModel
from twinql.storage.machine_relations import CorrelationPair

publish(
    RiskLevel,
    "How a risk is called.",
    LOW="Below 20 points.",
    ELEVATED="From 20.",
    HIGH="From 50.",
    CRITICAL="From 80.",
)
publish(
    RiskCode,
    "What makes a risk.",
    BEYOND_LIMIT="It lies beyond an inner limit: `value` is the share of time.",
    FAR_BEYOND_LIMIT="It lies beyond an outer limit: `value` is the share of time.",
    APPROACHING_LIMIT="It reaches a limit soon: `value` is in how many seconds.",
    ALARM="An alarm is open: `value` says how far beyond its threshold.",
    STALE="It is stale: `value` is the age of its newest reading in seconds.",
    DEAD="It has long been silent: `value` is the age of its newest reading in seconds.",
)
publish(
    Congestion,
    "How slow a network is, by the 95th percentile of its latency in usual ones.",
    CLEAR="Below 1.5.",
    BUSY="From 1.5.",
    CONGESTED="From 3.",
)
publish(
    EfficiencyLevel,
    "How an efficiency stands among earlier periods of the same length.",
    LOW="In the lowest third.",
    MEDIUM="In the middle one.",
    HIGH="In the highest one.",
)
publish(
    FailureModel,
    "How times between failures are spread.",
    EXPONENTIAL="At random: age does not count.",
    WEIBULL="By wear, or by early failures: age counts.",
)
publish(
    CorrelationPair,
    "Two quantities of a machine that often go together.",
    TEMPERATURE_ERRORS="Temperature with the rate of errors.",
    TEMPERATURE_EFFICIENCY="Temperature with efficiency.",
    POWER_EFFICIENCY="Power with efficiency.",
    LATENCY_ERRORS="Network latency with the rate of errors.",
)
