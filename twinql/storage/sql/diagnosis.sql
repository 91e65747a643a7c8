-- name: channels
-- $1 channel_numbers int4[]
-- What diagnosis must know of channels.
select
    c.number, c.id, c.site_id, c.asset_id, c.key, c.name, c.kind::text, c.quantity::text, c.unit::text, c.resolution_seconds,
    c.schedule, c.writable, c.direction::text, c.multiplier, c.target_minimum, c.target_maximum, c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high, c.states
from channels as c
where c.number = any ($1::int4[]);

-- name: channels_of_assets
-- $1 asset_ids uuid[]
-- The same of the channels of assets that are in use; those with plans and prices are left out.
select
    c.number, c.id, c.site_id, c.asset_id, c.key, c.name, c.kind::text, c.quantity::text, c.unit::text, c.resolution_seconds,
    c.schedule, c.writable, c.direction::text, c.multiplier, c.target_minimum, c.target_maximum, c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high, c.states
from channels as c
where c.asset_id = any ($1::uuid[]) and c.archived_at is null and not c.schedule
order by c.key, c.number;

-- name: newest
-- $1 channel_numbers int4[], $2 first_at timestamptz[], $3 last_at timestamptz[], $4 most int8
-- The newest readings of a stretch of each channel, newest first, at most so many, as packed columns in network order: instants
-- (int8, microseconds since 2000) and values (float8, NaN where it is BAD or has none).
select asked.place, b.instants, b.reading_values
from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) with ordinality as asked (number, first_at, last_at, place)
cross join lateral (
    select
        string_agg(timestamptz_send(r.observed_at), '') as instants,
        string_agg(float8send(case when r.quality = 'BAD' then 'NaN' else coalesce(r.value, 'NaN') end), '') as reading_values
    from (
        select observed_at, value, quality
        from readings
        where channel_number = asked.number and observed_at >= asked.first_at and observed_at < asked.last_at
        order by observed_at desc
        limit $4
    ) as r
) as b;

-- name: heard
-- $1 channel_numbers int4[], $2 until timestamptz[], $3 most int8
-- When each channel was read last up to a time of its own, newest first, packed as above: BAD readings too, for it speaks.
select asked.place, b.instants
from unnest($1::int4[], $2::timestamptz[]) with ordinality as asked (number, until, place)
cross join lateral (
    select string_agg(timestamptz_send(r.observed_at), '') as instants
    from (
        select observed_at from readings
        where channel_number = asked.number and observed_at <= asked.until
        order by observed_at desc
        limit $3
    ) as r
) as b;

-- name: earlier
-- $1 channel_numbers int4[], $2 first_at timestamptz[], $3 length_seconds float8[], $4 windows int4, $5 samples int4
-- From each of so many windows before a stretch, each as long as that, so many readings at even distances: the first usable one of
-- each part. Packed as above, with the number of the window, from 1 for the last one, of each.
select asked.place, array_agg(w.number) as windows, string_agg(timestamptz_send(r.observed_at), '') as instants,
    string_agg(float8send(r.value), '') as reading_values
from unnest($1::int4[], $2::timestamptz[], $3::float8[]) with ordinality as asked (number, first_at, length_seconds, place)
cross join generate_series(1, $4::int4) as w (number)
cross join generate_series(0, $5::int4 - 1) as part (number)
cross join lateral (
    select observed_at, value
    from readings
    where channel_number = asked.number and quality <> 'BAD' and value is not null
        and observed_at >= asked.first_at - asked.length_seconds * (w.number - part.number / $5::float8) * interval '1 second'
        and observed_at < asked.first_at - asked.length_seconds * (w.number - (part.number + 1) / $5::float8) * interval '1 second'
    order by observed_at
    limit 1
) as r
group by asked.place;

-- name: held
-- $1 channel_numbers int4[], $2 first_at timestamptz[], $3 step_seconds float8[], $4 hold_seconds float8[], $5 points int4,
-- $6 slack_seconds float8[]
-- What each channel told last at even instants, but no longer before than it holds: usable values packed in network order, NaN for none.
-- Each is looked at up to its slack later, by the golden ratio counted from the end, so that a grid that begins earlier looks alike.
select asked.place, string_agg(float8send(coalesce(r.value, 'NaN')), '' order by point.number) as reading_values
from unnest($1::int4[], $2::timestamptz[], $3::float8[], $4::float8[], $6::float8[]) with ordinality
    as asked (number, first_at, step_seconds, hold_seconds, slack_seconds, place)
