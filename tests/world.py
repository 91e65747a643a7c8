"""A small world for tests: two organisations, each with a site, a meter, a machine and some channels."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from twinql.domain.identity import User

ISSUER = "https://issuer.test"

_MAKE = """
with o as (insert into organisations (name) values ($1) returning id, number),
members as (
    insert into memberships (organisation_id, issuer, subject, role)
    select o.id, $2, lower($1) || '-' || lower(r::text), r
    from o cross join unnest(enum_range(null::membership_role)) as r
),
s as (
    insert into sites (organisation_id, name, time_zone) select id, $1 || ' site', $3 from o
    returning id, organisation_id
),
meter_asset as (
    insert into assets (organisation_id, site_id, kind, name)
    select organisation_id, id, 'METER', 'Main meter' from s returning id
),
machine_asset as (
    insert into assets (organisation_id, site_id, kind, name)
    select organisation_id, id, 'MACHINE', 'Mill' from s returning id
)
select o.id as organisation, o.number, s.id as site, meter_asset.id as meter, machine_asset.id as machine
from o, s, meter_asset, machine_asset
"""

_PARTICULARS = """
with m as (insert into meters (id, organisation_id, serial_number, commodity) values ($1, $3, 'M-1', 'ELECTRICITY'))
insert into machines (id, organisation_id, model) values ($2, $3, 'XR-5')
"""

_CHANNEL = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind,
    resolution_seconds, states, writable, schedule
)
values (
    $1, $2, $3, $4, $5, $5, $6::text::quantity, $7::text::unit, $8::text::reading_kind,
    $9, $10::text::jsonb, $11, $12
)
returning id
"""

STATES = '[{"code": 0, "label": "IDLE"}, {"code": 1, "label": "RUNNING"}]'
CHANNELS = {
    "energy": ("meter", "ENERGY", "KILOWATT_HOUR", "INTERVAL", 1800, None, False, False),
    "register": ("meter", "ENERGY", "KILOWATT_HOUR", "CUMULATIVE", 900, None, False, False),
    "temperature": ("machine", "TEMPERATURE", "DEGREE_CELSIUS", "INSTANTANEOUS", 60, None, False, False),
    "execution": ("machine", "STATE", "ONE", "STATE", None, STATES, False, False),
    "setpoint": ("machine", "ROTATIONAL_SPEED", "REVOLUTION_PER_MINUTE", "INSTANTANEOUS", None, None, True, False),
    "price": (None, "PRICE", "CURRENCY_PER_KILOWATT_HOUR", "INTERVAL", 1800, None, False, True),
}


@dataclass(frozen=True, slots=True)
class World:
    """The ids of one organisation's things."""

    organisation: UUID
    number: int
    site: UUID
    meter: UUID
    machine: UUID
    channels: dict[str, UUID]
    owner: User
    operator: User
    viewer: User


async def make_world(url: str, name: str = "Acme", *, time_zone: str = "Europe/Berlin") -> World:
    """Insert one organisation with members OWNER, OPERATOR and VIEWER, as the owner of the database would."""
    connection = await asyncpg.connect(url)
    try:
        ids = await connection.fetchrow(_MAKE, name, ISSUER, time_zone)
        await connection.execute(_PARTICULARS, ids["meter"], ids["machine"], ids["organisation"])
        channels = {}
        for key, (asset, *rest) in CHANNELS.items():
            place = ids[asset] if asset else None
            channels[key] = await connection.fetchval(
                _CHANNEL, ids["organisation"], ids["number"], ids["site"], place, key, *rest
            )
    finally:
        await connection.close()
    users = [User(ISSUER, f"{name.lower()}-{role}") for role in ("owner", "operator", "viewer")]
    return World(**dict(ids), channels=channels, owner=users[0], operator=users[1], viewer=users[2])
