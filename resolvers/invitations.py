"""Invitations: making them, taking them back, accepting them."""

import secrets
from datetime import timedelta
from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.declared import one
from schema.invitation import (
    LONGEST_LIFE,
    SHORTEST_LIFE,
    AcceptInvitationInput,
    AcceptInvitationPayload,
    Invitation,
    InviteMemberInput,
    InviteMemberPayload,
    RevokeInvitationInput,
    RevokeInvitationPayload,
)
from schema.member import Member
from schema.payload import mutation, user_error
from schema.viewer import ViewerMembership
from twinql.context import Info
from twinql.domain.identity import User, issuer_of, subject_of
from twinql.domain.membership import Role, Who, member_key
from twinql.domain.secrets import ENTROPY, INVITATION, hash_of, secret_of
from twinql.domain.wording import cleaned
from twinql.errors import ConflictError, InvalidInputError, NotFoundError
from twinql.storage import invitations

LONGEST_ADDRESS = 320
ToInvite = Annotated[InviteMemberInput, strawberry.argument(description="The new invitation.")]
ToRevoke = Annotated[RevokeInvitationInput, strawberry.argument(description="The invitation.")]
ToAccept = Annotated[AcceptInvitationInput, strawberry.argument(description="The secret of the invitation.")]


@strawberry.type
class InvitationMutation:
    """Root fields about invitations."""

    @mutation(
        needs=Role.OWNER,
        description="Invite somebody. Hand the secret over yourself; where TwinQL may invite through Supabase, an "
        "`email` has it send one, and they are a member at once. Where Supabase knows the address already, "
        "`userErrors` says so beside an invitation that can be handed over.",
    )
    async def invite_member(self, info: Info, input: ToInvite) -> InviteMemberPayload:
        """Have an e-mail sent where that can be; then make the invitation."""
        email = None if input.email is None else _address(input.email)
        _check_life(input.expires_in)
        invited, known = await _sent(info, email)
        secret = secret_of(INVITATION, secrets.token_bytes(ENTROPY))
        management, now = await info.context.management(), info.context.now
        async with management.change() as connection:
            key = await invitations.create(
                connection,
                organisation_id=management.organisation_id,
                email=email,
                role=input.role,
                secret_hash=hash_of(secret),
                invited_by=subject_of(management.actor),
                expires_at=now + input.expires_in,
            )
        member = None
        if invited is not None:
            await invitations.accept(management.database, hash_of(secret), invited.issuer, invited.subject, now)
            place = member_key(management.organisation_id, invited.issuer, invited.subject)
            member = await one(info, Member, place)
        return InviteMemberPayload(
            invitation=await one(info, Invitation, key),
            secret=secret if invited is None else None,
            member=member,
            user_errors=[] if known is None else [user_error(known)],
        )

    @mutation(needs=Role.OWNER, description="Take an invitation back, unless it was accepted.")
    async def revoke_invitation(self, info: Info, input: ToRevoke) -> RevokeInvitationPayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "Invitation")
        management = await info.context.management()
        async with management.change() as connection:
            if not await invitations.revoke(connection, key):
                raise NotFoundError("There is no such invitation that waits; look at the list.", path=("id",))
        return RevokeInvitationPayload(invitation=await one(info, Invitation, key))

    @mutation(
        needs=Who.ANYBODY,
        description="Become a member by an invitation. Who is one already keeps the higher of both roles. Whether an "
        "invitation has expired, was used or never was, is told alike.",
    )
    async def accept_invitation(self, info: Info, input: ToAccept) -> AcceptInvitationPayload:
        """Use it up."""
        context = info.context
        joined = await invitations.accept(
            context.database,
            hash_of(input.secret.strip()),
            issuer_of(context.actor),
            subject_of(context.actor),
            context.now,
        )
        if joined is None:
            raise NotFoundError("This invitation is good no longer; ask for a new one.", path=("secret",))
        belongings = await context.belongings()
        membership = next(ViewerMembership.of(each) for each in belongings if each.organisation_id == joined)
        return AcceptInvitationPayload(membership=membership, acted_for=joined)


async def _sent(info: Info, email: str | None) -> tuple[User | None, ConflictError | None]:
    """Return who was sent an e-mail, or why nobody was although it was tried."""
    directory = info.context.directory
    if email is None or directory is None:
        return None, None
    try:
        return await directory.invite(email), None
    except ConflictError as known:
        return None, known


def _address(text: str) -> str:
    email = cleaned(text, "e-mail address", "email", longest=LONGEST_ADDRESS)
    name, at, host = email.rpartition("@")
    if not (name and at and host) or any(each.isspace() for each in email):
        raise InvalidInputError("This is no e-mail address; write one like name@company.example.", path=("email",))
    return email


def _check_life(expires_in: timedelta) -> None:
    if not SHORTEST_LIFE <= expires_in <= LONGEST_LIFE:
        raise InvalidInputError("An invitation lives from one minute to 90 days.", path=("expiresIn",))
