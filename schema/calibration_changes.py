"""That a sensor was calibrated, as somebody says it."""

from datetime import datetime

import strawberry

from schema.calibration import Calibration
from schema.payload import Payload
from twinql.domain.calibrations import LONGEST_NOTE, CalibrationStatement


@strawberry.input(description="That the sensor of a channel was compared with a reference.")
class RecordCalibrationInput:
    """A statement about a sensor."""

    channel_id: strawberry.ID = strawberry.field(description="The channel whose sensor was calibrated.")
    performed_at: datetime = strawberry.field(description="When it was done, not in the future.")
    performed_by: str = strawberry.field(description="Who did it: a person or a laboratory, 1 to 200 characters.")
    valid_until: datetime | None = strawberry.field(
        default=None, description="From then on it no longer counts; left out where nobody said."
    )
    certificate: str | None = strawberry.field(
        default=None, description="The number of its certificate, at most 200 characters."
    )
    deviation: float | None = strawberry.field(
        default=None, description="By how much the sensor read more than the reference, in the unit of the channel."
    )
    note: str | None = strawberry.field(
        default=None, description=f"What else is to be known, at most {LONGEST_NOTE:,} characters."
    )

    def to_domain(self) -> CalibrationStatement:
        """Say it in the words of the domain."""
        return CalibrationStatement(
            performed_at=self.performed_at,
            valid_until=self.valid_until,
            performed_by=self.performed_by,
            certificate=self.certificate,
            deviation=self.deviation,
            note=self.note,
        )


@strawberry.type(description="What became of a calibration to be recorded.")
class RecordCalibrationPayload(Payload):
    """The outcome of `recordCalibration`."""

    calibration: Calibration | None = strawberry.field(
        default=None, description="The calibration; null where the input was not taken."
    )
