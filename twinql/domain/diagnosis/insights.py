"""What a person should look at now, most urgent first: from alarms, recommendations, health and refused readings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID

from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.diagnosis.bands import IssueCode
from twinql.domain.diagnosis.matters import Ailment, OpenDecision, OverdueTask, Place, RaisedAlarm, Refused
from twinql.domain.spoken import span


class InsightKind(Enum):
    """What an insight rests on."""

    ALARM = "ALARM"
    DECISION = "DECISION"
    HEALTH = "HEALTH"
    CALIBRATION = "CALIBRATION"
    MAINTENANCE = "MAINTENANCE"
    REJECTED_READINGS = "REJECTED_READINGS"


URGENCY_OF_SEVERITY: Final[Mapping[str, Urgency]] = {
    "CRITICAL": Urgency.IMMEDIATE,
    "HIGH": Urgency.HIGH,
    "MEDIUM": Urgency.MEDIUM,
    "LOW": Urgency.LOW,
}
"""How soon an alarm wants somebody, by its severity, while nobody has acknowledged it. One that somebody has seen, or
whose condition has ended, is one step less urgent."""
URGENCY_OF_ISSUE: Final[Mapping[IssueCode, Urgency]] = {
    IssueCode.DEAD: Urgency.HIGH,
    IssueCode.STALE: Urgency.MEDIUM,
    IssueCode.BAD_READINGS: Urgency.MEDIUM,
    IssueCode.INCOMPLETE: Urgency.LOW,
    IssueCode.OUT_OF_TARGET: Urgency.LOW,
    IssueCode.CALIBRATION_EXPIRED: Urgency.MEDIUM,
    IssueCode.CALIBRATION_DUE: Urgency.LOW,
}
"""How soon what takes points off a health wants somebody. LATE wants nobody yet; alarms speak for themselves."""
LONG_SILENT_S: Final = 7 * 86_400.0
"""Whoever has been silent for longer is hardly missed: then a silence is LOW, and archiving the channel ends it. [s]"""
URGENCY_OF_REFUSED: Final = Urgency.MEDIUM
"""Refused readings are lost to everything that counts them until somebody mends them."""
URGENCY_OF_OVERDUE: Final = Urgency.MEDIUM
"""A task that is overdue, and planned for no time to come; one that people have planned is LOW."""
LEAST_POINTS: Final = 1.0
"""What takes fewer points than this off a health is not worth anybody's time."""
_URGENCIES: Final = tuple(Urgency)
_CALIBRATIONS: Final = frozenset({IssueCode.CALIBRATION_DUE, IssueCode.CALIBRATION_EXPIRED})
_ORDER: Final = tuple(InsightKind)
"""Of those of one urgency, alarms come first, then recommendations, and so on."""
_SEEN_BY_ALARM: Final = frozenset({IssueCode.ALARM, IssueCode.STUCK})
_SILENCES: Final = frozenset({IssueCode.LATE, IssueCode.STALE, IssueCode.DEAD})
_SPOKEN: Final = {
    DecisionAction.RESTORE_COOLING: "Switch on what cools",
    DecisionAction.REDUCE_LOAD: "Let it do less",
    DecisionAction.INSPECT: "Look for the cause",
    DecisionAction.CONTINUE_MONITORING: "Keep an eye on it",
}


@dataclass(frozen=True, slots=True)
class Insight:
    """Something that a person should look at now.

    Attributes:
        kind: What it rests on.
        node_id: The row that it rests on: an alarm, a decision, a channel, a calibration, a task or a refused reading.
        place: Where.
        urgency: How soon.
        weight: Orders those of one urgency and kind: the more, the sooner.
        message: What is the matter, in a sentence.
        reason: Why somebody should look, in a sentence.
        since: Since when.
        evidence: The numbers, as JSON knows them.
    """

    kind: InsightKind
    node_id: UUID
    place: Place
    urgency: Urgency
    weight: float
    message: str
    reason: str
    since: datetime
    evidence: tuple[Mapping[str, Any], ...] = ()


