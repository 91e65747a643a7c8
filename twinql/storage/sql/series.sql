-- name: buckets
-- $1 channel_numbers int4[], $2 edges_us int8[] (microseconds since 1970, ascending), $3 first_at timestamptz, $4 last_at timestamptz
-- One row per channel that has readings: which buckets (from 1), and what is in each. Channels of intervals ask with all times a
-- microsecond later, so that every bucket holds what lies from its beginning on and before its end. Quality is the worst of what is
-- usable, 2 where all is BAD.
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
-- The same with the first usable value of each bucket, or the last, and the quality of that one. Its limit keeps a prepared plan, which
-- does not know the period, from reading all channels' readings of it for the few that are wanted.
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

-- name: deltas
-- $1 channel_numbers int4[], $2 register_maxima float8[], $3 late_us int8[] (how old the value at an edge may be), $4 edges_us int8[],
-- $5 first_at timestamptz, $6 last_at timestamptz
-- What registers counted in each bucket: the sum of their rises, each of which belongs where its later value lies (from < t <= until).
-- A fall is a rollover where the value before was within a tenth of the declared maximum and the rise across it is less than a tenth;
-- otherwise a reset, and what was counted across it is unknown. What is unknown, or began long before the bucket, is UNCERTAIN.
with division as materialized (
    select array_agg(timestamptz 'epoch' + e.us * interval '1 microsecond' order by e.us) as edges from unnest($4::int8[]) as e (us)
)
select
    asked.place,
    array_agg(b.bucket) as buckets,
    array_agg(b.readings) as readings,
    array_agg(b.quality) as qualities,
    array_agg(b.delta) as deltas
from unnest($1::int4[], $2::float8[], $3::int8[]) with ordinality as asked (number, maximum, late_us, place)
cross join division
cross join lateral (
    select
        width_bucket(step.observed_at, division.edges) as bucket,
        count(*) filter (where not step.bad) as readings,
        coalesce(max((
            step.doubtful or coalesce(step.doubtful_before, false) or step.rise is null
            or coalesce(
                step.at_before < greatest(division.edges[width_bucket(step.observed_at, division.edges)], $5)
                    - asked.late_us * interval '1 microsecond', false
            )
        )::int) filter (where not step.bad), 2) as quality,
        sum(step.rise) filter (where not step.bad) as delta
    from (
        select
            pair.*,
            case
                when pair.value >= pair.value_before then pair.value - pair.value_before
                when pair.value_before between asked.maximum * 0.9 and asked.maximum
                    and asked.maximum - pair.value_before + pair.value < asked.maximum * 0.1
                    and pair.value >= 0 then asked.maximum - pair.value_before + pair.value
            end as rise
        from (
            select
                known.*,
                lag(known.value) over in_time as value_before,
                lag(known.observed_at) over in_time as at_before,
                lag(known.doubtful) over in_time as doubtful_before
            from (
                select
                    r.observed_at, r.value, r.quality = 'BAD' as bad,
                    r.quality in ('UNCERTAIN', 'ESTIMATED', 'SUBSTITUTED') as doubtful
                from (
                    (
                        select observed_at, value, quality
                        from readings
                        where channel_number = asked.number and observed_at < $5 and quality <> 'BAD'
                        order by observed_at desc
                        limit 1
                    )
                    union all
                    select observed_at, value, quality
                    from readings
                    where channel_number = asked.number and observed_at >= $5 and observed_at < $6
                ) as r
            ) as known
            -- BAD readings stand apart, so that a rise is one from a good value to the next good one.
            window in_time as (partition by known.bad order by known.observed_at)
        ) as pair
    ) as step
    where step.observed_at >= $5
    group by 1
) as b
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

-- name: consumption_channels
-- $1 meter_ids uuid[]
-- The channel that counts what each meter takes in: amounts over intervals before registers, then by key; place counts from 1.
select distinct on (i.place)
    i.place, c.number, c.kind::text, c.quantity::text, c.unit::text, s.time_zone, c.resolution_seconds, c.register_maximum, c.schedule
from unnest($1::uuid[]) with ordinality as i (meter_id, place)
join meters as m on m.id = i.meter_id
join channels as c on c.asset_id = m.id
join sites as s on s.id = c.site_id
where c.archived_at is null
    and c.kind in ('INTERVAL', 'CUMULATIVE')
    and c.direction is distinct from 'EXPORT'
    and c.quantity = any(case when m.commodity in ('GAS', 'WATER') then array['VOLUME', 'ENERGY'] else array['ENERGY'] end::quantity[])
order by i.place, c.quantity = 'ENERGY' and m.commodity in ('GAS', 'WATER'), c.direction is null, c.kind = 'CUMULATIVE', c.key;
