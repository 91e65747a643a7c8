"""What is announced of a decision and of a command: JSON with the ids of the graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from twinql.domain.alarms.notices import instant
from twinql.domain.decisions.recommendation import Proposal
from twinql.domain.global_id import encode

VERSION: Final = 1
"""Of the announcements' shape: fields are added under the same number, and nothing else changes under it."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that is announced.

    Attributes:
        key: What it is about: the global id of the channel, or of the asset where there is none. What has the same key
            keeps its order.
        value: JSON.
    """

    key: bytes
    value: bytes


def command_announcement(row: Mapping[str, Any]) -> Announcement:
    """Announce a command as it stands, with its whole life so far."""
    transitions = [
        {**each, "sequence": place, "at": instant(datetime.fromisoformat(each["at"]))}
        for place, each in enumerate(row["transitions"] or (), start=1)
    ]
    return _announcement(
        row,
        {
            "version": VERSION,
            "id": encode("Command", row["id"]),
            **_place(row),
            "decision": _id("Decision", row["decision_id"]),
            "desired": row["desired"],
            "action": row["action"],
            "status": row["status"],
            "requestedBy": row["requested_by"],
            "reason": row["reason"],
            "requestedAt": _instant(row["requested_at"]),
            "notBefore": _instant(row["not_before"]),
            "expiresAt": _instant(row["expires_at"]),
            "transitions": transitions,
        },
    )


def decision_announcement(row: Mapping[str, Any]) -> Announcement:
    """Announce a decision as it stands."""
    proposal = None
    if row["proposal"] is not None:
        proposed = Proposal.of(row["proposal"])
        proposal = {
            "channel": encode("Channel", proposed.channel_id),
            "desired": proposed.desired,
            "action": proposed.action,
            "expiresInSeconds": proposed.expires_in_s,
        }
    return _announcement(
        row,
        {
            "version": VERSION,
            "id": encode("Decision", row["id"]),
            **_place(row),
            "rule": row["rule"],
            "action": row["action"],
            "status": row["status"],
            "urgency": row["urgency"],
            "confidence": row["confidence"],
            "reasons": [
                {name: each.get(name) for name in ("code", "message", "value", "threshold", "unit")}
                for each in row["reasons"]
            ],
            "proposal": proposal,
            "madeAt": _instant(row["made_at"]),
            "validUntil": _instant(row["valid_until"]),
            "settledAt": _instant(row["settled_at"]),
            "settledBy": row["settled_by"],
            "settledReason": row["settled_reason"],
        },
    )


def _announcement(row: Mapping[str, Any], body: Mapping[str, Any]) -> Announcement:
    key = _id("Channel", row["channel_id"]) or _asset(row)
    assert key is not None  # what has no channel is of an asset
    return Announcement(key.encode(), orjson.dumps(body))


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    channel = _id("Channel", row["channel_id"])
    return {
        "organisation": encode("Organisation", row["organisation_id"]),
        "site": encode("Site", row["site_id"]),
        "asset": _asset(row),
        "channel": channel and {"id": channel, "key": row["channel_key"], "unit": row["channel_unit"]},
    }


def _asset(row: Mapping[str, Any]) -> str | None:
    return None if row["asset_id"] is None else encode(row["asset_kind"].capitalize(), row["asset_id"])


def _id(kind: str, key: UUID | None) -> str | None:
    return None if key is None else encode(kind, key)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
