"""What a webhook is told of a command, and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from twinql.domain.alarms.notices import instant
from twinql.domain.command_reports import SAID_BY_DEVICES
from twinql.domain.commands import CommandStatus
from twinql.domain.global_id import encode

VERSION: Final = 1
"""Of the message's shape: fields are added under the same number, and nothing else changes under it."""
LONGEST_DETAIL: Final = 1000
_STATUSES: Final = {each.value: each for each in SAID_BY_DEVICES}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandMessage:
    """A command as a webhook is told of it. All of it stays the same however often it is told.

    Attributes:
        id: The command.
        desired: The value that the channel shall have. [unit of the channel]
        action: The same as a label, for a STATE channel; None for others.
        reason: Why, in the words of whoever asked.
        requested_at: When it was asked.
        expires_at: From then on it must not be carried out.
        organisation_id: Whose it is.
        site_id: The site of the channel.
        site_name: What people call it.
        asset_id: The asset of the channel; None for a channel of the site itself.
        asset_kind: METER or MACHINE; None without an asset.
        asset_name: What people call it; None without an asset.
        channel_id: The channel to be set.
        channel_key: Its short name.
        channel_name: What people call it.
        channel_unit: The unit of its values, as the graph names it.
    """

    id: UUID
    desired: float
    action: str | None
    reason: str | None
    requested_at: datetime
    expires_at: datetime
    organisation_id: UUID
    site_id: UUID
    site_name: str
    asset_id: UUID | None
    asset_kind: str | None
    asset_name: str | None
    channel_id: UUID
    channel_key: str
    channel_name: str
    channel_unit: str

    @property
    def event_id(self) -> str:
        """The global id of the command: the same each time it is told."""
        return encode("Command", self.id)

    def body(self) -> bytes:
        """Write it as docs/command-webhooks.md describes it: ids are those of the graph."""
        asset = None
        if self.asset_id is not None and self.asset_kind is not None:
            kind = self.asset_kind.capitalize()
            asset = {"id": encode(kind, self.asset_id), "type": kind, "name": self.asset_name}
        return orjson.dumps(
            {
                "version": VERSION,
                "id": self.event_id,
                "desired": self.desired,
                "action": self.action,
                "reason": self.reason,
                "requestedAt": instant(self.requested_at),
                "expiresAt": instant(self.expires_at),
                "organisation": {"id": encode("Organisation", self.organisation_id)},
                "site": {"id": encode("Site", self.site_id), "name": self.site_name},
                "asset": asset,
                "channel": {
                    "id": encode("Channel", self.channel_id),
                    "key": self.channel_key,
                    "name": self.channel_name,
                    "unit": self.channel_unit,
                },
            }
        )


def answered(body: bytes) -> tuple[CommandStatus, str | None]:
    """Read what a webhook says became of a command that it took: a JSON object with `status` and `detail`.

    Whatever else it says, or nothing, is ACKNOWLEDGED: it has the command and reports later. U+0000, which Postgres
    does not keep, is left out of its words.
    """
    try:
        said: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        return CommandStatus.ACKNOWLEDGED, None
    status, detail = said.get("status"), said.get("detail")
    words = detail.replace("\0", "").strip() if isinstance(detail, str) else ""
    return (
        _STATUSES.get(status, CommandStatus.ACKNOWLEDGED) if isinstance(status, str) else CommandStatus.ACKNOWLEDGED,
        words[:LONGEST_DETAIL] or None,
    )
