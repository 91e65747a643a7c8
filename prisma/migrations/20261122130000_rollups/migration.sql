-- What a channel read in a day, kept ready. A row says all that the readings from one instant until another come to, and which
-- instants these are: whoever reads takes it where it lies in one bucket, whatever the zone was, and takes readings for the rest.
-- It holds unless a mark touches it. Whoever writes readings marks them in the same statement; a mark is only ever added beside
-- others, so that no writer waits, and only what rebuilds takes away what it has seen. See docs/adr/0026.

-- In the schema twinql, which is no part of the API: readers come to them under row-level security, as to readings.
create table twinql.rollups (
    channel_number integer not null,
    organisation_number integer not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    readings integer not null,
    quality smallint,
    total double precision,
    minimum double precision,
    maximum double precision,
    first_value double precision,
    first_quality smallint,
    last_value double precision,
    last_quality smallint,
    quarter_readings integer[],
    quarter_qualities smallint[],
    quarter_totals double precision[],
    quarter_minima double precision[],
    quarter_maxima double precision[],
    quarter_first_values double precision[],
    quarter_first_qualities smallint[],
    quarter_last_values double precision[],
    quarter_last_qualities smallint[],
    constraint rollups_pkey primary key (channel_number, starts_at),
    constraint rollups_day_check check (starts_at < ends_at and ends_at <= starts_at + interval '30 hours')
);
-- The arrays lie aside: days are read without them.
alter table twinql.rollups set (toast_tuple_target = 256);
comment on table twinql.rollups is 'What the readings of a channel say together, a day of its site in a row.';
comment on column twinql.rollups.channel_number is 'The number of the channel.';
comment on column twinql.rollups.organisation_number is 'The number of the channel''s organisation.';
comment on column twinql.rollups.starts_at is 'Readings from this instant on; for a channel of intervals it lies a microsecond after midnight.';
comment on column twinql.rollups.ends_at is 'Readings before this instant.';
comment on column twinql.rollups.readings is 'How many of them are usable.';
comment on column twinql.rollups.quality is 'The worst of what is usable: 0 good, 1 uncertain; 2 where all is BAD, and empty where there is none.';
comment on column twinql.rollups.total is 'The sum of what is usable, in the unit of the channel.';
comment on column twinql.rollups.minimum is 'The least of what is usable, in the unit of the channel.';
comment on column twinql.rollups.maximum is 'The greatest of what is usable, in the unit of the channel.';
comment on column twinql.rollups.first_value is 'The first usable value, in the unit of the channel.';
comment on column twinql.rollups.first_quality is 'The quality of the first usable value: 0 good, 1 uncertain.';
comment on column twinql.rollups.last_value is 'The last usable value, in the unit of the channel.';
comment on column twinql.rollups.last_quality is 'The quality of the last usable value: 0 good, 1 uncertain.';
comment on column twinql.rollups.quarter_readings is 'The same of each quarter of an hour from the start on; these columns are empty for days of few readings.';
comment on column twinql.rollups.quarter_qualities is 'The qualities of the quarters of an hour.';
comment on column twinql.rollups.quarter_totals is 'The sums of the quarters of an hour.';
comment on column twinql.rollups.quarter_minima is 'The least values of the quarters of an hour.';
comment on column twinql.rollups.quarter_maxima is 'The greatest values of the quarters of an hour.';
comment on column twinql.rollups.quarter_first_values is 'The first usable values of the quarters of an hour.';
comment on column twinql.rollups.quarter_first_qualities is 'The qualities of these.';
comment on column twinql.rollups.quarter_last_values is 'The last usable values of the quarters of an hour.';
comment on column twinql.rollups.quarter_last_qualities is 'The qualities of these.';

create table twinql.rollup_marks (
    channel_number integer not null,
    organisation_number integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null
);
-- Marks come and go all the time.
alter table twinql.rollup_marks set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
comment on table twinql.rollup_marks is 'Where readings were written since what is kept ready was built; one instant may be marked often.';
comment on column twinql.rollup_marks.channel_number is 'The number of the channel.';
comment on column twinql.rollup_marks.organisation_number is 'The number of the channel''s organisation.';
comment on column twinql.rollup_marks.first_at is 'The first instant that may have changed.';
comment on column twinql.rollup_marks.last_at is 'The last one.';
create index rollup_marks_channel_number_first_at_idx on twinql.rollup_marks (channel_number, first_at);
comment on index twinql.rollup_marks_channel_number_first_at_idx is 'Serves the marks of a channel in a period.';

do $$
declare
    guarded text;
