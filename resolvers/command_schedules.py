"""Questions about series of commands, and the mutations that make and cancel one."""

from typing import Annotated

import strawberry

from resolvers.commands import obstacle
from schema.changes import needed_key_at
from schema.command_orders import ScheduleCommandsInput, ScheduleCommandsPayload, ScheduledCommandOutcome
from schema.command_schedule import CommandSchedule, schedules_asked
from schema.command_steps import CancelCommandScheduleInput, CancelCommandSchedulePayload
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, listed, one
from schema.lists import CommandScheduleConnection
from schema.payload import UserError, mutation
from twinql.context import Info
from twinql.domain.interlocks.verdict import Verdict, refusals
from twinql.domain.membership import Role
from twinql.storage.command_schedules import cancel_schedule, schedule

ToSchedule = Annotated[ScheduleCommandsInput, strawberry.argument(description="The series.")]
ToCancel = Annotated[CancelCommandScheduleInput, strawberry.argument(description="Which schedule.")]


@strawberry.type
class CommandScheduleQuery:
    """Root fields about series of commands."""

    @listed(graphql_type=CommandScheduleConnection, description="Series of commands, newest first.")
    def command_schedules(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return schedules_asked(page_of(first, after, last, before))


@strawberry.type
class CommandScheduleMutation:
    """Root fields that make and cancel series of commands."""

    @mutation(
        needs=Role.OPERATOR,
        description="Ask for a series of commands, each at its hour. All are taken on, or none: where one is refused, "
        "`userErrors` say which, and nothing is kept. Each is judged again before it is sent. Repeating it with the "
        "same key changes nothing.",
    )
    async def schedule_commands(self, info: Info, input: ToSchedule) -> ScheduleCommandsPayload:
        """Take the series on."""
        context = info.context
        series = input.to_domain()
        scheduled = await schedule(context.database, context.actor, series, now=context.now, dry_run=input.dry_run)
        context.commanded()
        refused = [
            obstacle_at(place, verdict)
            for place, issued in enumerate(scheduled.issued)
            for verdict in refusals(issued.verdicts)
        ]
        return ScheduleCommandsPayload(
            schedule=await one(info, CommandSchedule, scheduled.schedule_id),
            outcomes=ScheduledCommandOutcome.all_of(series.orders, scheduled.issued),
            replayed=scheduled.replayed,
            user_errors=refused,
        )

    @mutation(
        needs=Role.OPERATOR,
        description="Cancel a series: those of its commands that have not been sent never are.",
    )
    async def cancel_command_schedule(self, info: Info, input: ToCancel) -> CancelCommandSchedulePayload:
        """Close them as CANCELLED."""
        context, key = info.context, needed_key_at(input.id, "id", "CommandSchedule")
        cancelled = await cancel_schedule(context.database, context.actor, key, now=context.now, reason=input.reason)
        return CancelCommandSchedulePayload(schedule=await one(info, CommandSchedule, key), cancelled=cancelled)


def obstacle_at(place: int, verdict: Verdict) -> UserError:
    """Say which command of a series an interlock refuses, and why."""
    error = obstacle(verdict)
    return UserError(code=error.code, message=error.message, path=["commands", str(place), *(error.path or ())])
