"""Publishes what the domain calls rules of people and autonomy by in the graph."""

from schema.described import publish
from twinql.domain.automation.autonomy import AutonomyLevel, AutonomyOutcome, AutonomyStanding
from twinql.domain.automation.condition import ConditionComparison, ConditionMeasure
from twinql.domain.automation.machine import AutomationOutcome

publish(
    AutonomyLevel,
    "How far TwinQL may act by itself, from the least on.",
    SHADOW="It records what it would do, and what interlocks say of that.",
    ADVISE="It makes decisions, and people act.",
    APPROVE="It asks for a command, which a person has to approve before it is sent.",
    AUTO="It issues commands, within interlocks, a budget per hour and hours of the week.",
)
publish(
    AutonomyStanding,
    "Why the level in effect may be less than the one that was set.",
    AS_SET="It is the one that was set.",
    PAUSED="A person stopped it: TwinQL advises at most, until an OWNER lets it go on.",
    FELL_BACK="TwinQL stopped itself: it advises at most, until an OWNER lets it go on.",
)
publish(
    AutonomyOutcome,
    "What TwinQL did by itself with a decision, or would have done.",
    WOULD_ISSUE="In the shadow: interlocks would have let the command pass.",
    WOULD_BE_REFUSED="In the shadow: an interlock would have refused the command.",
    ADVISED="Nothing: it is for people to act.",
    WAITS_FOR_HOURS="Nothing yet: it may not act at this hour, and will where the decision still stands when it may.",
    WAITS_FOR_BUDGET="Nothing yet: it asked for as many commands within the last hour as it may.",
    ASKED_FOR_APPROVAL="It asked for the command, which waits for a person.",
    ISSUED="It issued the command.",
    REFUSED="It issued the command, and an interlock refused it.",
)
publish(
    ConditionMeasure,
    "Which number of a channel a condition looks at.",
    VALUE="The newest reading, in the unit of the channel; of a STATE channel the code of the state.",
    FORECAST="The highest or lowest value expected within a time, by the median, in the unit of the channel.",
    AGE="How long ago it was last read, in seconds.",
    HEALTH="Its health, 0 to 100 points.",
    DRIFT="How fast it moves, in its unit per minute; 0 where no direction stands out from the noise.",
    NOISE="How much it jitters, as a standard deviation in its unit.",
)
publish(
    ConditionComparison,
    "How a condition compares that number.",
    ABOVE="It is greater than the threshold.",
    BELOW="It is less than the threshold.",
    IS="The state is the one that is named.",
    IS_NOT="The state is another than the one that is named.",
)
publish(
    AutomationOutcome,
    "What the last look at a rule came to.",
    NOT_MET="A condition does not hold.",
    UNKNOWN="Nobody can tell: an input is missing, stale or BAD. A rule never fires on that.",
    HOLDS_TOO_BRIEFLY="All conditions hold, not for long enough yet.",
    OUT_OF_HOURS="All conditions hold, outside of its hours.",
    TOO_SOON="All conditions hold, and it fired not long enough ago.",
    FIRES="All conditions hold: it made a decision.",
    STANDS="It fired, and its conditions still hold.",
    RELEASED="It fired, and a condition no longer holds, or its hours are over: its decision was closed.",
)
