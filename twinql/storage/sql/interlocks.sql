-- name: take_turn
-- $1 channel_id uuid, $2 judging int8
-- Waits for the other commands of the organisation that are being judged; let go at the end of the transaction.
select pg_advisory_xact_lock(hashtextextended(organisation_id::text, $2::int8)) from channels where id = $1::uuid;

-- name: target
-- $1 channel_id uuid, $2 until timestamptz
-- The channel that shall be set, as far as the actor may see it, with what it last read up to then, and what stops its site.
select
    c.organisation_id, c.name || coalesce(' of ' || whose.name, '') as name, c.unit::text, c.kind::text, c.writable, c.archived_at is not null as archived,
    greatest(c.plausible_minimum, c.limit_low_low, c.limit_low) as minimum,
    least(c.plausible_maximum, c.limit_high_high, c.limit_high) as maximum,
    c.states, latest.value as last_value, latest.observed_at as last_observed_at,
    stop.triggered_at as stopped_at, stop.triggered_by as stopped_by, stop.reason as stop_reason
from channels as c
left join assets as whose on whose.id = c.asset_id
left join emergency_stops as stop on stop.site_id = c.site_id and stop.released_at is null
left join lateral (
    select r.value, r.observed_at
    from readings as r
    where r.channel_number = c.number and r.quality <> 'BAD' and r.observed_at <= $2::timestamptz
    order by r.observed_at desc
    limit 1
) as latest on true
where c.id = $1::uuid;

-- name: of_command
-- $1 command_id uuid
-- What a command asks.
select channel_id, desired, not_before from commands where id = $1::uuid;

-- name: laid_down
-- $1 channel_id uuid
-- What was laid down for a channel, the oldest first, with the channel that each looks at. What excludes another is excluded by it.
select
    i.id, i.kind::text, i.name, i.minimum, i.maximum, i.rate_per_minute, i.hold_seconds, i.on_above, i.per_hour, i.max_age_seconds,
    i.applies_from, i.applies_to, seen.id as seen_id, seen.number as seen_number,
    seen.name || coalesce(' of ' || whose.name, '') as seen_name, seen.unit::text as seen_unit,
    seen.states as seen_states, seen.resolution_seconds::float8 as resolution_s, seen.schedule, seen.archived_at is not null as archived,
    twinql.is_read_by_device(seen.id) as has_device
from interlocks as i
join channels as seen on seen.id = case when i.channel_id = $1::uuid then coalesce(i.other_channel_id, i.channel_id) else i.channel_id end
left join assets as whose on whose.id = seen.asset_id
where i.archived_at is null
    and (i.channel_id = $1::uuid or (i.other_channel_id = $1::uuid and i.kind = 'MUTUAL_EXCLUSION'))
order by i.created_at, i.id;

-- name: newest
-- $1 channel_number int4, $2 until timestamptz, $3 schedule bool
-- The newest reading of a channel up to an instant, BAD ones too; and how far ahead readings are dated that were learned of later.
select
    newest.value, newest.quality::text, newest.source::text, newest.observed_at, newest.recorded_at,
    case
        when not $3::bool then (
            select max(r.observed_at)
            from readings as r
            where r.channel_number = $1::int4 and r.observed_at > $2::timestamptz
                and r.recorded_at > coalesce(newest.recorded_at, '-infinity')
        )
    end as ahead_until
from (select 1) as always
left join lateral (
    select r.value, r.quality, r.source, r.observed_at, r.recorded_at
    from readings as r
    where r.channel_number = $1::int4 and r.observed_at <= $2::timestamptz
    order by r.observed_at desc
    limit 1
) as newest on true;

-- name: since
-- $1 channel_number int4, $2 since timestamptz, $3 until timestamptz, $4 on_above float8, $5 is_on bool,
-- $6 has_device bool
-- Since when a channel has at least been on, or off: the first reading after the last one that says otherwise, by its own clock or by
-- ours, whichever is later. It need not be known from before `since` on. What people wrote where a device reads says otherwise.
with start as (
    select coalesce(
        (
            select r.observed_at
            from readings as r
            where r.channel_number = $1::int4 and r.observed_at <= $2::timestamptz and r.quality <> 'BAD'
            order by r.observed_at desc
            limit 1
        ),
        $2::timestamptz
    ) as at
),
turned as (
    select max(r.observed_at) as at
    from readings as r
    where r.channel_number = $1::int4 and r.observed_at >= (select s.at from start as s) and r.observed_at <= $3::timestamptz
        and r.quality <> 'BAD'
        and ((abs(r.value) > $4::float8) <> $5::bool or ($6::bool and r.source not in ('DEVICE', 'SIMULATION')))
)
select greatest(r.observed_at, r.recorded_at)
from readings as r
where r.channel_number = $1::int4 and r.observed_at >= (select s.at from start as s) and r.observed_at <= $3::timestamptz
    and r.quality <> 'BAD' and r.observed_at > coalesce((select t.at from turned as t), '-infinity')
order by r.observed_at
limit 1;

-- name: span
-- $1 channel_number int4, $2 earliest timestamptz, $3 since timestamptz, $4 until timestamptz
-- Between what a channel read since an instant, by its own clock or by ours, with what it read last before that; none is looked at
-- that is dated before `earliest`, but for that one.
with lately as (
    select r.observed_at, r.value
    from readings as r
    where r.channel_number = $1::int4 and r.observed_at > $2::timestamptz and r.observed_at <= $4::timestamptz
        and r.quality <> 'BAD' and greatest(r.observed_at, r.recorded_at) > $3::timestamptz
),
before as (
    select r.value
    from readings as r
    where r.channel_number = $1::int4 and r.quality <> 'BAD'
        and r.observed_at <= $4::timestamptz and r.observed_at < coalesce((select min(l.observed_at) from lately as l), 'infinity')
    order by r.observed_at desc
    limit 1
)
select min(held.value) as lowest, max(held.value) as highest
from (select l.value from lately as l union all select b.value from before as b) as held;

-- name: under_way
-- $1 channel_ids uuid[], $2 command_id uuid, $3 since timestamptz
-- Commands to channels that wait, that are on their way, or that may have been sent since then; but for the one that is judged.
-- None is sent after it expired.
select
    c.channel_id, c.desired, c.status::text, c.not_before, c.expires_at,
    (select min(t.at) from command_transitions as t where t.command_id = c.id and t.status = 'SENT') as sent_at
from commands as c
where c.id is distinct from $2::uuid
    and c.id in (
        select lately.id
        from commands as lately
        where lately.channel_id = any($1::uuid[]) and lately.expires_at > $3::timestamptz
            and lately.status not in ('REQUESTED', 'AWAITING_APPROVAL', 'EXPIRED', 'CANCELLED')
        union all
        select open.id
        from commands as open
        where open.channel_id = any($1::uuid[]) and open.status in ('SENT', 'ACKNOWLEDGED', 'EXECUTING', 'EXECUTED')
    )
order by c.requested_at, c.id;
