"""Somebody who was let in."""

from dataclasses import dataclass
from datetime import datetime

from twinql.domain.identity import Device, User


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and until when that holds.

    Attributes:
        actor: A user, or a device with an API key.
        expires_at: When the token or key ends (UTC); None where it does not.
    """

    actor: User | Device
    expires_at: datetime | None = None
