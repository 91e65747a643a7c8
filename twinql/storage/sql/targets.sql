-- name: organisations
-- No arguments.
-- Every organisation, oldest first.
select id, number, name from organisations order by number;

-- name: sites
-- $1 organisation_id uuid
-- The sites in use, oldest first.
select id, name, time_zone from sites where organisation_id = $1::uuid and archived_at is null order by created_at, id;

-- name: assets
-- $1 organisation_id uuid, $2 names text[]
-- The assets in use that somebody calls by one of these names: a serial number, an external id or the name itself.
select a.id, a.site_id, a.kind::text, a.name, a.external_id, m.serial_number
from assets as a
left join meters as m on m.id = a.id
where a.organisation_id = $1::uuid
    and a.archived_at is null
    and (m.serial_number = any($2::text[]) or a.name = any($2::text[]) or a.external_id = any($2::text[]))
order by a.created_at, a.id;

-- name: channels
-- $1 organisation_id uuid, $2 asset_ids uuid[], $3 site_ids uuid[], $4 channel_ids uuid[]
-- The channels of these assets, those of these sites themselves, and those with these ids.
select c.id, c.asset_id, c.site_id, c.name, s.name as site,
    case when a.id is null then '' else lower(a.kind::text) || ' ' || coalesce(m.serial_number, a.name) end as owner
from channels as c
join sites as s on s.id = c.site_id
left join assets as a on a.id = c.asset_id
left join meters as m on m.id = c.asset_id
where c.organisation_id = $1::uuid
    and (c.asset_id = any($2::uuid[]) or (c.asset_id is null and c.site_id = any($3::uuid[])) or c.id = any($4::uuid[]))
order by c.number;

-- name: make_site
-- $1 organisation_id uuid, $2 name text, $3 time_zone text
-- A site that files need and nobody made yet.
insert into sites (organisation_id, name, time_zone) values ($1::uuid, $2::text, $3::text) returning id;

-- name: make_meter
-- $1 organisation_id uuid, $2 site_id uuid, $3 name text, $4 serial_number text, $5 commodity text
-- A meter together with its asset.
with made as (
    insert into assets (organisation_id, site_id, kind, name) values ($1::uuid, $2::uuid, 'METER', $3::text) returning id
)
insert into meters (id, organisation_id, serial_number, commodity)
select id, $1::uuid, $4::text, ($5::text)::commodity from made
returning id;

-- name: make_machine
-- $1 organisation_id uuid, $2 site_id uuid, $3 name text
-- A machine together with its asset.
with made as (
    insert into assets (organisation_id, site_id, kind, name) values ($1::uuid, $2::uuid, 'MACHINE', $3::text) returning id
)
insert into machines (id, organisation_id) select id, $1::uuid from made returning id;

-- name: make_channel
-- $1 organisation_id uuid, $2 organisation_number int4, $3 site_id uuid, $4 asset_id uuid, $5 key text, $6 name text,
-- $7 quantity text, $8 unit text, $9 kind text, $10 direction text, $11 resolution_seconds int4, $12 states jsonb, $13 register text
-- A channel of an asset, or of a site itself where asset_id is null.
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, direction, resolution_seconds, states, register
)
values (
    $1::uuid, $2::int4, $3::uuid, $4::uuid, $5::text, $6::text, ($7::text)::quantity, ($8::text)::unit,
    ($9::text)::reading_kind, ($10::text)::flow_direction, $11::int4, $12::jsonb, $13::text
)
returning id;
