"""What is followed: an organisation whose channels are written to with plain SQL, an event for each statement."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Self
from uuid import UUID

from benchmarks.against.data import ISSUER
from twinql.domain.global_id import encode

ORGANISATION = "Feed"
SENSORS, MANY = 10, 1_000
"""Channels of the site that dashboards show, and of the plant where each follower has a channel of its own."""
DOCUMENT = """
subscription Readings($filter: ReadingFilter!, $maxBatch: Int!, $after: Cursor) {
    readingsRecorded(filter: $filter, maxBatch: $maxBatch, after: $after) {
        cursor caughtUp gap { reason } readings { observedAt value quality channel { id } }
    }
}
"""
_START = datetime(2026, 6, 1, tzinfo=UTC)
_WORLD = """
with o as (insert into organisations (name) values ($1) returning id, number),
member as (
    insert into memberships (organisation_id, issuer, subject, role)
    select id, $2, lower($1), 'OPERATOR' from o
),
s as (
    insert into sites (organisation_id, name, time_zone) select o.id, site, 'UTC' from o, unnest($3::text[]) as site
    returning id, name
)
insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
select o.id, o.number, s.id, 'c' || i, 'Channel ' || i, 'POWER', 'KILOWATT', 'INSTANTANEOUS'
from o, s, generate_series(1, case s.name when $3[1] then $4::int4 else $5::int4 end) as i
"""
_CHANNELS = """
select c.id, c.number, c.organisation_number, c.site_id from channels as c join sites as s on s.id = c.site_id
where s.name = $1 order by c.number
"""
_WRITE = """
insert into readings (observed_at, value, channel_number, organisation_number)
select $1::timestamptz + n * interval '1 second', 21.5 + n % 7, number, $3
from unnest($2::int4[]) as number, generate_series(0, $4::int4 - 1) as n
"""


class World:
    """The channels, and a pen."""

    def __init__(self, owner: Any, sensors: Sequence[Any], many: Sequence[Any]) -> None:
        """Write over a connection of the owner."""
        self.owner = owner
        self.sensors = [row["number"] for row in sensors]
        self.many = [row["number"] for row in many]
        self.ids = {row["number"]: encode("Channel", row["id"]) for row in (*sensors, *many)}
        self._organisation: int = sensors[0]["organisation_number"]
        self._site: UUID = sensors[0]["site_id"]
        self._now = _START

    @classmethod
    async def make(cls, owner: Any) -> Self:
        """Make it in a database that was migrated."""
        await owner.execute(_WORLD, ORGANISATION, ISSUER, ["Dashboard", "Plant"], SENSORS, MANY)
        await owner.execute("select twinql.prepare_readings($1, $2)", _START, _START + timedelta(days=60))
        await owner.execute("vacuum (analyze) organisations, memberships, sites, channels")
        return cls(owner, await owner.fetch(_CHANNELS, "Dashboard"), await owner.fetch(_CHANNELS, "Plant"))

    def dashboard(self, *, after: str | None = None, most: int = SENSORS) -> dict[str, Any]:
        """Return the variables that follow the first site."""
        return {"filter": {"siteIds": [encode("Site", self._site)]}, "maxBatch": most, "after": after}

    def one_of_many(self, place: int) -> dict[str, Any]:
        """Return the variables that follow one channel of the second site."""
        return {"filter": {"channelIds": [self.ids[self.many[place]]]}, "maxBatch": 1}

    def instant(self, seconds: int = 1) -> datetime:
        """Return an instant at which nothing was written yet, nor for so long after it."""
        now, self._now = self._now, self._now + timedelta(seconds=seconds)
        return now

    async def write(self, events: int, *, each: int = 1, channels: Sequence[int] | None = None) -> float:
        """Write events in one transaction, with so many readings of each channel, and return when it was committed.

        Returns:
            The moment before COMMIT was sent, by `perf_counter`.
        """
        numbers = list(channels or self.sensors)
        rows = [(self.instant(each), numbers, self._organisation, each) for _ in range(events)]
        transaction = self.owner.transaction()
        await transaction.start()
        await self.owner.executemany(_WRITE, rows)
        committed = perf_counter()
        await transaction.commit()
        return committed
