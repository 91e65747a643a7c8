"""The steps in the life of an alarm."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from schema import alarm_vocabulary  # noqa: F401 - publishes the enums
from schema.evidence import Evidence, evidence_of
from twinql.context import Info
from twinql.domain.alarms.vocabulary import AlarmAction, AlarmState, Severity
from twinql.errors import InvalidInputError
from twinql.storage.alarm_transitions import AlarmStep, steps_of_alarms

MOST_STEPS = 500

FirstSteps = Annotated[int, strawberry.argument(description=f"How many steps at most, up to {MOST_STEPS}.")]
StepsAfter = Annotated[
    int | None,
    strawberry.argument(
        description="Only what comes after the step of this `sequence` in the list: what happened before it."
    ),
]


@strawberry.type(description="One step in the life of an alarm; steps are only ever added.")
class AlarmTransition:
    """A step."""

    sequence: int = strawberry.field(description="Its place in the life of the alarm, from 1.")
    at: datetime = strawberry.field(description="When it was taken.")
    action: AlarmAction = strawberry.field(description="What moved the alarm.")
    state: AlarmState = strawberry.field(description="Where the alarm stood from then on.")
    severity: Severity = strawberry.field(description="How much it mattered from then on.")
    actor: str = strawberry.field(description="Who moved it: the subject of the token, or a worker's name.")
    comment: str | None = strawberry.field(description="What they had to say; null where nothing was said.")
    shelved_until: datetime | None = strawberry.field(description="For SHELVED: until when; else null.")
    observed_at: datetime | None = strawberry.field(
        description="The time of the reading that shows the condition, or its end; null where people did it."
    )
    evidence: list[Evidence] = strawberry.field(
        description="For RAISED and RAISED_AGAIN: the numbers that show it, each with its readings; else empty."
    )

    @classmethod
    def of(cls, step: AlarmStep) -> Self:
        """Show a step."""
        return cls(
            sequence=step.sequence,
            at=step.at,
            action=AlarmAction(step.action),
            state=AlarmState(step.state),
            severity=Severity(step.severity),
            actor=step.actor,
            comment=step.comment,
            shelved_until=step.shelved_until,
            observed_at=step.observed_at,
            evidence=evidence_of(step.evidence),
        )


async def steps_of(info: Info, alarm: UUID, first: int, after: int | None) -> list[AlarmTransition]:
    """Load steps of an alarm, newest first, together with those of all alarms that ask alike.

    Raises:
        InvalidInputError: It asks for more than a page holds.
    """
    if not 0 <= first <= MOST_STEPS:
        raise InvalidInputError(
            f"A page holds 0 to {MOST_STEPS} steps, and {first} were asked for; page on with `after`."
        )
    loader = info.context.batch(
        ("alarm transitions", first, after),
        lambda connection, keys: steps_of_alarms(connection, keys, first=first, after=after),
    )
    return [AlarmTransition.of(each) for each in await loader.load(alarm)]
