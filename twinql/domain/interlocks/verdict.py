"""What interlocks say, and of what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from twinql.domain.readings import ReadingSource


class InterlockKind(Enum):
    """What an interlock looks at."""

    WRITABLE = "WRITABLE"
    RANGE = "RANGE"
    STATE_KNOWN = "STATE_KNOWN"
    EXPIRY = "EXPIRY"
    EMERGENCY_STOP = "EMERGENCY_STOP"
    RATE_OF_CHANGE = "RATE_OF_CHANGE"
    MINIMUM_ON_TIME = "MINIMUM_ON_TIME"
    MINIMUM_OFF_TIME = "MINIMUM_OFF_TIME"
    MUTUAL_EXCLUSION = "MUTUAL_EXCLUSION"
    CONDITION = "CONDITION"
    COMMANDS_PER_HOUR = "COMMANDS_PER_HOUR"
    INPUT_QUALITY = "INPUT_QUALITY"


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

    @property
    def waits_until(self) -> datetime | None:
        """Until when it waits on purpose; None where it may be sent now."""
        later = self.not_before is not None and self.not_before > self.now and self.stage is not Stage.SENDING
        return self.not_before if later else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one interlock says, with the numbers it compared.

    Attributes:
        kind: Which interlock.
        allowed: Whether it lets the command pass.
        message: Why, in a sentence.
        value: What was asked [unit of the channel]; for EXPIRY the life [s]; for CONDITION and MUTUAL_EXCLUSION what
            the other channel reads, or will [its unit]; for MINIMUM_ON_TIME and MINIMUM_OFF_TIME for how long it has
            been so [s]; for INPUT_QUALITY the age of the reading [s]; for COMMANDS_PER_HOUR how many with this one.
        minimum: The least it allows; None where there is no such bound. [as the value]
        maximum: The most it allows; None where there is no such bound. [as the value]
        interlock_id: The interlock that people laid down; None for one that is built in.
        other_channel_id: The channel that was looked at; None where it is the one to be set.
        observed_at: When the reading that was looked at was observed, or the stop was triggered; None where none was.
        source: The way by which that reading came in; None where none was looked at.
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
    source: ReadingSource | None = None


def refusals(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that stop a command."""
    return [verdict for verdict in verdicts if not verdict.allowed]
