"""Changes of what is known to have happened to registers."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.declared import one
from schema.payload import mutation
from schema.register_event import RegisterEvent
from schema.register_event_changes import (
    RecordRegisterEventInput,
    RecordRegisterEventPayload,
    RetractRegisterEventInput,
    RetractRegisterEventPayload,
)
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.domain.metering.statements import RegisterStatement
from twinql.storage import register_events

ToRecord = Annotated[RecordRegisterEventInput, strawberry.argument(description="What happened.")]
ToRetract = Annotated[RetractRegisterEventInput, strawberry.argument(description="The event.")]


@strawberry.type
class RegisterEventMutation:
    """Root fields about what happened to registers."""

    @mutation(
        needs=Role.OPERATOR,
        description="Say that a register was exchanged or reset, or rolled over, now or long ago: what it showed last "
        "and first makes the energy across it known, and every cost of that time follows. Refused where it "
        "contradicts the readings around it.",
    )
    async def record_register_event(self, info: Info, input: ToRecord) -> RecordRegisterEventPayload:
        """Record it."""
        context = info.context
        membership = await context.require(Role.OPERATOR)
        said = RegisterStatement(
            at=input.at, type=input.type, final=input.final_value, start=input.start_value, note=input.note
        )
        channel = needed_key_at(input.channel_id, "channelId", "Channel")
        key = await register_events.record_event(
            context.database, context.actor, membership.organisation_id, channel, said, now=context.now
        )
        return RecordRegisterEventPayload(event=await one(info, RegisterEvent, key))

    @mutation(
        needs=Role.OPERATOR,
        description="Take back what was said of a register: costs follow, and `asOf` still tells what was known "
        "before. Nothing changes where it was taken back already.",
    )
    async def retract_register_event(self, info: Info, input: ToRetract) -> RetractRegisterEventPayload:
        """Take it back."""
        context = info.context
        membership = await context.require(Role.OPERATOR)
        key = needed_key_at(input.id, "id", "RegisterEvent")
        await register_events.retract_event(context.database, context.actor, membership.organisation_id, key)
        return RetractRegisterEventPayload(event=await one(info, RegisterEvent, key))
