"""What is to be done to meters, machines and sensors, and what people say of what was done."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Final, Self
from uuid import UUID

from twinql.domain.calibrations import EARLIEST, CalibrationStatement
from twinql.domain.wording import cleaned, cleaned_or_none
from twinql.errors import InvalidInputError

LONGEST_NOTE: Final = 2_000
LONGEST_FINDINGS: Final = 10_000
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class MaintenanceKind(Enum):
    """What is done to something."""

    INSPECTION = "INSPECTION"
    SERVICE = "SERVICE"
    REPAIR = "REPAIR"
    REPLACEMENT = "REPLACEMENT"
    CALIBRATION = "CALIBRATION"


class MaintenanceStatus(Enum):
    """Where a task stands."""

    OPEN = "OPEN"
    SCHEDULED = "SCHEDULED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


RENEWALS: Final = frozenset({MaintenanceKind.REPAIR, MaintenanceKind.REPLACEMENT})
"""What ends a run: to failure where the thing had failed, else before it could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """What is to be done.

    Attributes:
        title: In a few words.
        note: What else is to be known; None for nothing.
        due_at: By when; None where nobody said.
        scheduled_for: For when it is planned; None where it is not.
    """

    title: str
    note: str | None = None
    due_at: datetime | None = None
    scheduled_for: datetime | None = None

    @property
    def status(self) -> MaintenanceStatus:
        """Where it stands while it is not done."""
        return MaintenanceStatus.OPEN if self.scheduled_for is None else MaintenanceStatus.SCHEDULED

    def checked(self) -> Self:
        """Return the same without spaces around its words.

        Raises:
            InvalidInputError: It cannot be so; the path says what.
        """
        for at, path in ((self.due_at, "dueAt"), (self.scheduled_for, "scheduledFor")):
            if at is not None and not EARLIEST <= at < LATEST:
                raise InvalidInputError("Nothing is to be done before 1900 or after 2199.", path=(path,))
        note = cleaned_or_none(self.note, "note", "note", longest=LONGEST_NOTE)
        return replace(self, title=cleaned(self.title, "title", "title"), note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDone:
    """What somebody says of a task that was done.

    Attributes:
        at: When.
        by: Who did it.
        findings: What was found; None for nothing.
        failed: Of a repair or a replacement whether the thing had failed before; None for everything else.
        failed_at: When it had failed, at the latest when it was done; None where nobody knows, and where it had not.
        calibration: Of a calibration: what is to be recorded of it; None to record nothing.
    """

    at: datetime
    by: str
    findings: str | None = None
    failed: bool | None = None
    failed_at: datetime | None = None
    calibration: CalibrationStatement | None = None

    def checked(self, kind: MaintenanceKind, channel_id: UUID | None, *, now: datetime) -> Self:
        """Return the same without spaces around its words.

        Raises:
            InvalidInputError: It cannot be so; the path says what.
        """
        if not EARLIEST <= self.at <= now:
            message = "A task is said to be done when it is: neither in the future nor before 1900."
            raise InvalidInputError(message, path=("doneAt",))
        if (self.failed is not None) is not (kind in RENEWALS):
            message = "Say of a repair or a replacement, and of nothing else, whether the thing had failed before."
            raise InvalidInputError(message, path=("failed",))
        if self.failed_at is not None and not (self.failed and EARLIEST <= self.failed_at <= self.at):
            message = "Say when it had failed of what had failed, and no later than when it was done."
            raise InvalidInputError(message, path=("failedAt",))
        if self.calibration is not None and (kind is not MaintenanceKind.CALIBRATION or channel_id is None):
            message = "Only a calibration of a channel is recorded as one; name the channel when you make the task."
            raise InvalidInputError(message, path=("calibration",))
        try:
            calibration = None if self.calibration is None else self.calibration.checked(now=now)
        except InvalidInputError as error:
            raise InvalidInputError(error.message, path=("calibration", *error.path)) from error
        return replace(
            self,
            by=cleaned(self.by, "name of who did it", "doneBy"),
            findings=cleaned_or_none(self.findings, "findings", "findings", longest=LONGEST_FINDINGS),
            calibration=calibration,
        )
