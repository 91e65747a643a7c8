-- name: insert
-- $1 meter_id uuid, $2 name text, $3 objective text, $4 starts_at timestamptz, $5 step_seconds int4, $6 limit_kw float8,
-- $7 optimal bool, $8 gap float8, $9 elapsed_seconds float8, $10 currency text, $11 baseline_import_kw float8[],
-- $12 baseline_export_kw float8[], $13 planned_import_kw float8[], $14 planned_export_kw float8[], $15 loads jsonb,
-- $16 findings jsonb, $17 created_at timestamptz, $18 created_by text
-- Keeps a plan as it was worked out; whose it is, its meter says.
insert into load_plans (
    organisation_id, site_id, meter_id, name, objective, starts_at, step_seconds, limit_kw, optimal, gap, elapsed_seconds,
    currency, baseline_import_kw, baseline_export_kw, planned_import_kw, planned_export_kw, loads, findings, created_at,
    created_by
)
select
    organisation_id, site_id, id, $2::text, $3::text::load_plan_objective, $4::timestamptz, $5::int4, $6::float8, $7::bool,
    $8::float8, $9::float8, $10::text, $11::float8[], $12::float8[], $13::float8[], $14::float8[], $15::jsonb, $16::jsonb,
    $17::timestamptz, $18::text
from assets
where id = $1::uuid
returning id;

-- name: limit
-- $1 meter_id uuid
-- What the site of a meter may take in at most.
select s.limit_kw
from sites as s
join assets as a on a.site_id = s.id and a.organisation_id = s.organisation_id
where a.id = $1::uuid;

-- name: kept
-- $1 plan_id uuid
-- When the loads of a plan run, and by which channels.
select name, loads from load_plans where id = $1::uuid;

-- name: rivals
-- $1 plan_id uuid
-- Loads of a plan that is not carried out yet, for which commands of another plan of the same day wait: within half a day both
-- would run at their usual time.
select distinct theirs.written ->> 'name' as load, other.name as plan
from load_plans as mine
cross join lateral jsonb_array_elements(mine.loads) as ours (written)
join load_plans as other on other.organisation_id = mine.organisation_id and other.meter_id = mine.meter_id and other.id <> mine.id
cross join lateral jsonb_array_elements(other.loads) as theirs (written)
join command_schedules as s on s.organisation_id = other.organisation_id and s.idempotency_key = 'load-plan:' || other.id
where mine.id = $1::uuid
    and theirs.written ->> 'load_id' = ours.written ->> 'load_id'
    and abs(extract(epoch from
        (theirs.written -> 'usual' -> 0 ->> 0)::timestamptz - (ours.written -> 'usual' -> 0 ->> 0)::timestamptz
    )) < 43200
    and exists (
        select from commands as c
        where c.schedule_id = s.id and c.channel_id = (theirs.written ->> 'channel_id')::uuid
            and c.status in ('AWAITING_APPROVAL', 'QUEUED')
    )
    and not exists (
        select from command_schedules as made
        where made.organisation_id = mine.organisation_id and made.idempotency_key = 'load-plan:' || mine.id
    )
order by load, plan;

-- name: delete
-- $1 plan_id uuid
-- Lets go of a plan that nobody needs any more.
delete from load_plans where id = $1::uuid
returning id;
