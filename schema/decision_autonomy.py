"""What TwinQL did by itself with a decision, or would have done."""

from datetime import datetime
from typing import Any

import strawberry

from schema import automation_words  # noqa: F401 - publishes the enums
from schema.interlock_verdict import VERDICT, InterlockVerdict
from schema.stored_parts import instant_part, object_part, objects_of, stored, text_part
from twinql.domain.automation.autonomy import AutonomyLevel, AutonomyOutcome
from twinql.storage.interlocks import verdict_of

AUTONOMY = """(
    select jsonb_build_object(
        'level', r.level, 'outcome', r.outcome, 'message', r.message, 'interlocks', r.interlocks, 'at', r.updated_at
    )
    from autonomy_records as r where r.decision_id = decisions.id
)"""
"""What is read of it, beside the columns of a decision."""


@strawberry.type(description="What TwinQL did by itself with a decision, or would have done.")
class DecisionAutonomy:
    """A record."""

    level: AutonomyLevel = strawberry.field(description="The level that was in effect.")
    outcome: AutonomyOutcome = strawberry.field(description="What it did.")
    message: str | None = strawberry.field(description="The same for people; null where nothing more is to be said.")
    interlocks: list[InterlockVerdict] = strawberry.field(
        description="What every interlock said, in the shadow too; empty where none was asked.",
        metadata=stored(objects_of("interlocks", VERDICT)),
    )
    at: datetime = strawberry.field(description="When.")


RECORD = {
    "level": text_part("level"),
    "outcome": text_part("outcome"),
    "message": text_part("message"),
    "interlocks": object_part("interlocks"),
    "at": instant_part("at"),
}
"""What is read of it, by its attributes."""


def autonomy_of(stored: dict[str, Any] | None) -> DecisionAutonomy | None:
    """Read what is stored of it."""
    if stored is None:
        return None
    return DecisionAutonomy(
        level=AutonomyLevel(stored["level"]),
        outcome=AutonomyOutcome(stored["outcome"]),
        message=stored["message"],
        interlocks=[InterlockVerdict.of(verdict_of(each)) for each in stored["interlocks"]],
        at=datetime.fromisoformat(stored["at"]),
    )
