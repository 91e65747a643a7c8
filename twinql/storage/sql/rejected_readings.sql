-- name: resolve
-- $1 id uuid
-- Marks a rejected reading that waits as mended or dismissed.
update rejected_readings set resolved_at = now() where id = $1::uuid and resolved_at is null returning id;

-- name: reopen
-- $1 id uuid
-- Lets a rejected reading wait again: what was to mend it was rejected too.
update rejected_readings set resolved_at = null where id = $1::uuid;
