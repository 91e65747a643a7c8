"""Calibrations: that a sensor was compared with a reference, and until when that counts."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden, to_one
from schema.node import Node
from twinql.storage.read import PageRequest, Question, Table
from twinql.storage.read.entity import CALIBRATIONS, LATEST_CALIBRATION

if TYPE_CHECKING:
    from schema.channel import Channel


@strawberry.type(
    description="That the sensor of a channel was compared with a reference. It is never changed; of several, the one "
    "that was performed last counts, and of one moment the one that was recorded last."
)
class Calibration(Node):
    """A calibration."""

    table: ClassVar[Table] = CALIBRATIONS
    row_id: strawberry.Private[UUID] = hidden("id")
    channel_id: strawberry.Private[UUID] = hidden()
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel whose sensor was calibrated."
    )
    performed_at: datetime = column(description="When it was done.")
    valid_until: datetime | None = column(description="From then on it no longer counts; null where nobody said.")
    performed_by: str = column(description="Who did it: a person or a laboratory.")
    certificate: str | None = column(description="The number of its certificate; null where there is none.")
    deviation: float | None = column(
        description="By how much the sensor read more than the reference, in the unit of the channel; null where "
        "nobody said. Readings are told as they were read."
    )
    note: str | None = column(description="What else is to be known; null where nothing was said.")
    recorded_at: datetime = column(description="When TwinQL learned it.")
    recorded_by: str = column(description="Who said so: the subject of the token.")


def calibrations_asked(page: PageRequest) -> Asked:
    """Return the question for the calibrations of a channel, the last one performed first."""
    return Asked(Calibration, Question(entity_of(Calibration), LATEST_CALIBRATION, page, parent="channel_id"))
