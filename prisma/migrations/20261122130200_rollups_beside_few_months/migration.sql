-- The period itself beside the stretches of it that are read: whoever plans or begins to read leaves out the months outside of it.

create or replace function twinql.bucketed(channel_number integer, edges timestamptz[], first_at timestamptz, last_at timestamptz)
returns table (
    bucket integer, readings bigint, quality integer, total double precision, minimum double precision, maximum double precision
)
language sql stable
begin atomic
    with ready as materialized (
        select * from twinql.kept_ready(bucketed.channel_number, edges, bucketed.first_at, bucketed.last_at)
    ),
    rest as materialized (
        select unnest(
            tstzmultirange(tstzrange(bucketed.first_at, bucketed.last_at))
            - coalesce(range_agg(tstzrange(ready.starts_at, ready.ends_at)), '{}')
        ) as stretch
        from ready
    )
    select
        p.bucket, sum(p.readings)::bigint, coalesce(max(p.quality) filter (where p.quality < 2), 2),
        sum(p.total), min(p.minimum), max(p.maximum)
    from (
        select width_bucket(r.starts_at, edges) as bucket, r.readings, r.quality::integer, r.total, r.minimum, r.maximum
        from ready as r
        where r.quality is not null
        union all
        select r.*
        from rest as s
        cross join lateral (
            select
                width_bucket(w.observed_at, edges) as bucket,
                count(*) filter (where w.quality <> 'BAD') as readings,
                coalesce(max((w.quality not in ('GOOD', 'EDITED'))::integer) filter (where w.quality <> 'BAD'), 2) as quality,
                sum(w.value) filter (where w.quality <> 'BAD') as total,
                min(w.value) filter (where w.quality <> 'BAD') as minimum,
                max(w.value) filter (where w.quality <> 'BAD') as maximum
            from public.readings as w
            where w.channel_number = bucketed.channel_number
                and w.observed_at >= lower(s.stretch) and w.observed_at < upper(s.stretch)
                and w.observed_at >= bucketed.first_at and w.observed_at < bucketed.last_at
            group by 1
        ) as r
    ) as p
    group by p.bucket;
end;

create or replace function twinql.bucketed_ends(
    channel_number integer, edges timestamptz[], first_at timestamptz, last_at timestamptz, newest boolean
)
returns table (bucket integer, readings bigint, quality integer, value double precision)
language sql stable
begin atomic
    with ready as materialized (
        select * from twinql.kept_ready(bucketed_ends.channel_number, edges, bucketed_ends.first_at, bucketed_ends.last_at)
    ),
    rest as materialized (
        select unnest(
            tstzmultirange(tstzrange(bucketed_ends.first_at, bucketed_ends.last_at))
            - coalesce(range_agg(tstzrange(ready.starts_at, ready.ends_at)), '{}')
        ) as stretch
        from ready
    ),
    pieces as (
        select
            width_bucket(r.starts_at, edges) as bucket, r.readings, r.starts_at as at,
            case when newest then r.last_value else r.first_value end as value,
            case when newest then r.last_quality else r.first_quality end::integer as quality
        from ready as r
        where r.quality is not null
        union all
        select r.bucket, r.readings, r.wanted_at, e.value, (e.quality not in ('GOOD', 'EDITED'))::integer
        from rest as s
        cross join lateral (
            select
                width_bucket(w.observed_at, edges) as bucket,
                count(*) filter (where w.quality <> 'BAD') as readings,
                case when newest then max(w.observed_at) filter (where w.quality <> 'BAD')
                    else min(w.observed_at) filter (where w.quality <> 'BAD') end as wanted_at
            from public.readings as w
            where w.channel_number = bucketed_ends.channel_number
                and w.observed_at >= lower(s.stretch) and w.observed_at < upper(s.stretch)
                and w.observed_at >= bucketed_ends.first_at and w.observed_at < bucketed_ends.last_at
            group by 1
        ) as r
        left join lateral (
            select w.value, w.quality
            from public.readings as w
            where w.channel_number = bucketed_ends.channel_number and w.observed_at = r.wanted_at
                and w.observed_at >= bucketed_ends.first_at and w.observed_at < bucketed_ends.last_at
            limit 1
        ) as e on true
    )
    select t.bucket, t.readings, coalesce(t.best[3]::integer, 2), t.best[2]
    from (
        select
            p.bucket, sum(p.readings)::bigint as readings,
            -- When, what, and of which quality: they compare by when.
            max(array[extract(epoch from p.at) * case when newest then 1 else -1 end, p.value, p.quality]::double precision[])
                filter (where p.readings > 0) as best
        from pieces as p
        group by p.bucket
    ) as t;
end;
