-- name: insert
-- $1 channel_id uuid, $2 kind text, $3 name text, $4 starts_at timestamptz, $5 step_seconds int4, $6 level float8, $7 asked jsonb,
-- $8 baseline_p10 float8[], $9 baseline_p50 float8[], $10 baseline_p90 float8[], $11 alternative_p10 float8[],
-- $12 alternative_p50 float8[], $13 alternative_p90 float8[], $14 findings jsonb, $15 created_at timestamptz, $16 created_by text
-- Keeps a scenario as it was worked out; whose it is, and of which thing, its channel says.
insert into scenarios (
    organisation_id, site_id, asset_id, channel_id, kind, name, starts_at, step_seconds, level, asked, baseline_p10, baseline_p50,
    baseline_p90, alternative_p10, alternative_p50, alternative_p90, findings, created_at, created_by
)
select
    organisation_id, site_id, asset_id, id, $2::text::scenario_kind, $3::text, $4::timestamptz, $5::int4, $6::float8, $7::jsonb,
    $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::jsonb, $15::timestamptz, $16::text
from channels
where id = $1::uuid
returning id;

-- name: delete
-- $1 scenario_id uuid
-- Lets go of a scenario that nobody needs any more.
delete from scenarios where id = $1::uuid
returning id;
