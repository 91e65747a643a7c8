"""What Supabase Realtime sends besides what the migrations say."""

from twinql.storage.migrations.session import connected
from twinql.storage.statements import load


async def publish_readings(url: str, *, wanted: bool) -> bool:
    """Put raw readings on Supabase Realtime or take them off, and tell whether they are on.

    Where there is no publication `supabase_realtime`, nothing is done.

    Raises:
        TwinError: The database is out of reach, or its user may not change the publication.
    """
    async with connected(url) as connection:
        return bool(await connection.fetchval(load("publication")["publish_readings"], wanted))
