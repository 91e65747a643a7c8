-- name: channel
-- $1 channel_id uuid, $2 organisation_id uuid
-- What decides whether a channel can have one more interlock, and how many it has in use.
select
    c.name, c.writable, c.archived_at is not null as archived,
    (select count(*) from interlocks as i where i.channel_id = c.id and i.archived_at is null) as interlocks
from channels as c
where c.id = $1::uuid and c.organisation_id = $2::uuid;

-- name: insert
-- $1 organisation_id uuid, $2 channel_id uuid, $3 kind text, $4 other_channel_id uuid, $5 created_by text, $6 name text, $7 minimum float8,
-- $8 maximum float8, $9 rate_per_minute float8, $10 hold_seconds int4, $11 on_above float8, $12 per_hour int4, $13 max_age_seconds int4,
-- $14 applies_from float8, $15 applies_to float8
-- Makes an interlock.
insert into interlocks (
    organisation_id, channel_id, kind, other_channel_id, created_by, name, minimum, maximum, rate_per_minute, hold_seconds, on_above, per_hour,
    max_age_seconds, applies_from, applies_to
)
values (
    $1::uuid, $2::uuid, ($3::text)::interlock_kind, $4::uuid, $5::text, $6::text, $7::float8, $8::float8, $9::float8, $10::int4, $11::float8,
    $12::int4, $13::int4, $14::float8, $15::float8
)
returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What an interlock says.
select
    i.kind::text, i.name, i.minimum, i.maximum, i.rate_per_minute, i.hold_seconds, i.on_above, i.per_hour, i.max_age_seconds, i.applies_from,
    i.applies_to, i.other_channel_id, i.archived_at is not null as archived
from interlocks as i
where i.id = $1::uuid and i.organisation_id = $2::uuid;

-- name: update
-- $1 id uuid, $2 name text, $3 minimum float8, $4 maximum float8, $5 rate_per_minute float8, $6 hold_seconds int4, $7 on_above float8,
-- $8 per_hour int4, $9 max_age_seconds int4, $10 applies_from float8, $11 applies_to float8
-- Writes what an interlock says from now on.
update interlocks
set name = $2::text, minimum = $3::float8, maximum = $4::float8, rate_per_minute = $5::float8, hold_seconds = $6::int4, on_above = $7::float8,
    per_hour = $8::int4, max_age_seconds = $9::int4, applies_from = $10::float8, applies_to = $11::float8
where id = $1::uuid;

-- name: archive
-- $1 id uuid
-- Takes an interlock out of use, once.
update interlocks set archived_at = now() where id = $1::uuid and archived_at is null;
