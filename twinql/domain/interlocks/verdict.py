"""What interlocks say, and of what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID


class InterlockKind(Enum):
    """What an interlock looks at."""

    WRITABLE = "WRITABLE"
    RANGE = "RANGE"
    STATE_KNOWN = "STATE_KNOWN"
    EXPIRY = "EXPIRY"


class Stage(Enum):
    """At which step of its life a command is judged."""

    ISSUE = "ISSUE"
    APPROVAL = "APPROVAL"
    SENDING = "SENDING"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, as interlocks see it.

    Attributes:
        desired: The value that the channel shall have. NaN and infinities are out of every range. [unit of the channel]
        now: The present.
        stage: At which step it is judged.
        expires_in: How long it stays worth sending; None once that was judged, since a command's expiry never changes.
        not_before: Before this it is not sent; None where it may be sent at once.
    """

    desired: float
    now: datetime
    stage: Stage = Stage.ISSUE
    expires_in: timedelta | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one interlock says, with the numbers it compared.

    Attributes:
        kind: Which interlock.
        allowed: Whether it lets the command pass.
        message: Why, in a sentence.
        value: What was asked, or what was looked at. [unit of the channel; for EXPIRY s]
        minimum: The least it allows; None where there is no such bound. [the same]
        maximum: The most it allows; None where there is no such bound. [the same]
        interlock_id: The interlock that people laid down; None for one that is built in.
        other_channel_id: The channel that was looked at; None where it is the one to be set.
        observed_at: When the reading that was looked at was observed; None where none was.
    """

    kind: InterlockKind
    allowed: bool
    message: str
    value: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    interlock_id: UUID | None = None
    other_channel_id: UUID | None = None
    observed_at: datetime | None = None


def refusals(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that stop a command."""
    return [verdict for verdict in verdicts if not verdict.allowed]
