-- name: insert
-- $1 organisation_id uuid, $2 name text, $3 contact text
-- A new supplier.
insert into suppliers (organisation_id, name, contact) values ($1::uuid, $2::text, $3::text) returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What is said of a supplier, held until it is changed.
select name, contact from suppliers where id = $1::uuid and organisation_id = $2::uuid for update;

-- name: archived
-- $1 id uuid, $2 organisation_id uuid
-- Whether a supplier is archived.
select archived_at is not null as archived from suppliers where id = $1::uuid and organisation_id = $2::uuid;

-- name: update
-- $1 id uuid, $2 name text, $3 contact text
-- Says something else of it.
update suppliers set name = $2::text, contact = $3::text where id = $1::uuid;

-- name: archive
-- $1 id uuid, $2 organisation_id uuid
-- Takes a supplier out of use, or leaves it so.
update suppliers set archived_at = coalesce(archived_at, now()) where id = $1::uuid and organisation_id = $2::uuid returning id;

-- name: unarchive
-- $1 id uuid, $2 organisation_id uuid
-- Takes a supplier back into use, or leaves it so.
update suppliers set archived_at = null where id = $1::uuid and organisation_id = $2::uuid returning id;
