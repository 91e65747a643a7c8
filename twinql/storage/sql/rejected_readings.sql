-- name: resolve
-- $1 id uuid
-- Marks a rejected reading that waits as mended or dismissed.
update rejected_readings set resolved_at = now() where id = $1::uuid and resolved_at is null returning id;
