-- name: insert
-- $1 organisation_id uuid, $2 name text, $3 time_zone text, $4 latitude float8, $5 longitude float8, $6 attributes jsonb,
-- $7 limit_kw float8
-- A new site.
insert into sites (organisation_id, name, time_zone, latitude, longitude, attributes, limit_kw)
values ($1::uuid, $2::text, $3::text, $4::float8, $5::float8, $6::jsonb, $7::float8)
returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What is said of a site, held until it is changed.
select name, time_zone, latitude, longitude, attributes, limit_kw
from sites
where id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: archived
-- $1 id uuid, $2 organisation_id uuid
-- Whether a site is archived.
select archived_at is not null as archived from sites where id = $1::uuid and organisation_id = $2::uuid;

-- name: update
-- $1 id uuid, $2 name text, $3 time_zone text, $4 latitude float8, $5 longitude float8, $6 attributes jsonb, $7 limit_kw float8
-- Says something else of it.
update sites
set name = $2::text, time_zone = $3::text, latitude = $4::float8, longitude = $5::float8, attributes = $6::jsonb,
    limit_kw = $7::float8
where id = $1::uuid;

-- name: archive
-- $1 id uuid, $2 organisation_id uuid
-- All that is in use there goes out of use at one instant, by which it can be told from what went before.
with found as (
    select id, archived_at from sites where id = $1::uuid and organisation_id = $2::uuid for update
),
archived as (
    update sites set archived_at = now() from found where sites.id = found.id and found.archived_at is null returning sites.id
),
with_assets as (
    update assets set archived_at = now() from archived where site_id = archived.id and archived_at is null returning 1
),
with_channels as (
    update channels set archived_at = now() from archived where site_id = archived.id and archived_at is null returning 1
)
select (select count(*) from with_assets) as assets, (select count(*) from with_channels) as channels
from found;

-- name: unarchive
-- $1 id uuid, $2 organisation_id uuid
-- What went out of use at the same instant comes back with it; what went before stays.
with found as (
    select id, archived_at from sites where id = $1::uuid and organisation_id = $2::uuid for update
),
back as (
    update sites set archived_at = null from found where sites.id = found.id and found.archived_at is not null
    returning sites.id, found.archived_at as went_at
),
with_assets as (
    update assets set archived_at = null from back where site_id = back.id and archived_at = back.went_at returning 1
),
with_channels as (
    update channels set archived_at = null from back where site_id = back.id and archived_at = back.went_at returning 1
)
select (select count(*) from with_assets) as assets, (select count(*) from with_channels) as channels
from found;
