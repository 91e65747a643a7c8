"""Says that too little was read to look ahead, where it was: a decision, and not silence."""

from typing import Final

from twinql.domain.decisions.recommendation import Alternative, Reason, Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.forecasting.prediction import Refusal

HISTORY_RULE: Final = "LIMIT_CANNOT_BE_FORESEEN"
LACKS_HISTORY: Final = "INSUFFICIENT_HISTORY"
"""The code of the refusal of a forecast that more readings would mend."""


def too_little(refusal: Refusal) -> Recommendation:
    """Recommend to record more, for the reason that the forecast gives."""
    return Recommendation(
        rule=HISTORY_RULE,
        action=DecisionAction.INSUFFICIENT_HISTORY,
        urgency=Urgency.LOW,
        confidence=None,
        reasons=(Reason(refusal.code, refusal.message, None, None, None),),
        alternatives=(
            Alternative(DecisionAction.CONTINUE_MONITORING, "Its alarms tell of a limit that is crossed, not before."),
        ),
    )
