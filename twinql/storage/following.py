"""What a caller may follow: row-level security decides, once, when they begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from twinql.domain.events import Following
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Visible:
    """Those that the actor may see.

    Attributes:
        numbers: The channels, by the numbers under which readings name them.
        channels: The same, by their ids.
        assets: Assets.
        sites: Sites.
    """

    numbers: frozenset[int]
    channels: frozenset[UUID]
    assets: frozenset[UUID]
    sites: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class CostFollowed:
    """A meter whose cost is followed.

    Attributes:
        id: The meter.
        billing_day: The day of the month with which its billing month begins.
        time_zone: The IANA zone of its site.
        numbers: The channels on which its cost depends: what counts, prices of its tariffs, carbon intensity.
    """

    id: UUID
    billing_day: int
    time_zone: str
    numbers: Sequence[int]


async def visible(
    connection: Connection, *, channels: Sequence[UUID], assets: Sequence[UUID], sites: Sequence[UUID]
) -> Visible:
    """Return which of these the actor may see."""
    row = await connection.fetchrow(load("following")["visible"], channels, assets, sites)
    assert row is not None
    return Visible(*(frozenset(row[name]) for name in ("numbers", "channels", "assets", "sites")))


async def channels_in_use(connection: Connection, following: Following) -> list[int]:
    """Return the numbers of the channels that are followed now and not archived."""
    numbers, assets, sites = (list(each) for each in (following.channels, following.assets, following.sites))
    rows = await connection.fetch(load("following")["channels_in_use"], numbers, assets, sites, following.everything)
    return [row["number"] for row in rows]


async def costs_followed(
    connection: Connection, *, meters: Sequence[UUID], sites: Sequence[UUID], everything: bool
) -> list[CostFollowed]:
    """Return the meters that are named and those whose costs add up to those of sites, as they are now, by name."""
    rows = await connection.fetch(load("following")["costs"], meters, sites, everything)
    return [CostFollowed(**row) for row in rows]
