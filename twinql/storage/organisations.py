"""Writing organisations."""

from twinql.errors import ForbiddenError
from twinql.storage.managing import Management
from twinql.storage.statements import load


async def rename(management: Management, name: str) -> None:
    """Call an organisation something else.

    Raises:
        ForbiddenError: The actor is no OWNER there any more.
    """
    async with management.change() as connection:
        renamed = await connection.fetchval(load("organisations")["rename"], management.organisation_id, name)
    if renamed is None:
        raise ForbiddenError("You may not change this; ask an owner for the role OWNER.")
