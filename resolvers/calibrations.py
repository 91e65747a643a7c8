"""Changes of what is known of sensors."""

from typing import Annotated

import strawberry

from schema.calibration import Calibration
from schema.calibration_changes import RecordCalibrationInput, RecordCalibrationPayload
from schema.changes import needed_key_at
from schema.declared import one
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage.calibrations import record_calibration

ToRecord = Annotated[RecordCalibrationInput, strawberry.argument(description="The calibration.")]


@strawberry.type
class CalibrationMutation:
    """Root fields about calibrations."""

    @mutation(
        needs=Role.OPERATOR,
        description="Say that the sensor of a channel was compared with a reference, now or long ago. Readings stay as "
        "they were read.",
    )
    async def record_calibration(self, info: Info, input: ToRecord) -> RecordCalibrationPayload:
        """Record it."""
        context, channel = info.context, needed_key_at(input.channel_id, "channelId", "Channel")
        key = await record_calibration(context.database, context.actor, channel, input.to_domain(), now=context.now)
        return RecordCalibrationPayload(calibration=await one(info, Calibration, key))
