-- name: buckets
-- $1 channel_numbers int4[], $2 by_end bool[], $3 edges timestamptz[] ascending, $4 first timestamptz, $5 last timestamptz
-- The usable readings of each bucket together, for channels that are divided alike; bucket counts from 1.
select
    i.place, b.bucket, count(*) as readings, sum(b.value) as total, min(b.value) as least, max(b.value) as greatest,
    bool_or(b.quality in ('UNCERTAIN', 'ESTIMATED', 'SUBSTITUTED')) as doubtful
from unnest($1::int4[], $2::bool[]) with ordinality as i (channel_number, by_end, place)
cross join lateral (
    select
        width_bucket(r.observed_at - case when i.by_end then interval '1 microsecond' else interval '0' end, $3::timestamptz[]) as bucket,
        r.value, r.quality
    from readings as r
    where r.channel_number = i.channel_number
        and r.observed_at between $4::timestamptz and $5::timestamptz
        and r.observed_at <> case when i.by_end then $4::timestamptz else $5::timestamptz end
        and r.quality <> 'BAD'
) as b
group by i.place, b.bucket;

-- name: bad_buckets
-- $1 channel_numbers int4[], $2 by_end bool[], $3 edges timestamptz[] ascending, $4 first timestamptz, $5 last timestamptz
-- Which buckets hold BAD readings.
select distinct
    i.place,
    width_bucket(r.observed_at - case when i.by_end then interval '1 microsecond' else interval '0' end, $3::timestamptz[]) as bucket
from unnest($1::int4[], $2::bool[]) with ordinality as i (channel_number, by_end, place)
join readings as r on r.channel_number = i.channel_number
where r.observed_at between $4::timestamptz and $5::timestamptz
    and r.observed_at <> case when i.by_end then $4::timestamptz else $5::timestamptz end
    and r.quality = 'BAD';

-- name: ends
-- $1 channel_numbers int4[], $2 by_end bool[], $3 edges timestamptz[] ascending, $4 first timestamptz, $5 last timestamptz, $6 newest bool
-- The first or the last usable reading of each bucket.
select distinct on (b.place, b.bucket) b.place, b.bucket, b.value, b.quality in ('UNCERTAIN', 'ESTIMATED', 'SUBSTITUTED') as doubtful
from (
    select
        i.place, r.value, r.quality, r.observed_at,
        width_bucket(r.observed_at - case when i.by_end then interval '1 microsecond' else interval '0' end, $3::timestamptz[]) as bucket
    from unnest($1::int4[], $2::bool[]) with ordinality as i (channel_number, by_end, place)
    join readings as r on r.channel_number = i.channel_number
    where r.observed_at between $4::timestamptz and $5::timestamptz
        and r.observed_at <> case when i.by_end then $4::timestamptz else $5::timestamptz end
        and r.quality <> 'BAD'
) as b
order by b.place, b.bucket, case when $6::bool then -extract(epoch from b.observed_at) else extract(epoch from b.observed_at) end;

-- name: deltas
-- $1 channel_numbers int4[], $2 register_maxima float8[] (NaN where there is none), $3 tolerances float8[] (seconds; infinity where
-- there is none), $4 edges timestamptz[] ascending, $5 first timestamptz, $6 last timestamptz
-- What registers counted in each bucket: each step from one usable value to the next belongs to the bucket in which it ends.
-- A fall is a rollover where the register declares its maximum and was near it, else a reset, across which nothing is known.
with known as (
    select i.place, i.maximum, i.tolerance, base.observed_at, base.value, base.quality
    from unnest($1::int4[], $2::float8[], $3::float8[]) with ordinality as i (channel_number, maximum, tolerance, place)
    cross join lateral (
        select r.observed_at, r.value, r.quality
        from readings as r
        where r.channel_number = i.channel_number and r.observed_at <= $5::timestamptz and r.quality <> 'BAD'
        order by r.observed_at desc
        limit 1
    ) as base
    union all
    select i.place, i.maximum, i.tolerance, r.observed_at, r.value, r.quality
    from unnest($1::int4[], $2::float8[], $3::float8[]) with ordinality as i (channel_number, maximum, tolerance, place)
    join readings as r on r.channel_number = i.channel_number
    where r.observed_at > $5::timestamptz and r.observed_at <= $6::timestamptz and r.quality <> 'BAD'
),
steps as (
    select
        place, maximum, tolerance, observed_at, value, quality,
        lag(value) over w as former_value, lag(observed_at) over w as former_at, lag(quality) over w as former_quality
    from known
    window w as (partition by place order by observed_at)
),
divided as (
    select *, width_bucket(observed_at - interval '1 microsecond', $4::timestamptz[]) as bucket
    from steps
    where former_value is not null and observed_at > $5::timestamptz
)
select
    place, bucket,
    sum(case
        when value >= former_value then value - former_value
        when maximum <> 'NaN' and former_value >= 0.9 * maximum and value <= maximum then maximum - former_value + value
    end) as delta,
    bool_or(
        (value < former_value and not (maximum <> 'NaN' and former_value >= 0.9 * maximum and value <= maximum))
        or quality in ('UNCERTAIN', 'ESTIMATED', 'SUBSTITUTED')
        or former_quality in ('UNCERTAIN', 'ESTIMATED', 'SUBSTITUTED')
        or extract(epoch from ($4::timestamptz[])[bucket] - former_at) > tolerance
    ) as doubtful
