-- name: close
-- $1 now timestamptz, $2 most_attempts int4
-- Gives up what is due and is not to be tried again: the target is used no longer, or a server stopped in the last attempt.
update alarm_notifications as n
set status = 'FAILED', next_attempt_at = null,
    last_error = case
        when found.in_use then coalesce(n.last_error, 'The server stopped during the last attempt.')
        else 'The target was switched off or archived before it could be told.'
    end
from (
    select n.id, t.enabled and t.archived_at is null as in_use
    from alarm_notifications as n
    join alarm_targets as t on t.id = n.target_id
    where n.status = 'PENDING' and n.next_attempt_at <= $1::timestamptz
        and (not t.enabled or t.archived_at is not null or n.attempts >= $2::int4)
    for update of n skip locked
) as found
where n.id = found.id;

-- name: claim
-- $1 now timestamptz, $2 until timestamptz, $3 busy uuid[]
-- Takes the address that was not told for longest and that nobody is telling: its oldest target stands for all of them.
-- By what has waited longest, a slow address with much to hear would be taken again and again before all others.
with waiting as (
    select t.organisation_id, t.kind, t.address, min(n.next_attempt_at) as since
    from alarm_notifications as n
    join alarm_targets as t on t.id = n.target_id
    where n.status = 'PENDING' and n.next_attempt_at <= $1::timestamptz
        and t.organisation_id <> all($3::uuid[])
    group by t.organisation_id, t.kind, t.address
)
update alarm_targets as oldest
set resting_until = $2::timestamptz
where oldest.id = (
    select o.id
    from waiting as w
    join alarm_targets as o on o.id = (
        select t.id
        from alarm_targets as t
        where t.organisation_id = w.organisation_id and t.kind = w.kind and t.address = w.address
        order by t.created_at, t.id
        limit 1
    )
    where o.resting_until is null or o.resting_until <= $1::timestamptz
    order by o.resting_until nulls first, w.since, o.id
    limit 1
    for update of o skip locked
)
returning oldest.id, oldest.organisation_id, oldest.kind::text, oldest.address;

-- name: take
-- $1 target_id uuid, $2 now timestamptz, $3 until timestamptz, $4 most int4
-- Counts an attempt at what waits for the address of a target; where nobody writes down what came of it, it is due again.
update alarm_notifications as n
set attempts = n.attempts + 1, next_attempt_at = $3::timestamptz
from (
    select n.id
    from alarm_targets as o
    join alarm_targets as t on t.organisation_id = o.organisation_id and t.kind = o.kind and t.address = o.address
    join alarm_notifications as n on n.target_id = t.id
    where o.id = $1::uuid and n.status = 'PENDING' and n.next_attempt_at <= $2::timestamptz
    order by n.created_at, n.alarm_id, n.sequence
    limit $4::int4
    for update of n skip locked
) as due
where n.id = due.id
returning n.id;

-- name: due
-- $1 ids uuid[]
-- What is to be told, in the order in which it happened.
select
    n.id, n.attempts, t.secret, n.target_id, t.name as target_name, n.organisation_id,
    o.name as organisation_name, n.alarm_id, n.sequence, s.action::text, s.at, s.observed_at, a.cause::text,
    s.severity::text, s.state::text, a.message, a.raised_at, coalesce(s.evidence, a.evidence) as evidence,
    a.site_id, p.name as site_name, p.time_zone as site_time_zone, a.asset_id, e.kind::text as asset_kind, e.name as asset_name, a.channel_id,
    c.key as channel_key, c.name as channel_name, c.unit::text as channel_unit
from alarm_notifications as n
join alarm_targets as t on t.id = n.target_id
join organisations as o on o.id = n.organisation_id
join alarm_transitions as s on s.alarm_id = n.alarm_id and s.sequence = n.sequence
join alarms as a on a.id = n.alarm_id
join sites as p on p.id = a.site_id
join channels as c on c.id = a.channel_id
left join assets as e on e.id = a.asset_id
where n.id = any($1::uuid[])
order by s.at, n.alarm_id, n.sequence, n.id;

-- name: record
-- $1 id uuid, $2 attempts int4, $3 status text, $4 error text, $5 next_attempt_at timestamptz, $6 delivered_at timestamptz
-- Writes down what came of an attempt, unless another one has begun since.
update alarm_notifications
set status = $3::text::notification_status, last_error = $4::text, next_attempt_at = $5::timestamptz,
    delivered_at = $6::timestamptz
where id = $1::uuid and attempts = $2::int4 and status = 'PENDING';

-- name: rest
-- $1 target_id uuid, $2 until timestamptz
-- Lets others tell an address from then on.
update alarm_targets set resting_until = $2::timestamptz where id = $1::uuid;

-- name: waiting
-- How many notifications wait.
select count(*) from alarm_notifications where status = 'PENDING';

-- name: trial
-- $1 target_id uuid, $2 organisation_id uuid, $3 now timestamptz, $4 until timestamptz
-- Takes the address of a target to try it out, where nobody is telling it; busy where somebody is.
with tried as (
    select t.*
    from alarm_targets as t
    where t.id = $1::uuid and t.organisation_id = $2::uuid and t.archived_at is null
),
oldest as (
    select o.id
    from alarm_targets as o
    join tried as t on o.organisation_id = t.organisation_id and o.kind = t.kind and o.address = t.address
    order by o.created_at, o.id
    limit 1
),
taken as (
    update alarm_targets as o
    set resting_until = $4::timestamptz
    from oldest
    where o.id = oldest.id and (o.resting_until is null or o.resting_until <= $3::timestamptz)
    returning o.id
)
select t.name, t.kind::text, t.address, t.secret, taken.id as claim from tried as t left join taken on true;
