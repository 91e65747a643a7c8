"""What is known of a site that may want somebody: open alarms, recommendations, ailments and refused readings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.diagnosis.health import Issue


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is.

    Attributes:
        channel_id: The channel; None where it is about the whole asset.
        asset_id: The asset; None for a channel of the site itself.
        name: What people call both, as one.
    """

    channel_id: UUID | None
    asset_id: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """An open alarm that is neither shelved nor out of service.

    Attributes:
        id: The alarm.
        place: Where.
        cause: What is wrong, as the graph names it.
        severity: How much it matters, as the graph names it.
        acknowledged: Whether somebody has seen it since it last came.
        holds: Whether its condition holds now.
        occurrences: How often it has come.
        message: What is wrong, in a sentence.
        score: How far beyond its threshold: 1 is just at it.
        raised_at: When it was raised.
        evidence: The numbers, as they are stored.
    """

    id: UUID
    place: Place
    cause: str
    severity: str
    acknowledged: bool
    holds: bool
    occurrences: int
    message: str
    score: float
    raised_at: datetime
    evidence: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OpenDecision:
    """A recommendation that waits for somebody.

    Attributes:
        id: The decision.
        place: Of what it speaks.
        action: What it recommends.
        urgency: How soon.
        confidence: How sure it is, 0 to 1; None where nothing was measured.
        made_at: When it was made.
        reasons: The numbers that were compared, as they are stored.
        looked_from: The first reading on which it rests.
        looked_until: The last one.
    """

    id: UUID
    place: Place
    action: DecisionAction
    urgency: Urgency
    confidence: float | None
    made_at: datetime
    reasons: Sequence[Mapping[str, Any]]
    looked_from: datetime
    looked_until: datetime


@dataclass(frozen=True, slots=True)
class Ailment:
    """What takes points off the health of a channel.

    Attributes:
        place: The channel.
        issue: What it is.
        first: Where the time begins that was looked at.
        last: Where it ends: the present.
        calibration_id: The calibration of the channel that counts, whatever the ailment; None for none.
        calibrated_at: When that was performed.
    """

    place: Place
    issue: Issue
    first: datetime
    last: datetime
    calibration_id: UUID | None = None
    calibrated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OverdueTask:
    """A maintenance task that was due and is not done.

    Attributes:
        id: The task.
        place: Where.
        title: What is to be done.
        due_at: By when it was to be done; for when it was planned where nobody said.
        scheduled_for: For when it is planned; None where it is not.
        overdue_s: For how long it is overdue. [s]
    """

    id: UUID
    place: Place
    title: str
    due_at: datetime
    scheduled_for: datetime | None
    overdue_s: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Readings of a channel that were refused for one reason and wait to be mended.

    Attributes:
        newest: The one refused last.
        place: Where they were sent to.
        count: How many.
        message: Why, in the words of the newest.
        since: When the first of them was refused.
    """

    newest: UUID
    place: Place
    count: int
    message: str
    since: datetime
