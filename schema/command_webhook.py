"""Where the commands to the channels of a device are sent."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

import strawberry

from schema.changes import written
from schema.declared import column, hidden, to_one
from schema.node import Node
from schema.payload import Payload
from twinql.domain.webhooks import LONGEST_SECRET, SHORTEST_SECRET
from twinql.storage.read import Table
from twinql.storage.read.entity import COMMAND_WEBHOOKS

if TYPE_CHECKING:
    from schema.api_key import ApiKey

_ADDRESS = "A web address with https://"
_SECRET = (
    f"{SHORTEST_SECRET} to {LONGEST_SECRET} characters made up by you, with which its requests are signed; told to "
    "nobody"
)


@strawberry.type(
    description="A web address to which the commands to the channels of a device are sent, signed, and again until it "
    "answers or the command expires. Only OWNERs see it. The secret is told to nobody."
)
class CommandWebhook(Node):
    """A webhook for commands."""

    table: ClassVar[Table] = COMMAND_WEBHOOKS
    row_id: strawberry.Private[UUID] = hidden("id")
    api_key_id: strawberry.Private[UUID] = hidden()
    address: str = column(description="The web address.")
    enabled: bool = column(description="Whether commands are sent there at all; otherwise the device fetches them.")
    created_at: datetime = column(description="When it was made.")
    last_attempt_at: datetime | None = column(description="When a command was last sent there; null for never.")
    last_error: str | None = column(description="What went wrong then, in a sentence; null where it was taken.")
    api_key: Annotated["ApiKey", strawberry.lazy("schema.api_key")] | None = to_one(
        "schema.api_key:ApiKey", "api_key_id", description="The key of the device."
    )


@strawberry.input(description="A web address to which commands are to be sent.")
class CreateCommandWebhookInput:
    """What is laid down."""

    api_key_id: strawberry.ID = strawberry.field(
        description="The key of the device: commands to its channels are sent, and it reports with it. One webhook a "
        "key."
    )
    address: str = strawberry.field(description=f"{_ADDRESS}.")
    secret: str = strawberry.field(description=f"{_SECRET}.")
    enabled: bool = strawberry.field(default=True, description="Whether commands are sent there at all.")


@strawberry.input(description="Changes of where commands are sent; what is left out stays as it is.")
class UpdateCommandWebhookInput:
    """What is laid down differently."""

    id: strawberry.ID = strawberry.field(description="The webhook.")
    address: str | None = strawberry.field(default=strawberry.UNSET, description=f"{_ADDRESS}; cannot be null.")
    secret: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_SECRET}. Left out, it stays; it cannot be null."
    )
    enabled: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether commands are sent there at all; cannot be null."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written."""
        return written(self, leave=("id",), never_null=("address", "secret", "enabled"))


@strawberry.type(description="What became of a webhook to be made.")
class CreateCommandWebhookPayload(Payload):
    """The outcome of `createCommandWebhook`."""

    command_webhook: CommandWebhook | None = strawberry.field(
        default=None, description="The new webhook; null where the input was not taken."
    )


@strawberry.type(description="What became of a webhook to be changed.")
class UpdateCommandWebhookPayload(Payload):
    """The outcome of `updateCommandWebhook`."""

    command_webhook: CommandWebhook | None = strawberry.field(
        default=None, description="The webhook as it is now; null where the input was not taken."
    )
