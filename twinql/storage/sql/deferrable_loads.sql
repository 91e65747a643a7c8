-- name: meter
-- $1 meter_id uuid, $2 organisation_id uuid
-- The site of a meter behind which loads may be, and whether it is archived.
select a.site_id, a.archived_at is not null as archived
from assets as a
join meters as m on m.id = a.id and m.organisation_id = a.organisation_id
where a.id = $1::uuid and a.organisation_id = $2::uuid;

-- name: many
-- $1 meter_id uuid, $2 organisation_id uuid
-- How many loads behind a meter are in use.
select count(*) from deferrable_loads where meter_id = $1::uuid and organisation_id = $2::uuid and archived_at is null;

-- name: meter_of
-- $1 id uuid, $2 organisation_id uuid
-- Behind which meter a load is, and whether it is archived; held until it is taken back into use.
select meter_id, archived_at is not null as archived
from deferrable_loads
where id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: actuator
-- $1 channel_id uuid, $2 organisation_id uuid
-- Where a channel is, whether commands may set it, and whether it is in use.
select site_id, writable, archived_at is not null as archived
from channels
where id = $1::uuid and organisation_id = $2::uuid;

-- name: insert
-- $1 organisation_id uuid, $2 site_id uuid, $3 meter_id uuid, $4 channel_id uuid, $5 name text, $6 power_kw float8,
-- $7 run_seconds int4, $8 energy_kwh float8, $9 earliest_minute int2, $10 latest_minute int2, $11 usual_minute int2,
-- $12 interruptible bool, $13 minimum_run_seconds int4, $14 counted bool, $15 on_value float8, $16 off_value float8
-- A new load.
insert into deferrable_loads (
    organisation_id, site_id, meter_id, channel_id, name, power_kw, run_seconds, energy_kwh, earliest_minute, latest_minute,
    usual_minute, interruptible, minimum_run_seconds, counted, on_value, off_value
)
values (
    $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::text, $6::float8, $7::int4, $8::float8, $9::int2, $10::int2,
    $11::int2, $12::bool, $13::int4, $14::bool, $15::float8, $16::float8
)
returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What is said of a load, held until it is changed.
select
    site_id, name, meter_id, channel_id, power_kw, run_seconds, energy_kwh, earliest_minute, latest_minute, usual_minute,
    interruptible, minimum_run_seconds, counted, on_value, off_value
from deferrable_loads
where id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: update
-- $1 id uuid, $2 channel_id uuid, $3 name text, $4 power_kw float8, $5 run_seconds int4, $6 energy_kwh float8,
-- $7 earliest_minute int2, $8 latest_minute int2, $9 usual_minute int2, $10 interruptible bool, $11 minimum_run_seconds int4,
-- $12 counted bool, $13 on_value float8, $14 off_value float8
-- Says something else of it.
update deferrable_loads
set channel_id = $2::uuid, name = $3::text, power_kw = $4::float8, run_seconds = $5::int4, energy_kwh = $6::float8,
    earliest_minute = $7::int2, latest_minute = $8::int2, usual_minute = $9::int2, interruptible = $10::bool,
    minimum_run_seconds = $11::int4, counted = $12::bool, on_value = $13::float8, off_value = $14::float8
where id = $1::uuid;

-- name: archive
-- $1 id uuid, $2 organisation_id uuid
-- Takes a load out of use, or leaves it so.
update deferrable_loads set archived_at = coalesce(archived_at, now())
where id = $1::uuid and organisation_id = $2::uuid
returning id;

-- name: unarchive
-- $1 id uuid, $2 organisation_id uuid
-- Takes a load back into use.
update deferrable_loads set archived_at = null
where id = $1::uuid and organisation_id = $2::uuid
returning id;

-- name: behind
-- $1 meter_id uuid, $2 load_ids uuid[]
-- The loads behind a meter that are in use, by name; of all or of those that are named.
select
    id, name, meter_id, channel_id, power_kw, run_seconds, energy_kwh, earliest_minute, latest_minute, usual_minute,
    interruptible, minimum_run_seconds, counted, on_value, off_value
from deferrable_loads
where meter_id = $1::uuid and archived_at is null and ($2::uuid[] is null or id = any($2::uuid[]))
order by name, id;
