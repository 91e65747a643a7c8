-- name: one_at_a_time
-- $1 organisation_id uuid
-- Waits for the other changes of an organisation; let go at the end of the transaction.
select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 7205003));
