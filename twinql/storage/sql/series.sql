-- name: bucketed
-- $1 channel_numbers int4[], $2 edges_us int8[] (microseconds since 1970, ascending), $3 first_at timestamptz, $4 last_at timestamptz
-- One row per channel that has readings: which buckets (from 1), and what is in each. Channels of intervals ask with all times a
-- microsecond later, so that every bucket holds what lies from its beginning on and before its end. Quality is the worst of what is
-- usable, 2 where all is BAD. What is kept ready answers where it is exact.
with division as materialized (
    select array_agg(timestamptz 'epoch' + e.us * interval '1 microsecond' order by e.us) as edges from unnest($2::int8[]) as e (us)
)
select
    asked.place,
    array_agg(b.bucket) as buckets,
    array_agg(b.readings) as readings,
    array_agg(b.quality) as qualities,
    array_agg(b.total) as totals,
    array_agg(b.minimum) as minima,
    array_agg(b.maximum) as maxima
from unnest($1::int4[]) with ordinality as asked (number, place)
cross join division
cross join lateral (include kept_ready.totals(asked.number, division.edges, $3, $4)) as b
group by asked.place;

-- name: bucketed_ends
-- $1 channel_numbers int4[], $2 edges_us int8[] (microseconds since 1970, ascending), $3 first_at timestamptz, $4 last_at timestamptz,
-- $5 newest bool
-- The same with the first usable value of each bucket, or the last, and the quality of that one.
with division as materialized (
    select array_agg(timestamptz 'epoch' + e.us * interval '1 microsecond' order by e.us) as edges from unnest($2::int8[]) as e (us)
)
select
    asked.place,
    array_agg(b.bucket) as buckets,
    array_agg(b.readings) as readings,
    array_agg(b.quality) as qualities,
    array_agg(b.value) as ends
from unnest($1::int4[]) with ordinality as asked (number, place)
cross join division
cross join lateral (include kept_ready.ends(asked.number, division.edges, $3, $4, $5)) as b
group by asked.place;

-- name: buckets
-- $1 channel_numbers int4[], $2 edges_us int8[] (microseconds since 1970, ascending), $3 first_at timestamptz, $4 last_at timestamptz
-- What `bucketed` gives, of readings alone: as they were known at a time nothing of them is kept ready.
with division as materialized (
    select array_agg(timestamptz 'epoch' + e.us * interval '1 microsecond' order by e.us) as edges from unnest($2::int8[]) as e (us)
)
select
    asked.place,
    array_agg(b.bucket) as buckets,
    array_agg(b.readings) as readings,
    array_agg(b.quality) as qualities,
    array_agg(b.total) as totals,
    array_agg(b.minimum) as minima,
    array_agg(b.maximum) as maxima
from unnest($1::int4[]) with ordinality as asked (number, place)
cross join division
cross join lateral (
    select
        width_bucket(r.observed_at, division.edges) as bucket,
        count(*) filter (where r.quality <> 'BAD') as readings,
        coalesce(max((r.quality in ('UNCERTAIN', 'ESTIMATED', 'SUBSTITUTED'))::int) filter (where r.quality <> 'BAD'), 2) as quality,
        sum(r.value) filter (where r.quality <> 'BAD') as total,
        min(r.value) filter (where r.quality <> 'BAD') as minimum,
        max(r.value) filter (where r.quality <> 'BAD') as maximum
    from readings as r
    where r.channel_number = asked.number and r.observed_at >= $3 and r.observed_at < $4
    group by 1
) as b
group by asked.place;

-- name: ends
-- $1 channel_numbers int4[], $2 edges_us int8[] (microseconds since 1970, ascending), $3 first_at timestamptz, $4 last_at timestamptz,
-- $5 newest bool
-- What `bucketed_ends` gives, of readings alone. Its limit keeps a prepared plan, which does not know the period, from reading all
-- channels' readings of it for the few that are wanted.
with division as materialized (
    select array_agg(timestamptz 'epoch' + e.us * interval '1 microsecond' order by e.us) as edges from unnest($2::int8[]) as e (us)
)
select
    asked.place,
    array_agg(b.bucket) as buckets,
    array_agg(b.readings) as readings,
    array_agg(coalesce((e.quality in ('UNCERTAIN', 'ESTIMATED', 'SUBSTITUTED'))::int, 2)) as qualities,
    array_agg(e.value) as ends
