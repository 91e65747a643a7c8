"""Questions about commands, and the mutation that issues one."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.command import Command, CommandFilter, commands_asked
from schema.command_orders import IssueCommandInput, IssueCommandPayload
from schema.command_report import CommandReport, ReportCommandInput, ReportCommandPayload
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, listed, one
from schema.interlock_verdict import InterlockVerdict
from schema.lists import CommandConnection
from schema.payload import UserError, UserErrorCode, mutation
from twinql.context import Info
from twinql.domain.command_reports import DeviceReport, ReportOutcome
from twinql.domain.identity import Device, Worker
from twinql.domain.interlocks.verdict import InterlockKind, Verdict, refusals
from twinql.domain.membership import Role, Who
from twinql.domain.wording import cleaned_or_none
from twinql.errors import ConflictError, NotFoundError
from twinql.storage.commands import issue
from twinql.storage.device_reports import take_report

Which = Annotated[CommandFilter | None, strawberry.argument(name="filter", description="Which of them.")]
ToReport = Annotated[ReportCommandInput, strawberry.argument(description="The command, and what became of it.")]
ToIssue = Annotated[IssueCommandInput, strawberry.argument(description="What is asked.")]
LONGEST_DETAIL = 1_000
_REPORTS = Worker("reports")
_PATHS = {InterlockKind.EXPIRY: ["expiresIn"], InterlockKind.RANGE: ["desired"]}


@strawberry.type
class CommandQuery:
    """Root fields about commands."""

    @listed(graphql_type=CommandConnection, description="What was asked of actuators, newest first.")
    def commands(
        filter_: Which = None, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Asked:
        """Ask for a page of them."""
        return commands_asked(filter_, page_of(first, after, last, before))


@strawberry.type
class CommandMutation:
    """Root fields that command."""

    @mutation(
        needs=Role.OPERATOR,
        description="Ask something of an actuator. It is sent while it is valid, once, and VERIFIED only when a "
        "reading shows the effect. Repeating it with the same key changes nothing.",
    )
    async def issue_command(self, info: Info, input: ToIssue) -> IssueCommandPayload:
        """Take the command on, unless its interlocks refuse it."""
        context = info.context
        issued = await issue(context.database, context.actor, input.to_domain(), now=context.now, dry_run=input.dry_run)
        context.commanded()
        return IssueCommandPayload(
            command=await one(info, Command, issued.command_id),
            interlocks=[InterlockVerdict.of(verdict) for verdict in issued.verdicts],
            replayed=issued.replayed,
            user_errors=[obstacle(verdict) for verdict in refusals(issued.verdicts)],
        )

    @mutation(
        needs=Who.DEVICE,
        description="Say what became of a command to one of your channels. A waiting one is taken by ACKNOWLEDGED, and "
        "by one device alone. Repeating the newest report changes nothing.",
    )
    async def report_command(self, info: Info, input: ToReport) -> ReportCommandPayload:
        """Add it to the life of the command."""
        context, key = info.context, needed_key_at(input.command_id, "commandId", "Command")
        detail = cleaned_or_none(input.detail, "detail", "detail", longest=LONGEST_DETAIL)
        report = DeviceReport(key, input.status.reported, detail, context.now)
        assert isinstance(context.actor, Device)
        async with context.database.transaction(_REPORTS) as connection:
            outcome = await take_report(connection, report, device=context.actor, now=context.now)
        _check_heard(outcome, input.status)
        context.commanded()
        return ReportCommandPayload(command=await one(info, Command, key))


def _check_heard(outcome: ReportOutcome, said: CommandReport) -> None:
    match outcome:
        case ReportOutcome.UNKNOWN:
            raise NotFoundError("There is no such command to a channel of yours.", path=("commandId",))
        case ReportOutcome.FINISHED:
            raise ConflictError("It has ended: look at its status, and do not act on it.", path=("commandId",))
        case ReportOutcome.OUT_OF_ORDER:
            raise ConflictError(
                f"{said.name} cannot follow as the command stands; look at its status, and report what does.",
                path=("status",),
            )


def obstacle(verdict: Verdict) -> UserError:
    """Show what an interlock has against an order."""
    code = UserErrorCode.INVALID_INPUT if verdict.kind is InterlockKind.EXPIRY else UserErrorCode.INTERLOCK
    return UserError(code=code, message=verdict.message, path=_PATHS.get(verdict.kind))
