"""API keys: how devices are known."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import strawberry

from schema.channel import Channel
from schema.command_webhook import CommandWebhook
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, listed, to_one
from schema.described import publish
from schema.lists import ChannelConnection
from schema.node import Node
from schema.payload import Payload
from twinql.domain.device_messages import DeviceAvailability
from twinql.storage.read import PageRequest, Question, Table
from twinql.storage.read.entity import API_KEYS, BY_CREATION_DESCENDING, BY_KEY, CHANNELS_OF_API_KEYS

publish(
    DeviceAvailability,
    "Whether a device is there.",
    ONLINE="It is connected.",
    OFFLINE="It has left, or its connection was lost.",
)

MOST_CHANNELS = 1_000
SHORTEST_LIFE = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=3650)


@strawberry.type(
    description="How a device is known: it records readings of its channels and reports on their commands."
)
class ApiKey(Node):
    """An API key."""

    table: ClassVar[Table] = API_KEYS
    row_id: strawberry.Private[UUID] = hidden("id")
    name: str = column(description="What people call it.")
    prefix: str = column(description="How the key begins, to tell which one a device holds.")
    created_at: datetime = column(description="When it was made.")
    created_by: str = column(description="Who made it: the subject of the token.")
    expires_at: datetime | None = column(description="From then on it is refused; null where it never ends by itself.")
    revoked_at: datetime | None = column(description="When it was taken back; null while it is good.")
    last_used_at: datetime | None = column(description="When it was last used, to within a minute; null for never.")
    webhook_id: strawberry.Private[UUID | None] = hidden(
        "(select w.id from command_webhooks as w where w.api_key_id = api_keys.id)"
    )
    command_webhook: CommandWebhook | None = to_one(
        "schema.command_webhook:CommandWebhook",
        "webhook_id",
        description="Where the commands to its channels are sent; null where the device fetches them.",
    )

    availability: DeviceAvailability | None = column(
        description="Whether the device is there, as it says by MQTT, or its broker for it; null where it never said."
    )
    availability_at: datetime | None = column(description="Since when that is so; null where it never said.")

    @listed("row_id", graphql_type=ChannelConnection, description="The channels that it is for, by key.")
    def channels(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        entity = replace(entity_of(Channel), name="ChannelOfApiKey", table=CHANNELS_OF_API_KEYS)
        page = page_of(first, after, last, before)
        return Asked(Channel, Question(entity, BY_KEY, page, parent="api_key_id"))


def api_keys_asked(page: PageRequest) -> Asked:
    """Return the question for the API keys of an organisation, newest first."""
    return Asked(ApiKey, Question(entity_of(ApiKey), BY_CREATION_DESCENDING, page, parent="organisation_id"))


@strawberry.input(description="A new API key for a device.")
class CreateApiKeyInput:
    """What it is for."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    channel_ids: list[strawberry.ID] = strawberry.field(
        description="The channels that it is for, 1 to 1,000: nothing else is open to it."
    )
    expires_in: timedelta | None = strawberry.field(
        default=None, description="How long it is good, from a minute to 3,650 days; null: until it is revoked."
    )


@strawberry.input(description="An API key to be taken back.")
class RevokeApiKeyInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The API key.")


@strawberry.type(description="What became of an API key to be made.")
class CreateApiKeyPayload(Payload):
    """The outcome of `createApiKey`."""

    api_key: ApiKey | None = strawberry.field(
        default=None, description="The API key; null where the input was not taken."
    )
    secret: str | None = strawberry.field(
        default=None,
        description="What the device sends as its bearer token: shown now and never again. Null where the input was "
        "not taken.",
    )


@strawberry.type(description="What became of an API key to be taken back.")
class RevokeApiKeyPayload(Payload):
    """The outcome of `revokeApiKey`."""

    api_key: ApiKey | None = strawberry.field(
        default=None, description="The API key as it is now; null where the input was not taken."
    )
