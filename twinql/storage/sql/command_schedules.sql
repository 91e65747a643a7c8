-- name: insert
-- $1 organisation_id uuid, $2 name text, $3 idempotency_key text, $4 requested_by text, $5 reason text, $6 requested_at timestamptz
-- A new series, unless its key is taken.
insert into command_schedules (organisation_id, name, idempotency_key, requested_by, reason, requested_at)
values ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::timestamptz)
on conflict (organisation_id, idempotency_key) do nothing
returning id;

-- name: by_key
-- $1 organisation_id uuid, $2 idempotency_key text
-- The series that was asked for under this key.
select s.id, s.name, s.reason, (select count(*)::int4 from commands as c where c.schedule_id = s.id) as commands
from command_schedules as s
where s.organisation_id = $1::uuid and s.idempotency_key = $2::text;

-- name: may_cancel
-- $1 id uuid
-- Whether whoever asks may cancel a series; no row where they may not see it.
select organisation_id = (select twinql.organisation_id('OPERATOR')) as allowed from command_schedules where id = $1::uuid;

-- name: cancel
-- $1 id uuid, $2 now timestamptz, $3 actor text
-- Marks a series as cancelled; the first who did so stays named.
update command_schedules set cancelled_at = $2::timestamptz, cancelled_by = $3::text where id = $1::uuid and cancelled_at is null;

-- name: unsent
-- $1 schedule_id uuid, $2 statuses text[]
-- Those commands of a series that no device has heard of, held until this transaction ends.
select id from commands where schedule_id = $1::uuid and status::text = any($2::text[]) order by id for update;