def insights(
    *,
    alarms: Iterable[RaisedAlarm],
    decisions: Iterable[OpenDecision],
    ailments: Iterable[Ailment],
    refused: Iterable[Refused],
    overdue: Iterable[OverdueTask] = (),
) -> list[Insight]:
    """Order what a person should look at: the most urgent first, of those by kind, then the heaviest, then the newest.

    The alarms of one channel are one insight, led by the most urgent; a channel that has an alarm is not told again for
    the silence or the stuckness that the alarm already tells, nor a silent one for the readings that it misses.
    """
    by_channel: dict[UUID | None, list[RaisedAlarm]] = {}
    for alarm in alarms:
        by_channel.setdefault(alarm.place.channel_id, []).append(alarm)
    alarmed = {each.place.channel_id for group in by_channel.values() for each in group if each.cause == "STALE"}
    found = [
        *(_of_alarms(group) for group in by_channel.values()),
        *(_of_decision(decision) for decision in decisions),
        *_of_health(ailments, alarmed),
        *(_of_task(each) for each in overdue),
        *(_of_refused(each) for each in refused),
    ]
    return sorted(
        found,
        key=lambda each: (-_haste(each.urgency), _ORDER.index(each.kind), -each.weight, -each.since.timestamp()),
    )


def _haste(urgency: Urgency) -> int:
    return _URGENCIES.index(urgency)


def _urgency_of(alarm: RaisedAlarm) -> Urgency:
    urgency = URGENCY_OF_SEVERITY[alarm.severity]
    if alarm.acknowledged or not alarm.holds:
        return _URGENCIES[max(0, _haste(urgency) - 1)]
    return urgency


def _of_alarms(group: Sequence[RaisedAlarm]) -> Insight:
    first, *others = sorted(group, key=lambda alarm: (-_haste(_urgency_of(alarm)), -alarm.score))
    seen = "somebody has acknowledged it" if first.acknowledged else "nobody has acknowledged it"
    holds = "It holds" if first.holds else "It has ended"
    often = "" if first.occurrences == 1 else f", it has come {first.occurrences} times"
    holding = _listed(each.cause for each in others if each.holds)
    ended = _listed(each.cause for each in others if not each.holds)
    more = f"; there {holding} holds too" if holding else ""
    more += f"; there {ended} has ended unacknowledged" if ended else ""
    return Insight(
        kind=InsightKind.ALARM,
        node_id=first.id,
        place=first.place,
        urgency=_urgency_of(first),
        weight=first.score,
        message=first.message,
        reason=f"{holds}, and {seen}{often}{more}.",
        since=first.raised_at,
        evidence=tuple(first.evidence),
    )


def _of_decision(decision: OpenDecision) -> Insight:
    told = [str(each["message"]) for each in decision.reasons]
    sure = "" if decision.confidence is None else f" TwinQL is {decision.confidence:.0%} sure."
    return Insight(
        kind=InsightKind.DECISION,
        node_id=decision.id,
        place=decision.place,
        urgency=decision.urgency,
        weight=decision.confidence or 0.0,
        message=f"{decision.place.name}: {_SPOKEN[decision.action][0].lower()}{_SPOKEN[decision.action][1:]}.",
        reason=(told[0] if told else "It waits for somebody to accept or reject it.") + sure,
        since=decision.made_at,
        evidence=tuple(_evidence_of(decision)),
    )


def _evidence_of(decision: OpenDecision) -> Iterator[dict[str, Any]]:
    if decision.place.channel_id is None:
        return
    for reason in decision.reasons:
        if reason.get("channel_key") is None:  # what was found on another channel stands in the decision itself
            yield {
                **{name: reason[name] for name in ("code", "message", "value", "threshold", "unit")},
                "channelId": str(decision.place.channel_id),
                "from": decision.looked_from.isoformat(),
                "until": decision.looked_until.isoformat(),
            }


