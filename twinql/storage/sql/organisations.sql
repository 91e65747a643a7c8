-- name: rename
-- $1 id uuid, $2 name text
-- What people call an organisation.
update organisations set name = $2::text where id = $1::uuid returning id;
