-- name: place
-- $1 asset_id uuid, $2 channel_id uuid
-- The asset and the channel that are meant, empty where whoever asks may see none; of which asset that channel is, and what is archived.
select coalesce(a.organisation_id, c.organisation_id) as organisation_id, a.id as asset_id, c.id as channel_id, c.asset_id as asset_of_channel,
    a.archived_at is not null as asset_archived, c.archived_at is not null as channel_archived
from (select $1::uuid as asset_id, $2::uuid as channel_id) as asked
left join assets as a on a.id = asked.asset_id
left join channels as c on c.id = asked.channel_id;

-- name: insert
-- $1 organisation_id uuid, $2 asset_id uuid, $3 channel_id uuid, $4 kind maintenance_kind, $5 status maintenance_status, $6 title text,
-- $7 note text, $8 due_at timestamptz, $9 scheduled_for timestamptz, $10 created_by text
-- What is to be done.
insert into maintenance_tasks (organisation_id, asset_id, channel_id, kind, status, title, note, due_at, scheduled_for, created_by)
values (
    $1::uuid, $2::uuid, $3::uuid, $4::text::maintenance_kind, $5::text::maintenance_status, $6::text, $7::text, $8::timestamptz,
    $9::timestamptz, $10::text
)
returning id;

-- name: held
-- $1 id uuid
-- A task, held until it is changed.
select kind::text, status::text, asset_id, channel_id, title, note, due_at, scheduled_for from maintenance_tasks where id = $1::uuid for update;

-- name: update
-- $1 id uuid, $2 status maintenance_status, $3 title text, $4 note text, $5 due_at timestamptz, $6 scheduled_for timestamptz
-- Says something else of what is to be done.
update maintenance_tasks
set status = $2::text::maintenance_status, title = $3::text, note = $4::text, due_at = $5::timestamptz,
    scheduled_for = $6::timestamptz
where id = $1::uuid
returning id;

-- name: complete
-- $1 id uuid, $2 done_at timestamptz, $3 done_by text, $4 findings text, $5 failed bool, $6 failed_at timestamptz, $7 calibration_id uuid
-- That it was done.
update maintenance_tasks
set status = 'DONE', done_at = $2::timestamptz, done_by = $3::text, findings = $4::text, failed = $5::bool,
    failed_at = $6::timestamptz, calibration_id = $7::uuid
where id = $1::uuid
returning id;

-- name: cancel
-- $1 id uuid, $2 cancelled_by text
-- That it will not be done, or was not.
update maintenance_tasks
set status = 'CANCELLED', cancelled_at = now(), cancelled_by = $2::text
where id = $1::uuid
returning id;

-- name: amidst
-- $1 id uuid, $2 asset_id uuid, $3 failed_at timestamptz, $4 done_at timestamptz
-- What else ended a run of an asset after it failed and before it was mended for that, or says so of this.
select t.title, t.done_at, t.failed_at
from maintenance_tasks as t
where t.asset_id = $2::uuid and t.id <> $1::uuid and t.channel_id is null and t.status = 'DONE'
    and t.kind in ('REPAIR', 'REPLACEMENT')
    and (t.done_at > $3::timestamptz and t.done_at < $4::timestamptz or t.failed_at < $4::timestamptz and t.done_at > $4::timestamptz)
order by t.done_at
limit 1;

-- name: runs
-- $1 asset_ids uuid[]
-- When assets were renewed, whether each had failed by then, and what says so, in order; what was done to one of its sensors, and
-- what was taken back, ends no run.
select t.asset_id, t.id as task_id, t.done_at, t.failed, t.failed_at
from maintenance_tasks as t
where t.asset_id = any ($1::uuid[]) and t.channel_id is null and t.status = 'DONE' and t.kind in ('REPAIR', 'REPLACEMENT')
order by t.asset_id, t.done_at, t.id;

-- name: waiting
-- $1 asset_ids uuid[]
-- What is still to be done to assets and their sensors, the next one due first.
select t.id, t.asset_id, t.channel_id, t.kind::text, t.title, t.due_at, t.scheduled_for
from maintenance_tasks as t
where t.asset_id = any ($1::uuid[]) and t.status in ('OPEN', 'SCHEDULED')
order by coalesce(t.scheduled_for, t.due_at, 'infinity'), t.id;

-- name: mended
-- $1 asset_ids uuid[], $2 until timestamptz
-- When something was last done to assets, and to each of their sensors, that may have made them well: a look at them does not.
select t.asset_id, t.channel_id, max(t.done_at) as done_at
from maintenance_tasks as t
where t.asset_id = any ($1::uuid[]) and t.status = 'DONE' and t.kind <> 'INSPECTION' and t.done_at <= $2
group by t.asset_id, t.channel_id;

-- name: zone
-- $1 site_id uuid
-- In which time zone a site counts its weeks.
select time_zone from sites where id = $1::uuid;

-- name: alike
-- $1 site_id uuid, $2 most int8
-- The assets of a site that are in use, and what those have in common that stand in for each other: a model, or a commodity.
select a.id, a.name, coalesce(m.model, e.commodity::text) as alike
from assets as a
left join machines as m on m.id = a.id
left join meters as e on e.id = a.id
where a.site_id = $1::uuid and a.archived_at is null
order by a.name, a.id
limit $2;

-- name: waiting_on_site
-- $1 site_id uuid, $2 most int8
-- What is still to be done to what is in use on a site, the next one due first.
select t.id, t.asset_id, t.channel_id, t.kind::text, t.title, t.due_at, t.scheduled_for
from maintenance_tasks as t
left join assets as a on a.id = t.asset_id
left join channels as c on c.id = t.channel_id
where t.status in ('OPEN', 'SCHEDULED') and coalesce(a.site_id, c.site_id) = $1::uuid
    and a.archived_at is null and c.archived_at is null
order by coalesce(t.scheduled_for, t.due_at, 'infinity'), t.id
limit $2;

-- name: calibrations
-- $1 channel_ids uuid[], $2 now timestamptz
-- The calibration of each channel that counts, the one performed last, where somebody said until when it holds.
select k.channel_id, k.id, k.valid_until
from (
    select distinct on (channel_id) channel_id, id, valid_until
    from calibrations
    where channel_id = any ($1::uuid[]) and performed_at <= $2::timestamptz
    order by channel_id, performed_at desc, recorded_at desc, id desc
) as k
where k.valid_until is not null;

-- name: first_heard
-- $1 channel_numbers int4[]
-- When each channel was read first.
select asked.number, r.observed_at
from unnest($1::int4[]) as asked (number)
cross join lateral (select observed_at from readings where channel_number = asked.number order by observed_at limit 1) as r;