from divided
group by place, bucket;

-- name: raw
-- $1 channel_numbers int4[], $2 by_end bool[], $3 first timestamptz, $4 last timestamptz, $5 most int8
-- The readings themselves, oldest first, at most so many a channel.
select
    i.place, (extract(epoch from r.observed_at) * 1000000)::int8 as observed_us, r.value,
    array_position(enum_range(null::reading_quality), r.quality) - 1 as quality
from unnest($1::int4[], $2::bool[]) with ordinality as i (channel_number, by_end, place)
cross join lateral (
    select observed_at, value, quality
    from readings
    where channel_number = i.channel_number
        and observed_at between $3::timestamptz and $4::timestamptz
        and observed_at <> case when i.by_end then $3::timestamptz else $4::timestamptz end
    order by observed_at
    limit $5::int8
) as r
order by i.place, r.observed_at;

-- name: actual
-- $1 channel_numbers int4[], $2 by_end bool[], $3 first timestamptz, $4 last timestamptz, $5 resolutions int4[]
-- How many of the readings that the resolution asks for are there and usable: those of one slot count once.
select i.place, count(distinct floor(
    (extract(epoch from r.observed_at - $3::timestamptz) - case when i.by_end then 0.000001 else 0 end) / i.resolution
)) as actual
from unnest($1::int4[], $2::bool[], $5::int4[]) with ordinality as i (channel_number, by_end, resolution, place)
join readings as r on r.channel_number = i.channel_number
where r.observed_at between $3::timestamptz and $4::timestamptz
    and r.observed_at <> case when i.by_end then $3::timestamptz else $4::timestamptz end
    and r.quality <> 'BAD'
group by i.place;

-- name: statistics
-- $1 channel_numbers int4[], $2 by_end bool[], $3 first timestamptz, $4 last timestamptz
-- What the usable readings of a period say together.
select
    i.place, count(*) as count, avg(r.value) as mean, min(r.value) as minimum, max(r.value) as maximum,
    stddev_samp(r.value) as standard_deviation,
    percentile_cont(array[0.05, 0.5, 0.95]) within group (order by r.value) as percentiles
from unnest($1::int4[], $2::bool[]) with ordinality as i (channel_number, by_end, place)
join readings as r on r.channel_number = i.channel_number
where r.observed_at between $3::timestamptz and $4::timestamptz
    and r.observed_at <> case when i.by_end then $3::timestamptz else $4::timestamptz end
    and r.quality <> 'BAD'
group by i.place;

-- name: gaps
-- $1 channel_numbers int4[], $2 resolutions int4[] (seconds), $3 first timestamptz, $4 lasts timestamptz[], $5 by_end bool[],
-- $6 most int8
-- Stretches in which readings are missing, the edges of the period included. A reading is due at the beginning of the period and
-- none at its end; of intervals none ends at the beginning and one at the end.
select g.place, g.former_at as first, g.observed_at as last, g.missing
from (
    select
        s.place, s.former_at, s.observed_at,
        (round(extract(epoch from s.observed_at - s.former_at) / s.resolution) - 1
            + case when s.begins and not s.by_end then 1 else 0 end
            + case when s.ends and s.by_end then 1 else 0 end)::int8 as missing
    from (
        select
            t.place, t.resolution, t.by_end, t.observed_at, t.edge = 1 as ends,
            coalesce(lag(t.observed_at) over w, $3::timestamptz) as former_at, lag(t.observed_at) over w is null as begins
        from (
            select i.place, i.resolution, i.by_end, r.observed_at, 0 as edge
            from unnest($1::int4[], $2::int4[], $4::timestamptz[], $5::bool[])
                with ordinality as i (channel_number, resolution, last, by_end, place)
            join readings as r on r.channel_number = i.channel_number
            where r.observed_at between $3::timestamptz and i.last
                and r.observed_at <> case when i.by_end then $3::timestamptz else i.last end
                and r.quality <> 'BAD'
            union all
            select i.place, i.resolution, i.by_end, i.last, 1
            from unnest($1::int4[], $2::int4[], $4::timestamptz[], $5::bool[])
                with ordinality as i (channel_number, resolution, last, by_end, place)
        ) as t
        window w as (partition by t.place order by t.observed_at, t.edge)
    ) as s
) as g
where g.missing > 0
order by g.place, g.former_at
limit $6::int8;

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
