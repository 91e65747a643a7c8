"""What the login of a database may do."""

from twinql.storage.migrations.session import connected
from twinql.storage.statements import load


async def passes_by_policies(url: str) -> bool:
    """Whether the login of an address is held by no row-level security: a superuser, or one with BYPASSRLS.

    Raises:
        TwinError: The database is out of reach, or refuses the login.
    """
    async with connected(url) as connection:
        return bool(await connection.fetchval(load("login")["passes_by_policies"]))
