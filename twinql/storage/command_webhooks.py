"""Writing where the commands to devices are sent."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from twinql.domain.webhooks import check_webhook, check_webhook_secret
from twinql.errors import NotFoundError
from twinql.storage.managing import Management
from twinql.storage.statements import load

SETTING: Final = "COMMAND_WEBHOOKS_PRIVATE"


async def create_command_webhook(
    management: Management, api_key_id: UUID, address: str, secret: str, *, enabled: bool, allow_private: bool
) -> UUID:
    """Have the commands to the channels of a key sent to an address.

    Raises:
        InvalidInputError: It cannot work; the path says what.
        NotFoundError: There is no such key.
        ConflictError: The key has a webhook.
    """
    address = address.strip()
    check_webhook(address, allow_private=allow_private, setting=SETTING)
    check_webhook_secret(secret)
    async with management.change() as connection:
        values = (management.organisation_id, api_key_id, address, secret, enabled)
        return UUID(str(await connection.fetchval(load("command_webhooks")["insert"], *values)))


async def update_command_webhook(
    management: Management, webhook_id: UUID, changes: Mapping[str, Any], *, allow_private: bool
) -> None:
    """Change a webhook.

    Args:
        management: Who changes it.
        webhook_id: The webhook.
        changes: New values of `address`, `secret` and `enabled`; what is left out stays.
        allow_private: Whether it may be in networks that are not public.

    Raises:
        InvalidInputError: It cannot work; the path says what.
        NotFoundError: There is none that the actor may see.
    """
    address = changes["address"].strip() if "address" in changes else None
    if address is not None:
        check_webhook(address, allow_private=allow_private, setting=SETTING)
    if "secret" in changes:
        check_webhook_secret(changes["secret"])
    async with management.change() as connection:
        values = (webhook_id, address, changes.get("enabled"))
        if await connection.fetchval(load("command_webhooks")["update"], *values) is None:
            message = "There is no webhook for commands with this id that you may see; look at `apiKeys`."
            raise NotFoundError(message, path=("id",))
        if "secret" in changes:
            await connection.execute(load("command_webhooks")["set_secret"], webhook_id, changes["secret"])
