"""Changes of where the commands to devices are sent."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.command_webhook import (
    CommandWebhook,
    CreateCommandWebhookInput,
    CreateCommandWebhookPayload,
    UpdateCommandWebhookInput,
    UpdateCommandWebhookPayload,
)
from schema.declared import one
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage import command_webhooks as storage

ToCreate = Annotated[CreateCommandWebhookInput, strawberry.argument(description="The new webhook.")]
ToUpdate = Annotated[UpdateCommandWebhookInput, strawberry.argument(description="The webhook, and what changes.")]


@strawberry.type
class CommandWebhookMutation:
    """Root fields that change where commands are sent."""

    @mutation(
        needs=Role.OWNER,
        description="Have the commands to the channels of a device sent to a web address, signed, from now on.",
    )
    async def create_command_webhook(self, info: Info, input: ToCreate) -> CreateCommandWebhookPayload:
        """Make it."""
        key = await storage.create_command_webhook(
            await info.context.management(),
            needed_key_at(input.api_key_id, "apiKeyId", "ApiKey"),
            input.address,
            input.secret,
            enabled=input.enabled,
            allow_private=info.context.command_webhooks_private,
        )
        return CreateCommandWebhookPayload(command_webhook=await one(info, CommandWebhook, key))

    @mutation(
        needs=Role.OWNER,
        description="Change where commands are sent, and with which secret, from now on; or have them sent no more.",
    )
    async def update_command_webhook(self, info: Info, input: ToUpdate) -> UpdateCommandWebhookPayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "CommandWebhook")
        private = info.context.command_webhooks_private
        await storage.update_command_webhook(
            await info.context.management(), key, input.changes(), allow_private=private
        )
        return UpdateCommandWebhookPayload(command_webhook=await one(info, CommandWebhook, key))
