-- name: insert
-- $1 organisation_id uuid, $2 kind text, $3 secret text, $4 name text, $5 address text, $6 minimum_severity text, $7 site_id uuid,
-- $8 enabled bool
-- A new target.
insert into alarm_targets (organisation_id, kind, secret, name, address, minimum_severity, site_id, enabled)
values ($1::uuid, $2::text::alarm_target_kind, $3::text, $4::text, $5::text, $6::text::severity, $7::uuid, $8::bool)
returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What is laid down about a target but for its secret, held until it is changed.
select name, kind::text, address, minimum_severity::text, site_id, enabled
from alarm_targets
where id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: update
-- $1 id uuid, $2 name text, $3 address text, $4 minimum_severity text, $5 site_id uuid, $6 enabled bool
-- Lays down something else.
update alarm_targets
set name = $2::text, address = $3::text, minimum_severity = $4::text::severity, site_id = $5::uuid, enabled = $6::bool
where id = $1::uuid;

-- name: set_secret
-- $1 id uuid, $2 secret text
-- Signs with another secret from now on.
update alarm_targets set secret = $2::text where id = $1::uuid;

-- name: archive
-- $1 id uuid
-- Takes a target out of use, or leaves it so.
update alarm_targets set archived_at = coalesce(archived_at, now()) where id = $1::uuid;

-- name: unarchive
-- $1 id uuid
-- Takes a target back into use.
update alarm_targets set archived_at = null where id = $1::uuid;
