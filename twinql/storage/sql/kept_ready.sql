-- name: days
-- $1 channel_number int4, $2 edges timestamptz[] (ascending), $3 first_at timestamptz, $4 last_at timestamptz
-- What is kept ready of a period and exact for these buckets: each day that lies in one of them and is not marked, and of other
-- days the quarters of an hour for which the same holds. A mark is seen if what it marks is seen: it is one snapshot.
with marked as materialized (
    select coalesce(range_agg(tstzrange(m.first_at, m.last_at, '[]')), '{}') as stretches
    from twinql.rollup_marks as m
    where m.channel_number = $1 and m.first_at < $4 and m.last_at >= $3
),
days as materialized (
    select
        d.*,
        d.starts_at >= $3 and d.ends_at <= $4
            and width_bucket(d.starts_at, $2) = width_bucket(d.ends_at - interval '1 microsecond', $2)
            and not tstzrange(d.starts_at, d.ends_at) && k.stretches as whole
    from twinql.rollups as d
    cross join marked as k
    where d.channel_number = $1 and d.ends_at > $3 and d.starts_at < $4 and d.starts_at > $3 - interval '30 hours'
)
select
    starts_at, ends_at, readings, quality, total, minimum, maximum, first_value, first_quality, last_value, last_quality
from days
where whole
union all
select
    q.starts_at, q.starts_at + interval '15 minutes', q.readings, q.quality, q.total, q.minimum, q.maximum,
    q.first_value, q.first_quality, q.last_value, q.last_quality
from days as d
cross join marked as k
cross join lateral (
    select d.starts_at + (n.place - 1) * interval '15 minutes' as starts_at, n.*
    from unnest(
        d.quarter_readings, d.quarter_qualities, d.quarter_totals, d.quarter_minima, d.quarter_maxima,
        d.quarter_first_values, d.quarter_first_qualities, d.quarter_last_values, d.quarter_last_qualities
    ) with ordinality as n (
        readings, quality, total, minimum, maximum, first_value, first_quality, last_value, last_quality, place
    )
) as q
where not d.whole
    and q.starts_at >= $3 and q.starts_at + interval '15 minutes' <= $4
    and width_bucket(q.starts_at, $2) = width_bucket(q.starts_at + interval '14 minutes 59.999999 seconds', $2)
    and not tstzrange(q.starts_at, q.starts_at + interval '15 minutes') && k.stretches;

-- name: totals
-- $1 channel_number int4, $2 edges timestamptz[] (ascending), $3 first_at timestamptz, $4 last_at timestamptz
-- What the readings of a channel come to in each bucket that has any (from 1), of what is kept ready where that is exact. Channels
-- of intervals ask with all times a microsecond later. Quality is the worst of what is usable, 2 where all is BAD. The period stands
-- beside its stretches: whoever plans or begins to read leaves out the months outside of it.
with ready as materialized (include kept_ready.days($1, $2, $3, $4)),
rest as materialized (
    select unnest(
        tstzmultirange(tstzrange($3, $4)) - coalesce(range_agg(tstzrange(ready.starts_at, ready.ends_at)), '{}')
    ) as stretch
    from ready
)
select
    p.bucket, sum(p.readings)::bigint as readings, coalesce(max(p.quality) filter (where p.quality < 2), 2) as quality,
    sum(p.total) as total, min(p.minimum) as minimum, max(p.maximum) as maximum
from (
    select width_bucket(r.starts_at, $2) as bucket, r.readings, r.quality::integer, r.total, r.minimum, r.maximum
    from ready as r
    where r.quality is not null
    union all
    select r.*
    from rest as s
    cross join lateral (
        select
            width_bucket(w.observed_at, $2) as bucket,
            count(*) filter (where w.quality <> 'BAD') as readings,
            coalesce(max((w.quality not in ('GOOD', 'EDITED'))::integer) filter (where w.quality <> 'BAD'), 2) as quality,
            sum(w.value) filter (where w.quality <> 'BAD') as total,
            min(w.value) filter (where w.quality <> 'BAD') as minimum,
            max(w.value) filter (where w.quality <> 'BAD') as maximum
        from public.readings as w
        where w.channel_number = $1
            and w.observed_at >= lower(s.stretch) and w.observed_at < upper(s.stretch)
            and w.observed_at >= $3 and w.observed_at < $4
        group by 1
    ) as r
) as p
group by p.bucket;

-- name: ends
-- $1 channel_number int4, $2 edges timestamptz[] (ascending), $3 first_at timestamptz, $4 last_at timestamptz, $5 newest bool
-- The same with the first usable value of each bucket, or the last, and the quality of that one.
with ready as materialized (include kept_ready.days($1, $2, $3, $4)),
rest as materialized (
    select unnest(
        tstzmultirange(tstzrange($3, $4)) - coalesce(range_agg(tstzrange(ready.starts_at, ready.ends_at)), '{}')
    ) as stretch
    from ready
),
pieces as (
    select
        width_bucket(r.starts_at, $2) as bucket, r.readings, r.starts_at as at,
        case when $5 then r.last_value else r.first_value end as value,
        case when $5 then r.last_quality else r.first_quality end::integer as quality
    from ready as r
    where r.quality is not null
    union all
    select r.bucket, r.readings, r.wanted_at, e.value, (e.quality not in ('GOOD', 'EDITED'))::integer
    from rest as s
    cross join lateral (
        select
            width_bucket(w.observed_at, $2) as bucket,
            count(*) filter (where w.quality <> 'BAD') as readings,
            case when $5 then max(w.observed_at) filter (where w.quality <> 'BAD')
                else min(w.observed_at) filter (where w.quality <> 'BAD') end as wanted_at
        from public.readings as w
        where w.channel_number = $1
            and w.observed_at >= lower(s.stretch) and w.observed_at < upper(s.stretch)
            and w.observed_at >= $3 and w.observed_at < $4
        group by 1
    ) as r
    left join lateral (
        select w.value, w.quality
        from public.readings as w
        where w.channel_number = $1 and w.observed_at = r.wanted_at and w.observed_at >= $3 and w.observed_at < $4
        limit 1
    ) as e on true
)
select t.bucket, t.readings, coalesce(t.best[3]::integer, 2) as quality, t.best[2] as value
from (
    select
        p.bucket, sum(p.readings)::bigint as readings,
        -- When, what, and of which quality: they compare by when.
        max(array[extract(epoch from p.at) * case when $5 then 1 else -1 end, p.value, p.quality]::double precision[])
            filter (where p.readings > 0) as best
    from pieces as p
    group by p.bucket
) as t;
