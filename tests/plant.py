"""What tests of forecasts, decisions and commands share: a machine whose readings and clock are in the test's hands."""

from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg

from tests.world import make_world
from twinql.domain.command_reports import DeviceReport
from twinql.domain.commands import CommandStatus
from twinql.domain.identity import Worker
from twinql.domain.orders import Order
from twinql.storage.commands import issue
from twinql.storage.database import Database
from twinql.storage.device_reports import take_report

LATHE = Worker("lathe")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

CLOCK = "create or replace function twinql.present() returns timestamptz language sql as 'select null::timestamptz'"
"""The test's clock is not the database's, which then says nothing of what is in time."""
_RECORD = """
insert into readings (observed_at, value, channel_number, organisation_number)
select $1::timestamptz + place * $2::interval, value, c.number, c.organisation_number
from unnest($3::float8[]) with ordinality as given (value, place), channels as c
where c.id = $4
"""


class Plant:
    """One organisation's machine: `setpoint` takes 0 to 12,000, `temperature` has the limits 5 and 65 and 75."""

    def __init__(self, url, world, database):
        self.url, self.world, self.database, self.now = url, world, database, NOON

    def clock(self):
        return self.now

    def wait(self, **span):
        self.now += timedelta(**span)

    async def sql(self, statement, *arguments):
        async with self.database.pool.acquire() as connection:
            return await connection.fetch(statement, *arguments)

    @asynccontextmanager
    async def overhearing(self):
        """Collect what reaches the database for TwinQL's own work meanwhile, but for what frames each question."""
        asked = []
        pool = self.database.pool

        def hear(each):
            if (
                not each.query.startswith(("BEGIN", "COMMIT", "SELECT pg_", "WITH RECURSIVE typeinfo"))
                and "set_config" not in each.query
            ):
                asked.append(each.query.strip())

        async with AsyncExitStack() as held:
            for connection in [await held.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())]:
                connection.add_query_logger(hear)
        yield asked

    async def record(self, key, values, *, step_s=60, until=None):
        """Record values that end at an instant, by default now."""
        last = until or self.now
        step = timedelta(seconds=step_s)
        await self.sql(
            _RECORD, last - len(values) * step, step, [float(value) for value in values], self.world.channels[key]
        )

    async def issue(self, key="setpoint", *, actor=None, dry_run=False, **order):
        wanted = {"idempotency_key": "first", "expires_in": timedelta(minutes=5)} | order
        if "action" not in wanted:
            wanted.setdefault("desired", 6000.0)
        order = Order(channel_id=self.world.channels[key], **wanted)
        return await issue(self.database, actor or self.world.operator, order, now=self.now, dry_run=dry_run)

    async def report(self, command_id, status, *, device=LATHE):
        """Say as a device what became of a command."""
        report = DeviceReport(command_id, CommandStatus(status))
        async with self.database.transaction(Worker("test")) as connection:
            return await take_report(connection, report, device=device, now=self.now)

    async def life(self, command_id):
        """The statuses of a command, in order."""
        rows = await self.sql(
            "select status::text from command_transitions where command_id = $1 order by sequence", command_id
        )
        return [row["status"] for row in rows]

    @classmethod
    @asynccontextmanager
    async def open(cls, url):
        world = await make_world(url)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(CLOCK)
            await connection.execute("select twinql.prepare_readings($1::timestamptz - interval '60 days', $1)", NOON)
            await connection.execute(
                "update channels set plausible_minimum = 0, plausible_maximum = 12000 where id = $1",
                world.channels["setpoint"],
            )
            await connection.execute(
                "update channels set limit_low = 5, limit_high = 65, limit_high_high = 75 where id = $1",
                world.channels["temperature"],
            )
        finally:
            await connection.close()
        async with Database.open(url, pool_size=4) as database:
            plant = cls(url, world, database)
            await plant.record("setpoint", [9000.0])
            yield plant
