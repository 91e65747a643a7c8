-- name: controls
-- $1 channel_ids uuid[], $2 now timestamptz
-- What channels shall be by the newest command that is due and was not refused, given up or taken back, and what they read; one row a
-- channel, in order.
select
    c.kind::text = 'STATE' as reads_states, wanted.id as command_id, wanted.desired, wanted.since as desired_since,
    latest.value as reported, latest.observed_at as reported_at
from unnest($1::uuid[]) with ordinality as asked (id, place)
left join channels as c on c.id = asked.id
left join lateral (
    select w.id, w.desired, coalesce(w.not_before, w.requested_at) as since
    from commands as w
    where w.channel_id = c.id and coalesce(w.not_before, w.requested_at) <= $2::timestamptz
        and w.status not in ('REQUESTED', 'AWAITING_APPROVAL', 'REJECTED', 'FAILED', 'EXPIRED', 'CANCELLED')
    order by coalesce(w.not_before, w.requested_at) desc, w.requested_at desc
    limit 1
) as wanted on true
left join lateral (
    select r.value, r.observed_at
    from readings as r
    where r.channel_number = c.number and r.quality <> 'BAD' and r.observed_at <= $2::timestamptz + interval '1 minute'
    order by r.observed_at desc
    limit 1
) as latest on true
order by asked.place;

-- name: control
-- $1 channel_id uuid, $2 now timestamptz, $3 writable bool
-- The same of one channel, and how far it is from what it shall be; no row of one that cannot be set.
select found.*, case when not reads_states then desired - reported end as delta
from (include controls.controls(array[$1], $2)) as found
where $3;
