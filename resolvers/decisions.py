"""Questions about decisions, and the mutations that answer one."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
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
from schema.lists import DecisionConnection
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.decisions import DecisionStatus
from twinql.domain.membership import Role
from twinql.errors import InvalidInputError
from twinql.storage.decisions import answer

Which = Annotated[DecisionFilter | None, strawberry.argument(name="filter", description="Which of them.")]
ToAccept = Annotated[AcceptDecisionInput, strawberry.argument(description="The decision.")]
ToReject = Annotated[RejectDecisionInput, strawberry.argument(description="The decision, and why not.")]
LONGEST_REASON = 1_000


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

    @mutation(needs=Role.OPERATOR, description="Agree with an open decision. Acting on it takes a command of its own.")
    async def accept_decision(self, info: Info, input: ToAccept) -> AcceptDecisionPayload:
        """Settle it as ACCEPTED."""
        return AcceptDecisionPayload(decision=await _settled(info, input.id, DecisionStatus.ACCEPTED, input.reason))

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
    if reason is not None and len(reason) > LONGEST_REASON:
        raise InvalidInputError(f"A reason has at most {LONGEST_REASON:,} characters; shorten it.", path=("reason",))
    context, key = info.context, needed_key_at(id, "id", "Decision")
    await answer(context.database, context.actor, key, status, now=context.now, reason=reason)
    return await one(info, Decision, key)