from unnest($1::int4[]) with ordinality as asked (number, place)
cross join division
cross join lateral (
    select
        width_bucket(r.observed_at, division.edges) as bucket,
        count(*) filter (where r.quality <> 'BAD') as readings,
        case when $5::bool then max(r.observed_at) filter (where r.quality <> 'BAD')
            else min(r.observed_at) filter (where r.quality <> 'BAD') end as wanted_at
    from readings as r
    where r.channel_number = asked.number and r.observed_at >= $3 and r.observed_at < $4
    group by 1
) as b
left join lateral (
    select r.value, r.quality from readings as r
    where r.channel_number = asked.number and r.observed_at = b.wanted_at and r.observed_at >= $3 and r.observed_at < $4
    limit 1
) as e on true
group by asked.place;

-- name: raw
-- $1 channel_numbers int4[], $2 first_at timestamptz, $3 last_at timestamptz, $4 most int8
-- The readings themselves, oldest first, at most so many a channel, as packed columns in network order: instants (int8, microseconds
-- since 2000), values (float8, NaN where there is none) and quality (a byte: 0 GOOD, 1 UNCERTAIN, 2 BAD).
select asked.place, b.instants, b.reading_values, b.qualities
from unnest($1::int4[]) with ordinality as asked (number, place)
cross join lateral (
    select
        string_agg(timestamptz_send(r.observed_at), '') as instants,
        string_agg(float8send(coalesce(r.value, 'NaN')), '') as reading_values,
        string_agg(
            case r.quality when 'BAD' then '\x02'::bytea when 'GOOD' then '\x00' when 'EDITED' then '\x00' else '\x01' end, ''
        ) as qualities
    from (
        select observed_at, value, quality
        from readings
        where channel_number = asked.number and observed_at >= $2 and observed_at < $3
        order by observed_at
        limit $4
    ) as r
) as b;

-- name: actual
-- $1 channel_numbers int4[], $2 resolutions int4[] (seconds), $3 first_at timestamptz, $4 last_at timestamptz
-- How many of the readings that the resolution asks for are there and usable: those of one slot count once; without a resolution, all do.
select asked.place, a.actual
from unnest($1::int4[], $2::int4[]) with ordinality as asked (number, resolution, place)
cross join lateral (
    select count(distinct coalesce(date_bin(asked.resolution * interval '1 second', observed_at, $3), observed_at)) as actual
    from readings
    where channel_number = asked.number and observed_at >= $3 and observed_at < $4 and quality <> 'BAD'
) as a;

-- name: statistics
-- $1 channel_numbers int4[], $2 first_at timestamptz, $3 last_at timestamptz
-- What the usable readings of a period say together.
select asked.place, s.*
from unnest($1::int4[]) with ordinality as asked (number, place)
cross join lateral (
    select
        count(*) as count,
        avg(value) as mean,
        min(value) as minimum,
        max(value) as maximum,
        stddev_samp(value) as standard_deviation,
        percentile_cont(array[0.05, 0.5, 0.95]) within group (order by value) as percentiles
    from readings
    where channel_number = asked.number and observed_at >= $2 and observed_at < $3 and quality <> 'BAD'
) as s;

-- name: gaps
-- $1 channel_numbers int4[], $2 too_far_us int8[] (distance of neighbours from which on a reading is missing), $3 first_at timestamptz,
-- $4 last_at timestamptz, $5 most int4
-- The first and the last usable reading of a period, and the neighbours that are too far apart, all in microseconds since 2000,
-- packed in network order.
select asked.place, h.first_instant, h.last_instant, h.befores, h.afters
from unnest($1::int4[], $2::int8[]) with ordinality as asked (number, too_far_us, place)
cross join lateral (
    select
        timestamptz_send(min(n.observed_at)) as first_instant,
        timestamptz_send(max(n.observed_at)) as last_instant,
        string_agg(timestamptz_send(n.at_before), '') filter (where n.hole and n.hole_number <= $5) as befores,
        string_agg(timestamptz_send(n.observed_at), '') filter (where n.hole and n.hole_number <= $5) as afters
    from (
        select d.*, count(*) filter (where d.hole) over (order by d.observed_at) as hole_number
        from (
            select
                observed_at,
                lag(observed_at) over in_time as at_before,
                observed_at - lag(observed_at) over in_time >= asked.too_far_us * interval '1 microsecond' as hole
            from readings
            where channel_number = asked.number and observed_at >= $3 and observed_at < $4 and quality <> 'BAD'
            window in_time as (order by observed_at)
        ) as d
    ) as n
) as h;