cross join generate_series(0, $5::int4 - 1) as point (number)
cross join lateral (
    select asked.first_at + interval '1 second'
        * (point.number * asked.step_seconds + asked.slack_seconds * (($5::int4 - 1 - point.number) * 0.6180339887498949 % 1.0)) as at
) as looked
left join lateral (
    select value
    from readings
    where channel_number = asked.number and quality <> 'BAD' and value is not null
        and observed_at <= looked.at and observed_at > looked.at - asked.hold_seconds * interval '1 second'
    order by observed_at desc
    limit 1
) as r on true
group by asked.place;

-- name: ahead
-- $1 channel_numbers int4[], $2 first_at timestamptz[], $3 step_seconds float8[], $4 hold_seconds float8[], $5 points int4,
-- $6 slack_seconds float8[]
-- The same of channels of intervals: what the interval tells that an instant begins or lies in.
select asked.place, string_agg(float8send(coalesce(r.value, 'NaN')), '' order by point.number) as reading_values
from unnest($1::int4[], $2::timestamptz[], $3::float8[], $4::float8[], $6::float8[]) with ordinality
    as asked (number, first_at, step_seconds, hold_seconds, slack_seconds, place)
cross join generate_series(0, $5::int4 - 1) as point (number)
cross join lateral (
    select asked.first_at + interval '1 second'
        * (point.number * asked.step_seconds + asked.slack_seconds * (($5::int4 - 1 - point.number) * 0.6180339887498949 % 1.0)) as at
) as looked
left join lateral (
    select case when quality <> 'BAD' then value end as value
    from readings
    where channel_number = asked.number
        and observed_at > looked.at and observed_at <= looked.at + asked.hold_seconds * interval '1 second'
    order by observed_at
    limit 1
) as r on true
group by asked.place;

-- name: changes
-- $1 channel_numbers int4[], $2 first_at timestamptz, $3 last_at timestamptz, $4 most int4
-- When each channel of states told another state than before, the newest ones, and the first and the last of all; packed as above.
select asked.place, string_agg(timestamptz_send(s.observed_at), '' order by s.observed_at) as instants,
    string_agg(float8send(s.value), '' order by s.observed_at) as reading_values
from unnest($1::int4[]) with ordinality as asked (number, place)
cross join lateral (
    select n.observed_at, n.value
    from (
        select observed_at, value, lag(value) over in_time as before
        from readings
        where channel_number = asked.number and quality <> 'BAD' and value is not null and observed_at >= $2 and observed_at < $3
        window in_time as (order by observed_at)
    ) as n
    where n.before is distinct from n.value
    order by n.observed_at desc
    limit $4
) as s
group by asked.place;

-- name: counts
-- $1 channel_numbers int4[], $2 first_at timestamptz[], $3 last_at timestamptz[], $4 resolutions int4[] (seconds)
-- How many readings a stretch of each channel holds, how many of them are BAD, and how many of those that the resolution asks for are
-- there and usable: those of one slot count once.
select asked.place, a.readings, a.bad, a.actual
from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::int4[]) with ordinality
    as asked (number, first_at, last_at, resolution, place)
cross join lateral (
    select
        count(*)::int4 as readings,
        (count(*) filter (where quality = 'BAD'))::int4 as bad,
        (count(distinct coalesce(date_bin(asked.resolution * interval '1 second', observed_at, asked.first_at), observed_at))
            filter (where quality <> 'BAD'))::int4 as actual
    from readings
    where channel_number = asked.number and observed_at >= asked.first_at and observed_at < asked.last_at
) as a;

-- name: calibrations
-- $1 channel_ids uuid[], $2 until timestamptz[]
-- The calibration of each channel that counted at a time of its own: the one performed last by then.
select asked.place, k.performed_at, k.valid_until
from unnest($1::uuid[], $2::timestamptz[]) with ordinality as asked (id, until, place)
cross join lateral (
    select performed_at, valid_until from calibrations
    where channel_id = asked.id and performed_at <= asked.until
    order by performed_at desc, id desc
    limit 1
) as k;

