-- name: insert
-- $1 organisation_id uuid, $2 cause text, $3 site_id uuid, $4 asset_id uuid, $5 channel_id uuid, $6 name text, $7 enabled bool,
-- $8 severity text, $9 limit_value float8, $10 deadband float8, $11 sensitivity float8, $12 on_delay_seconds int4,
-- $13 off_delay_seconds int4, $14 escalate_after_seconds int4, $15 escalate_to text
-- A new rule.
insert into alarm_rules (
    organisation_id, cause, site_id, asset_id, channel_id, name, enabled, severity, limit_value, deadband, sensitivity,
    on_delay_seconds, off_delay_seconds, escalate_after_seconds, escalate_to
)
values (
    $1::uuid, $2::text::alarm_cause, $3::uuid, $4::uuid, $5::uuid, $6::text, $7::bool, $8::text::severity, $9::float8, $10::float8,
    $11::float8, $12::int4, $13::int4, $14::int4, $15::text::severity
)
returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What a rule says, held until it is changed.
select
    name, cause::text, site_id, asset_id, channel_id, enabled, severity::text, limit_value, deadband, sensitivity, on_delay_seconds,
    off_delay_seconds, escalate_after_seconds, escalate_to::text, archived_at is not null as archived
from alarm_rules
where id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: update
-- $1 id uuid, $2 name text, $3 enabled bool, $4 severity text, $5 limit_value float8, $6 deadband float8, $7 sensitivity float8,
-- $8 on_delay_seconds int4, $9 off_delay_seconds int4, $10 escalate_after_seconds int4, $11 escalate_to text
-- Says something else in it.
update alarm_rules
set
    name = $2::text, enabled = $3::bool, severity = $4::text::severity, limit_value = $5::float8, deadband = $6::float8,
    sensitivity = $7::float8, on_delay_seconds = $8::int4, off_delay_seconds = $9::int4, escalate_after_seconds = $10::int4,
    escalate_to = $11::text::severity
where id = $1::uuid;

-- name: in_use
-- $1 organisation_id uuid, $2 cause text, $3 place uuid
-- What the rule in use for a cause and place is called; the place is the id of a channel, asset, site or the organisation itself.
select name
from alarm_rules
where organisation_id = $1::uuid and cause = $2::text::alarm_cause
    and coalesce(channel_id, asset_id, site_id, organisation_id) = $3::uuid and archived_at is null;

-- name: archive
-- $1 id uuid
-- Takes a rule out of use, or leaves it so.
update alarm_rules set archived_at = coalesce(archived_at, now()) where id = $1::uuid;

-- name: unarchive
-- $1 id uuid
-- Takes a rule back into use.
update alarm_rules set archived_at = null where id = $1::uuid;
