"""A meter that is charged for a billing month that began some days ago, for tests of what happens now."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.charging import Billing
from twinql.domain.tariffs.terms import Band, Dynamic

HALF_HOUR = timedelta(minutes=30)
_EXCHANGE = """
insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
values ($1, $2, $3, 'EXCHANGE', $4, $5, 'test')
"""


def dynamic(channel):
    """Return the one band of a tariff whose prices a channel tells."""
    return Band("dynamic", dynamic=Dynamic(channel))


class Charged(Billing):
    """The meter of a site, billed by its half hours, and what happens to it by plain SQL."""

    def __init__(self, site):
        super().__init__(site.connection, site.world)
        self.site = site
        now = datetime.now(UTC)
        self.latest = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
        """Where the half hour ends that ended last."""

    async def begin(self):
        """Let billing months begin some days before now, whatever day it is."""
        day = (datetime.now(ZoneInfo("Europe/Berlin")) - timedelta(days=4)).day
        await self.pool.execute("update meters set billing_day = $1", min(day, 28))
        await self.pool.execute("select twinql.prepare_readings($1, $2)", self.latest - timedelta(days=99), self.latest)

    async def count(self, *values, channel="energy", back=0):
        """Insert half hours that end one after another, the last of them so many before the latest."""
        first = self.latest - HALF_HOUR * (len(values) - 1 + back)
        await self.write(channel, [(first + HALF_HOUR * place, value) for place, value in enumerate(values)])

    async def exchange(self, *, final, start, back):
        """Say that the register was exchanged, so many half hours before the latest."""
        at = self.latest - HALF_HOUR * back
        register = self.world.channels["register"]
        await self.pool.execute(_EXCHANGE, self.world.organisation, register, at, float(final), float(start))

    async def by_its_register(self):
        """Take the channel of half hours out of use: the register bills the meter."""
        await self.pool.execute("update channels set archived_at = now() where id = $1", self.world.channels["energy"])

    async def another(self, name, *, parent=None):
        """Make a meter at the site, billed alike; return it and its channel."""
        meter = await self.meter(name, parent=parent)
        await self.begin()
        return meter, await self.channel("energy", meter=meter)