def _of_health(ailments: Iterable[Ailment], alarmed: set[UUID | None]) -> Iterator[Insight]:
    known = list(ailments)
    silent = alarmed | {each.place.channel_id for each in known if each.issue.code in _SILENCES - {IssueCode.LATE}}
    for each in known:
        code, place = each.issue.code, each.place
        told = (
            code in _SEEN_BY_ALARM
            or (code in _SILENCES and place.channel_id in alarmed)
            or (code is IssueCode.INCOMPLETE and place.channel_id in silent)
        )
        if code in URGENCY_OF_ISSUE and not told and each.issue.points >= LEAST_POINTS and place.channel_id is not None:
            yield _of_ailment(each, place.channel_id)


def _of_ailment(ailment: Ailment, channel_id: UUID) -> Insight:
    issue, place = ailment.issue, ailment.place
    urgency, since, calibration = URGENCY_OF_ISSUE[issue.code], ailment.first, issue.code in _CALIBRATIONS
    first, last = ailment.first, ailment.last
    if issue.code in _SILENCES and issue.value is not None:
        since = ailment.last - timedelta(seconds=issue.value)
        # To the millisecond around it: that is the newest reading.
        first, last = since - timedelta(milliseconds=1), since + timedelta(milliseconds=1)
        urgency = Urgency.LOW if issue.value > LONG_SILENT_S else urgency
    elif calibration and issue.value is not None:
        since = _calibration_since(ailment, issue.value, issue.threshold or 0.0)
    number = {
        "code": issue.code.value,
        "message": issue.message,
        "value": issue.value,
        "threshold": issue.threshold,
        "unit": None if issue.unit is None else issue.unit.value,
        "channelId": str(channel_id),
        "from": first.isoformat(),
        "until": last.isoformat(),
    }
    return Insight(
        kind=InsightKind.CALIBRATION if calibration else InsightKind.HEALTH,
        node_id=ailment.calibration_id if calibration and ailment.calibration_id is not None else channel_id,
        place=place,
        urgency=urgency,
        weight=issue.points,
        message=f"{place.name}: {issue.message[0].lower()}{issue.message[1:]}",
        reason=f"It takes {issue.points:.0f} of 100 points off its health.",
        since=since,
        evidence=() if calibration else (number,),  # no reading says that a calibration has ended
    )


def _calibration_since(ailment: Ailment, left_s: float, begins_s: float) -> datetime:
    """Return when so little time was left as makes it due, or none; at the earliest when it was performed."""
    since = ailment.last + timedelta(seconds=left_s - begins_s)
    return since if ailment.calibrated_at is None else max(since, ailment.calibrated_at)


def _of_task(task: OverdueTask) -> Insight:
    now = task.due_at + timedelta(seconds=task.overdue_s)
    ahead = task.scheduled_for is not None and task.scheduled_for > now
    if ahead:
        reason = "It is planned, and was due before."
    elif task.scheduled_for is None:
        reason = "It was due, and nobody has planned it."
    else:
        reason = "It was planned, and nobody has said that it was done."
    return Insight(
        kind=InsightKind.MAINTENANCE,
        node_id=task.id,
        place=task.place,
        urgency=Urgency.LOW if ahead else URGENCY_OF_OVERDUE,
        weight=task.overdue_s,
        message=f"{task.place.name}: “{task.title}” is overdue by {span(task.overdue_s)}.",
        reason=reason,
        since=task.due_at,
    )


def _of_refused(refused: Refused) -> Insight:
    readings = "a reading was" if refused.count == 1 else f"{refused.count:,} readings were"
    return Insight(
        kind=InsightKind.REJECTED_READINGS,
        node_id=refused.newest,
        place=refused.place,
        urgency=URGENCY_OF_REFUSED,
        weight=float(refused.count),
        message=f"{refused.place.name}: {readings} refused.",
        reason=refused.message,
        since=refused.since,
    )


def _listed(causes: Iterable[str]) -> str:
    return " and ".join(sorted(causes))