-- name: alarms
-- $1 channel_ids uuid[], $2 until timestamptz[]
-- Which alarms of each channel held at a time of its own, with the severity and the state that they had then. A step counts from the
-- reading that shows it, or from when it was taken where that was earlier.
select asked.place, a.id, a.cause::text, stood.severity::text, stood.state::text, true as holds, a.message, a.score
from unnest($1::uuid[], $2::timestamptz[]) with ordinality as asked (id, until, place)
join alarms as a on a.channel_id = asked.id and (a.closed_at is null or a.closed_at > asked.until)
    and (a.returned_at is null or a.returned_at > asked.until)
cross join lateral (
    select t.state, t.severity from alarm_transitions as t
    where t.alarm_id = a.id and least(t.observed_at, t.at) <= asked.until
    order by t.sequence desc
    limit 1
) as stood
cross join lateral (
    select t.action from alarm_transitions as t
    where t.alarm_id = a.id and least(t.observed_at, t.at) <= asked.until and t.action in ('RAISED', 'RAISED_AGAIN', 'RETURNED')
    order by t.sequence desc
    limit 1
) as moved
where moved.action <> 'RETURNED'
order by asked.place, a.cause;

-- name: channels_of_site
-- $1 site_id uuid, $2 most int4
-- What diagnosis must know of the channels of a site and of its assets that are in use; those with plans and prices are left out.
select
    c.number, c.id, c.site_id, c.asset_id, c.key, c.name, c.kind::text, c.quantity::text, c.unit::text, c.resolution_seconds,
    c.schedule, c.writable, c.direction::text, c.multiplier, c.target_minimum, c.target_maximum, c.limit_low_low, c.limit_low,
    c.limit_high, c.limit_high_high, c.states
from channels as c
where c.site_id = $1 and c.archived_at is null and not c.schedule
order by c.key, c.number
limit $2;

-- name: channels_by_id
-- $1 channel_ids uuid[]
-- The same of some channels, in use or not.
select
    c.number, c.id, c.site_id, c.asset_id, c.key, c.name, c.kind::text, c.quantity::text, c.unit::text, c.resolution_seconds,
    c.schedule, c.writable, c.direction::text, c.multiplier, c.target_minimum, c.target_maximum, c.limit_low_low, c.limit_low,
    c.limit_high, c.limit_high_high, c.states
from channels as c
where c.id = any ($1::uuid[]);

-- name: assets_of_site
-- $1 site_id uuid, $2 kind asset_kind, $3 most int4
-- The meters or machines of a site that are in use, by name.
select id from assets where site_id = $1 and kind = $2::asset_kind and archived_at is null order by name, id limit $3;

-- name: assets_by_id
-- $1 asset_ids uuid[]
-- Which of these meters and machines whoever asks may see.
select id from assets where id = any ($1::uuid[]);

-- name: faulty
-- $1 channel_ids uuid[], $2 first_at timestamptz, $3 last_at timestamptz
-- For how many seconds of a period each channel had an alarm that speaks of its sensor, and not of what it measures.
select asked.place, extract(epoch from sum(upper(r.period) - lower(r.period)))::float8 as faulty_seconds
from unnest($1::uuid[]) with ordinality as asked (id, place)
cross join lateral (
    select unnest(range_agg(tstzrange(greatest(h.since, $2), least(h.until, $3)))) as period
    from (
        select t.action, least(t.observed_at, t.at) as since,
            coalesce(
                lead(least(t.observed_at, t.at)) over (partition by a.id order by t.sequence), a.returned_at, a.closed_at, $3
            ) as until
        from alarms as a
        join alarm_transitions as t on t.alarm_id = a.id
        where a.channel_id = asked.id and a.cause in ('STUCK', 'STALE', 'DRIFT', 'CLOCK_OFF', 'OUTLIER_TAMPER', 'SPIKE', 'DIP')
            and t.action in ('RAISED', 'RAISED_AGAIN', 'RETURNED')
    ) as h
    where h.action <> 'RETURNED' and h.since < $3 and h.until > greatest(h.since, $2)
) as r
group by asked.place;

-- name: live
-- $1 channel_numbers int4[], $2 until timestamptz
-- Which channels were heard live: their newest reading up to a time was recorded within a day, and not imported later.
select asked.number
from unnest($1::int4[]) as asked (number)
cross join lateral (
    select observed_at, recorded_at from readings
    where channel_number = asked.number and observed_at <= $2
    order by observed_at desc
    limit 1
) as r
where r.recorded_at <= r.observed_at + interval '1 day';
