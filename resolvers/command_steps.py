"""What people do with a command that has not been sent."""

from typing import Annotated

import strawberry

from resolvers.commands import obstacle
from schema.changes import needed_key_at
from schema.command import Command
from schema.command_steps import (
    ApproveCommandInput,
    ApproveCommandPayload,
    CancelCommandInput,
    CancelCommandPayload,
    RejectCommandInput,
    RejectCommandPayload,
)
from schema.declared import one
from schema.interlock_verdict import InterlockVerdict
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.interlocks.verdict import refusals
from twinql.domain.membership import Role
from twinql.storage.command_steps import approve, cancel, turn_down

ToApprove = Annotated[ApproveCommandInput, strawberry.argument(description="Which command.")]
ToReject = Annotated[RejectCommandInput, strawberry.argument(description="Which command, and why.")]
ToCancel = Annotated[CancelCommandInput, strawberry.argument(description="Which command.")]


@strawberry.type
class CommandStepMutation:
    """Root fields that move a command on which waits."""

    @mutation(
        needs=Role.OPERATOR,
        description="Let a command go out that waits for approval and that somebody else asked for. Where an interlock "
        "refuses it as things are, it still waits.",
    )
    async def approve_command(self, info: Info, input: ToApprove) -> ApproveCommandPayload:
        """Queue it."""
        context, key = info.context, needed_key_at(input.id, "id", "Command")
        verdicts = await approve(context.database, context.actor, key, now=context.now, reason=input.reason)
        context.commanded()
        return ApproveCommandPayload(
            command=await one(info, Command, key),
            interlocks=[InterlockVerdict.of(each) for each in verdicts],
            user_errors=[obstacle(each) for each in refusals(verdicts)],
        )

    @mutation(
        needs=Role.OPERATOR,
        description="Turn a command down that waits for approval and that somebody else asked for.",
    )
    async def reject_command(self, info: Info, input: ToReject) -> RejectCommandPayload:
        """Close it as REJECTED."""
        context, key = info.context, needed_key_at(input.id, "id", "Command")
        await turn_down(context.database, context.actor, key, now=context.now, reason=input.reason)
        return RejectCommandPayload(command=await one(info, Command, key))

    @mutation(
        needs=Role.OPERATOR,
        description="Take a command back that has not been sent. One that was taken back before stays so.",
    )
    async def cancel_command(self, info: Info, input: ToCancel) -> CancelCommandPayload:
        """Close it as CANCELLED."""
        context, key = info.context, needed_key_at(input.id, "id", "Command")
        await cancel(context.database, context.actor, key, now=context.now, reason=input.reason)
        return CancelCommandPayload(command=await one(info, Command, key))
