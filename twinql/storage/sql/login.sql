-- name: passes_by_policies
-- Whether no row-level security holds whoever logged in.
select rolsuper or rolbypassrls as passes from pg_roles where rolname = session_user;
