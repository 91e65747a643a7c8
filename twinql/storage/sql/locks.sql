-- name: take_turn
-- $1 duty int8
-- One session at a time has a duty; it lets go when it ends.
select pg_try_advisory_lock($1::int8);

-- name: one_at_a_time
-- $1 subject int4, $2 task int4
-- Whether no other session is at it; if so, none is until this one lets go.
select pg_try_advisory_lock($1::int4, $2::int4);
