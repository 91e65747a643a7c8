-- name: publish_readings
-- $1 wanted bool
-- Puts raw readings on Supabase Realtime or takes them off; whether they are on.
select twinql_private.publish_readings($1::bool);
