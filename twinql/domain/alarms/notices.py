"""What somebody is told of an alarm by a webhook: the event, as JSON that stays as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from twinql.domain.global_id import encode

VERSION: Final = 1
"""Of the event's shape: fields are added under the same number, and nothing else changes under it."""
TEST: Final = "TEST"
"""The action of an event that an owner asked for to try a target out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One step of an alarm, as one target is told of it. All of it stays the same however often it is told again.

    Attributes:
        id: The notification.
        target_id: Who is told.
        target_name: What people call them.
        organisation_id: Whose alarm it is.
        organisation_name: What people call the organisation.
        alarm_id: The alarm.
        sequence: Which step of it, from 1.
        action: What happened: RAISED, RAISED_AGAIN, ESCALATED or RETURNED; or UNSHELVED or RETURNED_TO_SERVICE,
            where `state` says whether the condition holds.
        at: When.
        observed_at: Observation time of the reading that showed it; None where none did, as for ESCALATED.
        cause: What is wrong.
        severity: How much the alarm matters from this step on.
        state: Where it stands from this step on.
        message: What is wrong, in a sentence.
        raised_at: When the condition was first seen to hold.
        evidence: The numbers that show it, as they are stored.
        site_id: The site.
        site_name: What people call it.
        site_time_zone: The time of its clocks, as IANA names it.
        asset_id: The asset; None for a channel of the site itself.
        asset_kind: METER or MACHINE; None without an asset.
        asset_name: What people call it; None without an asset.
        channel_id: The channel.
        channel_key: Its short name.
        channel_name: What people call it.
        channel_unit: The unit of its values, as the graph names it.
    """

    id: UUID
    target_id: UUID
    target_name: str
    organisation_id: UUID
    organisation_name: str
    alarm_id: UUID
    sequence: int
    action: str
    at: datetime
    observed_at: datetime | None
    cause: str
    severity: str
    state: str
    message: str
    raised_at: datetime
    evidence: Sequence[Mapping[str, Any]]
    site_id: UUID
    site_name: str
    site_time_zone: str
    asset_id: UUID | None
    asset_kind: str | None
    asset_name: str | None
    channel_id: UUID
    channel_key: str
    channel_name: str
    channel_unit: str

    @property
    def event_id(self) -> str:
        """The global id of the notification: the same each time it is told."""
        return encode("AlarmNotification", self.id)


def event_of(notice: Notice) -> dict[str, Any]:
    """Return what a webhook is sent, as docs/notifications.md describes it: ids are those of the graph."""
    asset = None
    if notice.asset_id is not None and notice.asset_kind is not None:
        kind = notice.asset_kind.capitalize()
        asset = {"id": encode(kind, notice.asset_id), "type": kind, "name": notice.asset_name}
    return {
        "version": VERSION,
        "id": notice.event_id,
        "action": notice.action,
        "at": instant(notice.at),
        "observedAt": None if notice.observed_at is None else instant(notice.observed_at),
        "target": {"id": encode("AlarmTarget", notice.target_id), "name": notice.target_name},
        "organisation": {"id": encode("Organisation", notice.organisation_id), "name": notice.organisation_name},
        "alarm": {
            "id": encode("Alarm", notice.alarm_id),
            "sequence": notice.sequence,
            "cause": notice.cause,
            "severity": notice.severity,
            "state": notice.state,
            "message": notice.message,
            "raisedAt": instant(notice.raised_at),
            "evidence": [_fact(each) for each in notice.evidence],
        },
        "site": {"id": encode("Site", notice.site_id), "name": notice.site_name, "timeZone": notice.site_time_zone},
        "asset": asset,
        "channel": {
            "id": encode("Channel", notice.channel_id),
            "key": notice.channel_key,
            "name": notice.channel_name,
            "unit": notice.channel_unit,
        },
    }


def trial_event_of(target_id: UUID, name: str, *, event_id: str, now: datetime) -> dict[str, Any]:
    """Return what a webhook is sent to try it out: an event of no alarm."""
    return {
        "version": VERSION,
        "id": event_id,
        "action": TEST,
        "at": instant(now),
        "observedAt": None,
        "target": {"id": encode("AlarmTarget", target_id), "name": name},
        "organisation": None,
        "alarm": None,
        "site": None,
        "asset": None,
        "channel": None,
    }


def instant(at: datetime) -> str:
    """Write an instant as JSON has it: RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _fact(stored: Mapping[str, Any]) -> dict[str, Any]:
    channel = stored.get("channelId")
    return {**stored, "channelId": None if channel is None else encode("Channel", UUID(channel))}