begin
    foreach guarded in array array['rollups', 'rollup_marks'] loop
        execute format('alter table twinql.%I enable row level security', guarded);
        execute format('revoke all on twinql.%I from public, anon, authenticated, service_role, twinql_device, twinql_server, twinql_worker', guarded);
        execute format('grant select on twinql.%I to authenticated, service_role, twinql_device, twinql_worker', guarded);
        execute format('create policy %I on twinql.%I for select to twinql_worker, service_role using (true)', guarded || '_service', guarded);
        -- As those of readings, in the same words.
        execute format(
            'create policy %I on twinql.%I for select to authenticated
                using (case when organisation_number = (select twinql.organisation_number()) then true end is not null)',
            guarded || '_read', guarded
        );
        execute format(
            'create policy %I on twinql.%I for select to twinql_device
                using (case when channel_number = any ((select twinql.device_channels())::integer[]) then true end is not null)',
            guarded || '_device', guarded
        );
    end loop;
end
$$;

-- What is kept ready of a period and exact for these buckets: each day that lies in one of them and is not marked, and of other
-- days the quarters of an hour for which the same holds. No function stands between it and its readers: it becomes a part of
-- their statements, and of their snapshot, in which a mark is seen if what it marks is seen.
create function twinql.kept_ready(channel_number integer, edges timestamptz[], first_at timestamptz, last_at timestamptz)
returns table (
    starts_at timestamptz, ends_at timestamptz, readings integer, quality smallint, total double precision,
    minimum double precision, maximum double precision, first_value double precision, first_quality smallint,
    last_value double precision, last_quality smallint
)
language sql stable
begin atomic
    with marked as materialized (
        select coalesce(range_agg(tstzrange(m.first_at, m.last_at, '[]')), '{}') as stretches
        from twinql.rollup_marks as m
        where m.channel_number = kept_ready.channel_number and m.first_at < kept_ready.last_at and m.last_at >= kept_ready.first_at
    ),
    days as materialized (
        select
            d.*,
            d.starts_at >= kept_ready.first_at and d.ends_at <= kept_ready.last_at
                and width_bucket(d.starts_at, edges) = width_bucket(d.ends_at - interval '1 microsecond', edges)
                and not tstzrange(d.starts_at, d.ends_at) && k.stretches as whole
        from twinql.rollups as d
        cross join marked as k
        where d.channel_number = kept_ready.channel_number and d.ends_at > kept_ready.first_at
            and d.starts_at < kept_ready.last_at and d.starts_at > kept_ready.first_at - interval '30 hours'
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
        and q.starts_at >= kept_ready.first_at and q.starts_at + interval '15 minutes' <= kept_ready.last_at
        and width_bucket(q.starts_at, edges) = width_bucket(q.starts_at + interval '14 minutes 59.999999 seconds', edges)
        and not tstzrange(q.starts_at, q.starts_at + interval '15 minutes') && k.stretches;
end;
comment on function twinql.kept_ready(integer, timestamptz[], timestamptz, timestamptz) is
    'What is kept ready of a channel''s readings in a period, and holds for the buckets between these edges.';

create function twinql.bucketed(channel_number integer, edges timestamptz[], first_at timestamptz, last_at timestamptz)
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
            group by 1
        ) as r
    ) as p
    group by p.bucket;
end;
comment on function twinql.bucketed(integer, timestamptz[], timestamptz, timestamptz) is
    'What the readings of a channel come to in each bucket that has any, of what is kept ready where that is exact. Channels of intervals ask with all times a microsecond later.';

create function twinql.bucketed_ends(
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
            group by 1
        ) as r
        left join lateral (
            select w.value, w.quality
            from public.readings as w
            where w.channel_number = bucketed_ends.channel_number and w.observed_at = r.wanted_at
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
comment on function twinql.bucketed_ends(integer, timestamptz[], timestamptz, timestamptz, boolean) is
    'The first usable value of a channel in each bucket that has readings, or the newest, and the quality of that one. Channels of intervals ask with all times a microsecond later.';

revoke all on function
    twinql.kept_ready(integer, timestamptz[], timestamptz, timestamptz),
    twinql.bucketed(integer, timestamptz[], timestamptz, timestamptz),
    twinql.bucketed_ends(integer, timestamptz[], timestamptz, timestamptz, boolean)
    from public;
grant execute on function
    twinql.kept_ready(integer, timestamptz[], timestamptz, timestamptz),
    twinql.bucketed(integer, timestamptz[], timestamptz, timestamptz),
    twinql.bucketed_ends(integer, timestamptz[], timestamptz, timestamptz, boolean)
    to authenticated, service_role, twinql_device, twinql_worker;
