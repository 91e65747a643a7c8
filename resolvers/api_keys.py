"""API keys: making them and taking them back."""

import secrets
from typing import Annotated

import strawberry

from schema.api_key import (
    LONGEST_LIFE,
    MOST_CHANNELS,
    SHORTEST_LIFE,
    ApiKey,
    CreateApiKeyInput,
    CreateApiKeyPayload,
    RevokeApiKeyInput,
    RevokeApiKeyPayload,
)
from schema.changes import needed_key_at
from schema.declared import one
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.identity import subject_of
from twinql.domain.membership import Role
from twinql.domain.secrets import API_KEY, ENTROPY, hash_of, prefix_of, secret_of
from twinql.domain.wording import cleaned
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage.api_keys import create_key, revoke_key

ToCreate = Annotated[CreateApiKeyInput, strawberry.argument(description="The new API key.")]
ToRevoke = Annotated[RevokeApiKeyInput, strawberry.argument(description="The API key.")]


@strawberry.type
class ApiKeyMutation:
    """Root fields about API keys."""

    @mutation(
        needs=Role.OWNER,
        description="Make an API key for a device: it records readings of these channels, reports on their commands, "
        "and sees nothing else.",
    )
    async def create_api_key(self, info: Info, input: ToCreate) -> CreateApiKeyPayload:
        """Make it, and show its secret this once."""
        _check(input)
        name = cleaned(input.name, "name", "name")
        channels = [needed_key_at(each, "channelIds", "Channel") for each in input.channel_ids]
        secret = secret_of(API_KEY, secrets.token_bytes(ENTROPY))
        management = await info.context.management()
        async with management.change() as connection:
            key = await create_key(
                connection,
                organisation_id=management.organisation_id,
                name=name,
                channels=channels,
                hash=hash_of(secret),
                prefix=prefix_of(secret),
                expires_at=None if input.expires_in is None else info.context.now + input.expires_in,
                created_by=subject_of(management.actor),
            )
        return CreateApiKeyPayload(api_key=await one(info, ApiKey, key), secret=secret)

    @mutation(
        needs=Role.OWNER,
        description="Take an API key back at once, feeds that run included. Nothing changes where it was already.",
    )
    async def revoke_api_key(self, info: Info, input: ToRevoke) -> RevokeApiKeyPayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "ApiKey")
        management = await info.context.management()
        async with management.change() as connection:
            if not await revoke_key(connection, key):
                raise NotFoundError("There is no such API key; look at the list.", path=("id",))
        return RevokeApiKeyPayload(api_key=await one(info, ApiKey, key))


def _check(given: CreateApiKeyInput) -> None:
    if not 1 <= len(given.channel_ids) <= MOST_CHANNELS:
        raise InvalidInputError(f"An API key is for 1 to {MOST_CHANNELS:,} channels.", path=("channelIds",))
    if given.expires_in is not None and not SHORTEST_LIFE <= given.expires_in <= LONGEST_LIFE:
        raise InvalidInputError("An API key lives from one minute to 3,650 days.", path=("expiresIn",))
