"""A desk for tests of costs: makes tariffs, agreements, meters and readings straight in the tables."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import orjson

from twinql.domain.tariffs.terms import Band, Terms
from twinql.domain.tariffs.wire import to_json

_TARIFF = """
insert into tariffs (organisation_id, name, direction, currency, unit)
values ($1, $2, $3::text::flow_direction, $4, $5::text::unit)
returning id
"""
_REVISION = """
insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, terms)
values ($1, $2, $3, 'test', $4::text::jsonb)
returning id
"""
_AGREEMENT = """
insert into agreements (organisation_id, meter_id, tariff_id, valid_from, valid_until)
values ($1, $2, $3, $4, $5)
returning id
"""
_METER = """
with a as (
    insert into assets (organisation_id, site_id, parent_id, kind, name) values ($1, $2, $3, 'METER', $4) returning id
)
insert into meters (id, organisation_id, serial_number, commodity, calorific_value)
select id, $1, $4, $5::text::commodity, $6 from a
returning id
"""
_CHANNEL = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, direction, register,
    resolution_seconds
)
select
    id, number, $2, $3, $4, $4, $5::text::quantity, $6::text::unit, $7::text::reading_kind, $8::text::flow_direction,
    $9, $10
from organisations where id = $1
returning id
"""
_WRITE = """
insert into readings (channel_number, organisation_number, observed_at, value, quality)
select c.number, c.organisation_number, r.observed_at, nullif(r.value, 'NaN'), $4::text::reading_quality
from channels as c, unnest($2::timestamptz[], $3::float8[]) as r (observed_at, value)
where c.id = $1
"""


def at(text):
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ends(first, values, *, minutes=30):
    """Return (end, value) of intervals that follow each other from an instant on."""
    return [(first + timedelta(minutes=minutes * (place + 1)), value) for place, value in enumerate(values)]


class Billing:
    """What one organisation is billed by."""

    def __init__(self, pool, world):
        self.pool, self.world = pool, world

    async def tariff(self, *bands, name="Flat", direction="IMPORT", currency="EUR", unit="KILOWATT_HOUR", **terms):
        """Make a tariff with one revision, which has held since 2020."""
        tariff = await self.pool.fetchval(_TARIFF, self.world.organisation, name, direction, currency, unit)
        await self.revise(tariff, *bands, **terms)
        return tariff

    async def revise(self, tariff, *bands, valid_from=date(2020, 1, 1), **terms):
        """Say anew what a tariff says from a day on."""
        written = orjson.dumps(to_json(Terms(bands=list(bands), **terms))).decode()
        return await self.pool.fetchval(_REVISION, self.world.organisation, tariff, valid_from, written)

    async def agree(self, tariff, *, meter=None, first=None, last=None):
        """Have a meter charged by a tariff."""
        return await self.pool.fetchval(
            _AGREEMENT, self.world.organisation, meter or self.world.meter, tariff, first, last
        )

    async def meter(self, name, *, commodity="ELECTRICITY", parent=None, calorific_value=None):
        """Make a meter."""
        organisation, site = self.world.organisation, self.world.site
        return await self.pool.fetchval(_METER, organisation, site, parent, name, commodity, calorific_value)

    async def channel(
        self,
        key,
        *,
        meter,
        quantity="ENERGY",
        unit="KILOWATT_HOUR",
        kind="INTERVAL",
        direction="IMPORT",
        register=None,
        resolution_s=1800,
    ):
        """Make a channel of a meter, or of the site itself where `meter` is None."""
        return await self.pool.fetchval(
            _CHANNEL,
            *(self.world.organisation, self.world.site, meter, key),
            *(quantity, unit, kind, direction, register, resolution_s),
        )

    async def write(self, channel, rows, *, quality="GOOD"):
        """Insert readings (instant, value) of a channel, by its id or its key in the world."""
        instants = [instant for instant, _ in rows]
        values = [np.nan if value is None else float(value) for _, value in rows]
        await self.pool.execute(_WRITE, self.world.channels.get(channel, channel), instants, values, quality)

    async def now(self):
        """Return what the database's clock shows."""
        return await self.pool.fetchval("select clock_timestamp()")


def flat(price, name="all"):
    """Return the one band of a flat tariff."""
    return Band(name, price=price)
