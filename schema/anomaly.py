"""What detectors find in a stretch of the past."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

from schema import alarm_vocabulary  # noqa: F401 - publishes the enums
from schema.diagnosis_words import DiagnosisReason
from schema.evidence import Evidence, evidence_of
from schema.period import DuringPeriod
from schema.standing import watched_of
from twinql.context import Info
from twinql.domain.alarms import words
from twinql.domain.alarms.rule_definition import LEAST_SENSITIVE, MOST_SENSITIVE
from twinql.domain.detection import past
from twinql.domain.detection.finding import Cause
from twinql.errors import InvalidInputError
from twinql.storage.past import LEARNED_FROM, MOST_READINGS, Glance, columns_of, looked_at

MOST_TOLD = 500

Sensitivity = Annotated[
    float | None,
    strawberry.argument(
        description=f"How readily statistics find something, {LEAST_SENSITIVE:g} to {MOST_SENSITIVE:g}: 1 as usual, 2 "
        "for a list to look through: of a real meter's energy at most about one a week. Null is as the channel's rules "
        "say."
    ),
]


@strawberry.type(description="Something that was wrong with a channel for a while, as its readings show it.")
class Anomaly:
    """An anomaly."""

    cause: Cause = strawberry.field(description="What was wrong.")
    message: str = strawberry.field(description="The same in a sentence.")
    from_: datetime = strawberry.field(
        name="from", description="The observation time of the reading that shows that it began."
    )
    until: datetime | None = strawberry.field(
        description="That of the reading that shows that it had ended; null where it held to the end of the period."
    )
    score: float = strawberry.field(description="How far beyond its threshold it began, without unit: 1 is just at it.")
    evidence: list[Evidence] = strawberry.field(
        description="The numbers that show it, the most telling first, each with its readings."
    )

    @classmethod
    def of(cls, found: past.Anomaly, channel: UUID, name: str) -> Self:
        """Show what was found."""
        finding = found.finding
        return cls(
            cause=finding.cause,
            message=words.message_of(finding, name),
            from_=datetime.fromtimestamp(finding.at_s, UTC),
            until=None if found.until_s is None else datetime.fromtimestamp(found.until_s, UTC),
            score=finding.score,
            evidence=evidence_of(words.evidence_of(finding, channel)),
        )


@strawberry.type(description="What detectors find in a stretch of the past.")
class Anomalies:
    """What was found."""

    found: list[Anomaly] = strawberry.field(
        description=f"What held in the period, by when it began; of more than {MOST_TOLD} those with the highest score."
    )
    count: int = strawberry.field(description="How many there are.")
    learned_from: datetime | None = strawberry.field(
        description="The observation time of the first usable reading that was looked at; null where there is none."
    )
    reason: DiagnosisReason | None = strawberry.field(
        description="Why not all that there is can be found: INSUFFICIENT_HISTORY where statistics lack days or "
        "readings, which limits do not need. Null where nothing is missing."
    )


async def _resolve(root: Any, info: Info, during: DuringPeriod, *, sensitivity: Sensitivity = None) -> Anomalies | None:
    """Look at the stretch."""
    if sensitivity is not None and not LEAST_SENSITIVE <= sensitivity <= MOST_SENSITIVE:
        raise InvalidInputError(f"The sensitivity lies between {LEAST_SENSITIVE:g} and {MOST_SENSITIVE:g}.")
    first, last = during.countable()
    watched = await watched_of(root, info, sensitivity)
    glance = Glance(root.number, watched, first, last)
    seen = await looked_at(glance, await info.context.batch("past", columns_of).load(glance))
    return _shown(seen, root.row_id, root.name)


def _shown(seen: past.Past, channel: UUID, name: str) -> Anomalies:
    found: Sequence[past.Anomaly] = seen.anomalies()
    told = sorted(found, key=lambda each: -each.finding.score)[:MOST_TOLD]
    told.sort(key=lambda each: each.finding.at_s)
    return Anomalies(
        found=[Anomaly.of(each, channel, name) for each in told],
        count=len(found),
        learned_from=None if seen.first_s is None else datetime.fromtimestamp(seen.first_s, UTC),
        reason=DiagnosisReason.of(seen.reason()),
    )


def anomalies_of_past() -> Any:
    """Declare what detectors find in a stretch of a channel."""
    return strawberry.field(
        resolver=_resolve,
        description="What the detectors behind its alarms find in a stretch of the past, whenever it was recorded, "
        f"under its limits and rules as they are now; they learn from the {LEARNED_FROM.days} days before it. STALE "
        "and CLOCK_OFF, which are about when readings came in, are not among it: `gaps` shows what is missing. A "
        f"stretch of more than {MOST_READINGS:,} readings is the error RANGE_TOO_LARGE. Null beside an error alone.",
    )
