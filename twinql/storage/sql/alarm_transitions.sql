-- name: newest
-- $1 alarm_ids uuid[], $2 first int4, $3 after int4
-- Steps of alarms, newest first: so many of each, and only what came before a sequence where one is given.
select
    asked.id as alarm_id, t.sequence, t.at, t.action::text, t.state::text, t.severity::text, t.actor, t.comment, t.shelved_until,
    t.observed_at, t.evidence
from unnest($1::uuid[]) as asked (id)
cross join lateral (
    select *
    from alarm_transitions
    where alarm_id = asked.id and ($3::int4 is null or sequence < $3::int4)
    order by sequence desc
    limit $2::int4
) as t;
