"""What people say of a sensor that was compared with a reference, and what cannot be."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite
from typing import Final, Self

from twinql.domain.wording import cleaned, cleaned_or_none
from twinql.errors import InvalidInputError

LONGEST_NOTE: Final = 2_000
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LARGEST: Final = 1e100


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationStatement:
    """What somebody says of a calibration.

    Attributes:
        performed_at: When it was done.
        valid_until: From then on it no longer counts; None where nobody said.
        performed_by: Who did it: a person or a laboratory.
        certificate: The number of its certificate; None where there is none.
        deviation: By how much the sensor read more than the reference; None where nobody said. [unit of the channel]
        note: What else is to be known.
    """

    performed_at: datetime
    performed_by: str
    valid_until: datetime | None = None
    certificate: str | None = None
    deviation: float | None = None
    note: str | None = None

    def checked(self, *, now: datetime) -> Self:
        """Return the same without spaces around its words.

        Raises:
            InvalidInputError: It cannot be so; the path says what.
        """
        if not EARLIEST <= self.performed_at <= now:
            raise InvalidInputError(
                "A calibration is recorded when it has been performed: neither in the future nor before 1900.",
                path=("performedAt",),
            )
        if self.valid_until is not None and self.valid_until <= self.performed_at:
            raise InvalidInputError(
                "A calibration is valid until some time after it was performed; leave it out where nobody said.",
                path=("validUntil",),
            )
        if self.deviation is not None and not (isfinite(self.deviation) and abs(self.deviation) <= _LARGEST):
            raise InvalidInputError("No sensor is off by such a number.", path=("deviation",))
        return replace(
            self,
            performed_by=cleaned(self.performed_by, "name of who performed it", "performedBy"),
            certificate=cleaned_or_none(self.certificate, "certificate", "certificate"),
            note=cleaned_or_none(self.note, "note", "note", longest=LONGEST_NOTE),
        )
