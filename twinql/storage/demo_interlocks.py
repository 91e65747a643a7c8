"""The demo site's interlocks: what commands to its actuators must pass."""

from collections.abc import Iterable
from uuid import UUID

from twinql.domain.blueprint import InterlockBlueprint
from twinql.domain.interlocks.definition import InterlockDefinition
from twinql.domain.interlocks.verdict import InterlockKind
from twinql.storage.database import Connection
from twinql.storage.interlock_changes import insert_interlock
from twinql.storage.statements import load

_BY = "simulator"


async def make_interlocks(
    connection: Connection, organisation_id: UUID, site_id: UUID, interlocks: Iterable[InterlockBlueprint]
) -> None:
    """Make interlocks of a site's channels, all of which are there already."""
    rows = await connection.fetch(load("demo")["asset_channels"], site_id)
    channels = {(row["external_id"], row["key"]): row["id"] for row in rows}
    for each in interlocks:
        other = None if each.other_asset is None else channels[each.other_asset, each.other_channel]
        said = InterlockDefinition(name=each.name, kind=InterlockKind[each.kind], **each.numbers)  # type: ignore[arg-type]
        checked = said.checked(beside=other is not None)
        await insert_interlock(connection, organisation_id, checked, channels[each.asset, each.channel], other, by=_BY)
