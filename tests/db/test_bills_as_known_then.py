"""A bill that was shown at a time is shown again as of that time, whatever was put right since."""

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from tests.charging import Billing, at
from twinql.domain.metering.intervals import Fill, RegisterEventType
from twinql.domain.metering.statements import RegisterStatement
from twinql.domain.series import Bucket
from twinql.domain.tariffs.terms import Band, Dynamic
from twinql.domain.tariffs.wish import CostWish
from twinql.errors import TwinError
from twinql.storage.agreements import change_agreement, create_agreement, remove_agreement
from twinql.storage.consumption import ConsumptionWish, consumption_of
from twinql.storage.costs import costs_of
from twinql.storage.managing import Management
from twinql.storage.register_events import record_event, retract_event
from twinql.storage.tariffs import withdraw_revision

FIRST, LAST = at("2026-03-01T00:00:00"), at("2026-03-05T00:00:00")
HOURS = [FIRST + timedelta(hours=each) for each in range(-6, 103, 6)]
DAYS = [None, date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)]
CHANGE = {
    "value": "update readings set value = $3, recorded_at = now() where channel_number = $1 and observed_at = $2",
    "delete": "delete from readings where channel_number = $1 and observed_at = $2 and $3::float8 is not null",
}


class Books:
    """Does one thing after the other to a meter's readings, registers, tariffs and agreements."""

    def __init__(self, charts, seed):
        self.charts, self.rng = charts, random.Random(seed)
        self.desk = Billing(charts.database.pool, charts.world)
        self.owner = Management(charts.database, charts.world.owner, charts.world.organisation)
        self.events, self.revisions, self.agreements = [], [], []

    async def open(self):
        """Make a meter with a register, read four times a day, and two tariffs; one takes its price of a channel."""
        self.meter = await self.desk.meter("House")
        self.register = await self.desk.channel("import", meter=self.meter, kind="CUMULATIVE", resolution_s=6 * 3600)
        prices = {"quantity": "PRICE", "unit": "CURRENCY_PER_KILOWATT_HOUR", "direction": None}
        self.price = await self.desk.channel("day_ahead", meter=None, resolution_s=6 * 3600, **prices)
        await self.desk.write(self.register, [(each, 100 + place) for place, each in enumerate(HOURS)])
        await self.desk.write(self.price, [(each, 0.25) for each in HOURS])
        self.tariffs = [
            await self.desk.tariff(Band("all", price=Decimal("0.30")), name="Flat"),
            await self.desk.tariff(Band("all", dynamic=Dynamic(self.price)), name="Dynamic"),
        ]
        self.agreements = [
            await self.desk.agree(self.tariffs[0], meter=self.meter, last=date(2026, 3, 3)),
            await self.desk.agree(self.tariffs[1], meter=self.meter, first=date(2026, 3, 3)),
        ]

    async def step(self):
        """Do one thing that can be done, and return the time after it."""
        while True:
            doing = [self.put_right, self.say, self.revise, self.agree]
            doing += [self.retract] * bool(self.events) + [self.withdraw] * bool(self.revisions)
            doing += [self.part] * (len(self.agreements) > 1)
            try:
                await self.rng.choice(doing)()
            except TwinError:  # it contradicts what is there
                continue
            return await self.desk.now()

    async def put_right(self):
        """Change or delete a reading of the register or the price."""
        channel, value = self.rng.choice([(self.register, 100 + self.rng.randrange(40) / 2), (self.price, 0.125)])
        pool = self.charts.database.pool
        number = await pool.fetchval("select number from channels where id = $1", channel)
        how = CHANGE[self.rng.choice(["value", "value", "delete"])]
        await pool.execute(how, number, self.rng.choice(HOURS), value)

    async def say(self):
        """Say that the register was exchanged."""
        instant = self.rng.choice(HOURS) + timedelta(hours=self.rng.choice((0, 2)))
        final = 100.0 + self.rng.randrange(40)
        said = RegisterStatement(at=instant, type=RegisterEventType.EXCHANGE, final=final, start=0.0)
        world = self.charts.world
        event = await record_event(
            self.charts.database, world.operator, world.organisation, self.register, said, now=self.charts.now
        )
        self.events.append(event)

    async def retract(self):
        """Take back what was said of the register."""
        event, world = self.events.pop(self.rng.randrange(len(self.events))), self.charts.world
        await retract_event(self.charts.database, world.operator, world.organisation, event)

    async def revise(self):
        """Put a price right, of the past too."""
        price, day = Decimal(self.rng.randrange(-5, 60)) / 100, self.rng.choice(DAYS[1:])
        self.revisions.append(await self.desk.revise(self.tariffs[0], Band("all", price=price), valid_from=day))

    async def withdraw(self):
        """Take a price back."""
        await withdraw_revision(self.owner, self.revisions.pop())

    async def agree(self):
        """Have the meter charged by one of the tariffs for some days."""
        first, last = self.rng.choice(DAYS), self.rng.choice([None, date(2026, 3, 4)])
        self.agreements.append(
            await create_agreement(
                self.owner,
                meter_id=self.meter,
                tariff_id=self.rng.choice(self.tariffs),
                valid_from=first,
                valid_until=last,
            )
        )

    async def part(self):
        """Change the days of an agreement, or remove it."""
        place = self.rng.randrange(len(self.agreements))
        if self.rng.random() < 0.5:
            await remove_agreement(self.owner, self.agreements.pop(place))
        else:
            await change_agreement(self.owner, self.agreements[place], {"valid_from": self.rng.choice(DAYS)})

    async def shown(self, as_of=None):
        """Return what the meter consumed and cost, in all and on one day."""
        told = []
        for (first, last), fill in product([(FIRST, LAST), (HOURS[7], HOURS[11])], Fill):
            wish = CostWish(first, last, self.charts.now, fill, as_of=as_of)
            [costed] = await costs_of(self.charts.reading, wish, [self.meter])
            told.append(str(costed) if isinstance(costed, TwinError) else costed and costed.cost)
        async with self.charts.reading() as connection:
            wish = ConsumptionWish(FIRST, LAST, Bucket.DAY, fill=Fill.LINEAR, as_of=as_of)
            [consumed] = await consumption_of(connection, wish, [self.meter])
        return told, consumed.series.values.tolist(), consumed.series.quality.tolist()


@pytest.mark.parametrize("seed", range(3))
async def test_what_was_charged_then_is_charged_as_of_then(charts, seed):
    books = Books(charts, seed)
    before = await books.desk.now()
    await books.open()
    shown = [(await books.desk.now(), await books.shown())]
    shown += [(await books.step(), await books.shown()) for _ in range(20)]
    for instant, told in shown:
        assert repr(await books.shown(instant)) == repr(told)
    costs, *_ = await books.shown(before)
    assert set(costs) == {None}
    assert len({repr(told) for _, told in shown}) > len(shown) // 3
