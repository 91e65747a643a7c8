"""Changes of memberships."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.declared import one
from schema.member import (
    AddMemberInput,
    AddMemberPayload,
    Member,
    RemoveMemberInput,
    RemoveMemberPayload,
    UpdateMemberInput,
    UpdateMemberPayload,
)
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.identity import issuer_of, subject_of
from twinql.domain.membership import Role, member_key
from twinql.domain.wording import cleaned
from twinql.errors import NotFoundError
from twinql.storage.memberships import add_member, change_role, remove_member

LONGEST_ISSUER = 2048
LONGEST_SUBJECT = 255
ToAdd = Annotated[AddMemberInput, strawberry.argument(description="The new member.")]
ToUpdate = Annotated[UpdateMemberInput, strawberry.argument(description="The member, and what changes.")]
ToRemove = Annotated[RemoveMemberInput, strawberry.argument(description="The member.")]


@strawberry.type
class MemberMutation:
    """Root fields that change memberships."""

    @mutation(needs=Role.OWNER, description="Make somebody a member at once, by what their token says of them.")
    async def add_member(self, info: Info, input: ToAdd) -> AddMemberPayload:
        """Add them."""
        given = issuer_of(info.context.actor) if input.issuer is None else input.issuer
        issuer = cleaned(given, "issuer", "issuer", longest=LONGEST_ISSUER)
        subject = cleaned(input.subject, "subject", "subject", longest=LONGEST_SUBJECT)
        management = await info.context.management()
        async with management.change() as connection:
            await add_member(connection, management.organisation_id, issuer, subject, input.role)
        key = member_key(management.organisation_id, issuer, subject)
        return AddMemberPayload(member=await one(info, Member, key))

    @mutation(
        needs=Role.OWNER, description="Give a member another role, from their next operation on. The last OWNER stays."
    )
    async def update_member(self, info: Info, input: ToUpdate) -> UpdateMemberPayload:
        """Change it."""
        member = await _named(info, input.id)
        management = await info.context.management()
        async with management.change() as connection:
            await change_role(connection, management.organisation_id, member.issuer, member.subject, input.role)
        return UpdateMemberPayload(member=await one(info, Member, member.row_id))

    @mutation(
        needs=Role.VIEWER,
        description="End a membership at once, feeds that run included: your own, or as an OWNER anybody's. The last "
        "OWNER stays.",
    )
    async def remove_member(self, info: Info, input: ToRemove) -> RemoveMemberPayload:
        """Remove them."""
        context = info.context
        member = await _named(info, input.id)
        oneself = (member.issuer, member.subject) == (issuer_of(context.actor), subject_of(context.actor))
        membership = await context.require(Role.VIEWER if oneself else Role.OWNER)
        async with context.managing(membership).change() as connection:
            await remove_member(connection, membership.organisation_id, member.issuer, member.subject)
        return RemoveMemberPayload(removed_member_id=input.id)


async def _named(info: Info, id: strawberry.ID) -> Member:
    member = await one(info, Member, needed_key_at(id, "id", "Member"))
    if member is None:
        raise NotFoundError("There is no such member; look them up in the list of members.", path=("id",))
    return member
