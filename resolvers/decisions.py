"""Questions about decisions, and the mutations that answer one."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.command import Command
from schema.connection import After, Before, First, Last, page_of
from schema.decision import (
    AcceptDecisionInput,
    AcceptDecisionPayload,
    Decision,
    DecisionFilter,
    RejectDecisionInput,
    RejectDecisionPayload,
    decisions_asked,
)
from schema.declared import Asked, listed, one
from schema.interlock_verdict import InterlockVerdict
from schema.lists import DecisionConnection
from schema.payload import UserError, UserErrorCode, mutation
from twinql.context import Info
from twinql.domain.decisions.vocabulary import DecisionStatus
from twinql.domain.interlocks.verdict import refusals
from twinql.domain.membership import Role
from twinql.domain.wording import check_reason
from twinql.errors import InvalidInputError
from twinql.storage.commands import issue
from twinql.storage.decisions import answer, carried_out, order_of

Which = Annotated[DecisionFilter | None, strawberry.argument(name="filter", description="Which of them.")]
ToAccept = Annotated[AcceptDecisionInput, strawberry.argument(description="The decision.")]
ToReject = Annotated[RejectDecisionInput, strawberry.argument(description="The decision, and why not.")]


@strawberry.type
class DecisionQuery:
    """Root fields about decisions."""

    @listed(graphql_type=DecisionConnection, description="What TwinQL recommends or recommended, newest first.")
    def decisions(
        filter_: Which = None, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Asked:
        """Ask for a page of them."""
        return decisions_asked(filter_, page_of(first, after, last, before))


@strawberry.type
class DecisionMutation:
    """Root fields that answer decisions."""

    @mutation(
        needs=Role.OPERATOR,
        description="Agree with an open decision and, with `issueCommand`, issue the command that it proposes. Where "
        "an interlock refuses that one, the decision stays open and nothing is issued. Repeating it with "
        "`issueCommand` gives the same command.",
    )
    async def accept_decision(self, info: Info, input: ToAccept) -> AcceptDecisionPayload:
        """Settle it as ACCEPTED, and let its command go out."""
        if not input.issue_command:
            return AcceptDecisionPayload(decision=await _settled(info, input.id, DecisionStatus.ACCEPTED, input.reason))
        context, key = info.context, needed_key_at(input.id, "id", "Decision")
        if (former := await carried_out(context.database, context.actor, key)) is not None:
            return AcceptDecisionPayload(
                decision=await one(info, Decision, key), command=await one(info, Command, former), replayed=True
            )
        order = await order_of(context.database, context.actor, key)
        if order is None:
            raise InvalidInputError("This decision proposes no command; accept it without.", path=("issueCommand",))
        judged = await issue(context.database, context.actor, order, now=context.now, dry_run=True)
        if refused := refusals(judged.verdicts):
            return AcceptDecisionPayload(
                decision=await one(info, Decision, key),
                interlocks=[InterlockVerdict.of(each) for each in judged.verdicts],
                user_errors=[
                    UserError(code=UserErrorCode.INTERLOCK, message=each.message, path=None) for each in refused
                ],
            )
        decision = await _settled(info, input.id, DecisionStatus.ACCEPTED, input.reason)
        issued = await issue(context.database, context.actor, order, now=context.now)
        context.commanded()
        return AcceptDecisionPayload(
            decision=decision,
            command=await one(info, Command, issued.command_id),
            interlocks=[InterlockVerdict.of(each) for each in issued.verdicts],
        )

    @mutation(
        needs=Role.OPERATOR,
        description="Disagree with an open decision. The same is not recommended again for ten minutes.",
    )
    async def reject_decision(self, info: Info, input: ToReject) -> RejectDecisionPayload:
        """Settle it as REJECTED."""
        if not input.reason.strip():
            raise InvalidInputError("A reason is needed; it is kept with the decision.", path=("reason",))
        return RejectDecisionPayload(decision=await _settled(info, input.id, DecisionStatus.REJECTED, input.reason))


async def _settled(info: Info, id: strawberry.ID, status: DecisionStatus, reason: str | None) -> Decision | None:
    check_reason(reason)
    context, key = info.context, needed_key_at(id, "id", "Decision")
    await answer(context.database, context.actor, key, status, now=context.now, reason=reason)
    return await one(info, Decision, key)
