-- Who marks what is kept ready, and what builds it anew.

-- One mark for each channel and day of a statement: how far it reached there. Days as they come: marks belong to no zone.
create function twinql_private.mark_readings() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    if tg_op <> 'INSERT' then
        insert into twinql.rollup_marks (channel_number, organisation_number, first_at, last_at)
        select channel_number, min(organisation_number), min(observed_at), max(observed_at)
        from old_rows
        group by channel_number, date_bin('1 day', observed_at, timestamptz '2000-01-01 00:00:00+00');
    end if;
    if tg_op <> 'DELETE' then
        insert into twinql.rollup_marks (channel_number, organisation_number, first_at, last_at)
        select channel_number, min(organisation_number), min(observed_at), max(observed_at)
        from new_rows
        group by channel_number, date_bin('1 day', observed_at, timestamptz '2000-01-01 00:00:00+00');
    end if;
    return null;
end
$$;
comment on function twinql_private.mark_readings() is 'Marks where readings were written, changed or deleted.';

create function twinql_private.forget_rollups() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    perform twinql_private.mark_period('-infinity', 'infinity');
    return null;
end
$$;
comment on function twinql_private.forget_rollups() is 'Marks everything that is kept ready: its readings are gone.';

-- Also for whoever attaches, detaches or drops a partition by hand, in the same transaction: no trigger tells of that.
create function twinql_private.mark_period(first_at timestamptz, last_at timestamptz) returns void
language sql
set search_path = ''
begin atomic
    insert into twinql.rollup_marks (channel_number, organisation_number, first_at, last_at)
    select r.channel_number, min(r.organisation_number), greatest(min(r.starts_at), mark_period.first_at), least(max(r.ends_at), mark_period.last_at)
    from twinql.rollups as r
    where r.starts_at <= mark_period.last_at and r.ends_at > mark_period.first_at
    group by r.channel_number;
    insert into twinql.rollup_marks (channel_number, organisation_number, first_at, last_at)
    select r.channel_number, min(r.organisation_number), min(r.observed_at), max(r.observed_at)
    from public.readings as r
    where r.observed_at between mark_period.first_at and mark_period.last_at
    group by r.channel_number;
end;
comment on function twinql_private.mark_period(timestamptz, timestamptz) is
    'Marks a period of all channels: for whoever attaches or drops a partition of readings by hand.';

-- The same on partitions, for whoever writes into one of them: their parent's triggers do not act there.
create function twinql_private.mark_writes_to(written regclass) returns void
language plpgsql
set search_path = ''
as $$
begin
    execute format('create trigger readings_mark_inserted after insert on %s
        referencing new table as new_rows for each statement execute function twinql_private.mark_readings()', written);
    execute format('create trigger readings_mark_updated after update on %s
        referencing old table as old_rows new table as new_rows for each statement execute function twinql_private.mark_readings()', written);
    execute format('create trigger readings_mark_deleted after delete on %s
        referencing old table as old_rows for each statement execute function twinql_private.mark_readings()', written);
    execute format('create trigger readings_mark_truncated after truncate on %s
        for each statement execute function twinql_private.forget_rollups()', written);
end
$$;
comment on function twinql_private.mark_writes_to(regclass) is 'Has every write to a table of readings marked.';

select twinql_private.mark_writes_to('public.readings');
select twinql_private.mark_writes_to(inhrelid::regclass) from pg_inherits where inhparent = 'public.readings'::regclass;

create or replace function twinql_private.create_partition(month date) returns boolean
language plpgsql
set search_path = ''
as $$
declare
    partition_name constant text := 'readings_' || to_char(month, 'YYYY_MM');
    lower_bound constant timestamptz := month::timestamp at time zone 'UTC';
    upper_bound constant timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
    if to_regclass('twinql_private.' || partition_name) is not null then
        return false;
    end if;
    execute format('create table twinql_private.%I (like public.readings including all)', partition_name);
    execute format('alter table twinql_private.%I enable row level security', partition_name);
    execute format('comment on table twinql_private.%I is %L', partition_name, 'Readings of ' || to_char(month, 'YYYY-MM') || ', in UTC.');
    execute format('revoke all on twinql_private.%I from public, anon, authenticated, service_role, twinql_server, twinql_worker', partition_name);
    -- Taken from the default partition itself, so that the parent's triggers do not announce what only moves.
    execute format(
        'with moved as (delete from twinql_private.readings_other where observed_at >= %L and observed_at < %L returning *)
         insert into twinql_private.%I select * from moved',
        lower_bound, upper_bound, partition_name
    );
    execute format(
        'alter table public.readings attach partition twinql_private.%I for values from (%L) to (%L)',
        partition_name, lower_bound, upper_bound
    );
    perform twinql_private.mark_writes_to(format('twinql_private.%I', partition_name)::regclass);
    return true;
end
$$;

-- What is said of a site or a channel that changes where its days begin: they are built anew.
create function twinql_private.mark_channels(concerned integer[]) returns void
language sql
set search_path = ''
begin atomic
    insert into twinql.rollup_marks (channel_number, organisation_number, first_at, last_at)
    select c.number, c.organisation_number, r.first_at, r.last_at
    from public.channels as c
    cross join lateral (
        select min(observed_at) as first_at, max(observed_at) as last_at from public.readings where channel_number = c.number
    ) as r
    where c.number = any(concerned) and r.first_at is not null;
end;
comment on function twinql_private.mark_channels(integer[]) is 'Marks all that channels have read.';

create function twinql_private.mark_other_days() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    if tg_table_name = 'sites' then
        perform twinql_private.mark_channels(array_agg(c.number))
        from new_rows as n
        join old_rows as o on o.id = n.id and o.time_zone <> n.time_zone
        join public.channels as c on c.site_id = n.id;
    else
        perform twinql_private.mark_channels(array_agg(n.number))
        from new_rows as n
        join old_rows as o on o.id = n.id and (o.site_id, o.kind = 'INTERVAL') is distinct from (n.site_id, n.kind = 'INTERVAL');
    end if;
    return null;
end
$$;
comment on function twinql_private.mark_other_days() is 'Marks the channels whose days begin elsewhere from now on.';
create trigger sites_mark_other_days after update on public.sites
    referencing old table as old_rows new table as new_rows for each statement execute function twinql_private.mark_other_days();
create trigger channels_mark_other_days after update on public.channels
    referencing old table as old_rows new table as new_rows for each statement execute function twinql_private.mark_other_days();

-- Builds the days of a channel anew. What it takes away are the marks of its own snapshot, the same in which it reads: those of
-- a writer who commits meanwhile stay, and so do parts of marks beyond these days. The lock comes first, in a statement of its
-- own: two that built in turns from snapshots of before could each undo what the other had seen.
create function twinql_private.rebuild_rollups(of_channel integer, edges timestamptz[]) returns boolean
language plpgsql security definer
set search_path = ''
as $$
declare
    final constant integer := array_length(edges, 1);
    quarter constant interval := '15 minutes';
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'what is kept ready is built in a transaction of its own, READ COMMITTED'
            using errcode = 'invalid_transaction_state';
    end if;
    if not pg_try_advisory_xact_lock(7205022) then
        return false;
    end if;
    delete from twinql.rollups as r
    where r.channel_number = of_channel and r.starts_at < edges[final] and r.ends_at > edges[1];
    with gone as (
        delete from twinql.rollup_marks as m
        where m.channel_number = of_channel and m.first_at < edges[final] and m.last_at >= edges[1]
        returning m.*
    ),
    beyond as (
        insert into twinql.rollup_marks (channel_number, organisation_number, first_at, last_at)
        select g.channel_number, g.organisation_number, min(g.first_at), edges[1] - interval '1 microsecond'
        from gone as g where g.first_at < edges[1] group by 1, 2
        union all
        select g.channel_number, g.organisation_number, edges[final], max(g.last_at)
        from gone as g where g.last_at >= edges[final] group by 1, 2
    ),
    pieces as materialized (
        select
            width_bucket(r.observed_at, edges) as day,
            date_bin(quarter, r.observed_at, edges[1]) as at,
            count(*) as found,
            count(*) filter (where r.quality <> 'BAD') as readings,
            coalesce(max((r.quality not in ('GOOD', 'EDITED'))::integer) filter (where r.quality <> 'BAD'), 2) as quality,
            sum(r.value) filter (where r.quality <> 'BAD') as total,
            min(r.value) filter (where r.quality <> 'BAD') as minimum,
            max(r.value) filter (where r.quality <> 'BAD') as maximum,
            -- When, what, and of which quality: the first and the last compare by when.
            min(array[extract(epoch from r.observed_at), r.value, (r.quality not in ('GOOD', 'EDITED'))::integer]::double precision[])
                filter (where r.quality <> 'BAD') as first_one,
            max(array[extract(epoch from r.observed_at), r.value, (r.quality not in ('GOOD', 'EDITED'))::integer]::double precision[])
                filter (where r.quality <> 'BAD') as last_one
        from public.readings as r
        where r.channel_number = of_channel and r.observed_at >= edges[1] and r.observed_at < edges[final]
        group by 1, 2
    ),
    days as materialized (
        select
            n.day, edges[n.day] as starts_at, edges[n.day + 1] as ends_at,
            coalesce(sum(p.found), 0) as found,
            coalesce(sum(p.readings), 0) as readings,
            coalesce(max(p.quality) filter (where p.quality < 2), max(p.quality)) as quality,
            sum(p.total) as total, min(p.minimum) as minimum, max(p.maximum) as maximum,
            min(p.first_one) as first_one, max(p.last_one) as last_one
        from generate_series(1, final - 1) as n (day)
        left join pieces as p on p.day = n.day
        group by n.day
    ),
    quarters as (
        select
            d.day,
            array_agg(coalesce(p.readings, 0)::integer order by q.at) as readings,
            array_agg(p.quality::smallint order by q.at) as qualities,
            array_agg(p.total order by q.at) as totals,
            array_agg(p.minimum order by q.at) as minima,
            array_agg(p.maximum order by q.at) as maxima,
            array_agg(p.first_one[2] order by q.at) as first_values,
            array_agg(p.first_one[3]::smallint order by q.at) as first_qualities,
            array_agg(p.last_one[2] order by q.at) as last_values,
            array_agg(p.last_one[3]::smallint order by q.at) as last_qualities
        from days as d
        cross join lateral generate_series(d.starts_at, d.ends_at - quarter, quarter) as q (at)
        left join pieces as p on p.day = d.day and p.at = q.at
        -- Where a quarter of an hour has four readings or more, on the whole.
        where d.found * quarter >= 4 * (d.ends_at - d.starts_at)
            and date_bin(quarter, d.starts_at, edges[1]) = d.starts_at and date_bin(quarter, d.ends_at, edges[1]) = d.ends_at
        group by d.day
    )
    insert into twinql.rollups
    select
        of_channel, c.organisation_number, d.starts_at, d.ends_at, d.readings, d.quality, d.total, d.minimum, d.maximum,
        d.first_one[2], d.first_one[3], d.last_one[2], d.last_one[3],
        q.readings, q.qualities, q.totals, q.minima, q.maxima, q.first_values, q.first_qualities, q.last_values, q.last_qualities
    from days as d
    join public.channels as c on c.number = of_channel
    left join quarters as q on q.day = d.day
    where exists (select from pieces);
    return true;
end
$$;
comment on function twinql_private.rebuild_rollups(integer, timestamptz[]) is
    'Builds the days of a channel between these edges anew, and takes away their marks; false where another is at it.';

-- The day that is not over waits with its marks: as one of them, when there are many.
create function twinql_private.merge_rollup_marks() returns boolean
language plpgsql security definer
set search_path = ''
as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'marks are merged in a transaction of its own, READ COMMITTED' using errcode = 'invalid_transaction_state';
    end if;
    if not pg_try_advisory_xact_lock(7205022) then
        return false;
    end if;
    with many as materialized (
        select m.channel_number, date_bin('1 day', m.first_at, timestamptz '2000-01-01 00:00:00+00') as day
        from twinql.rollup_marks as m
        group by 1, 2
        having count(*) > 16
    ),
    gone as (
        delete from twinql.rollup_marks as m
        using many
        where m.channel_number = many.channel_number and m.first_at >= many.day and m.first_at < many.day + interval '24 hours'
        returning m.*, many.day
    )
    insert into twinql.rollup_marks (channel_number, organisation_number, first_at, last_at)
    select channel_number, min(organisation_number), min(first_at), max(last_at) from gone group by channel_number, day;
    return true;
end
$$;
comment on function twinql_private.merge_rollup_marks() is 'Makes one of the marks of a channel''s day where they are many; false where another is at it.';

revoke all on all functions in schema twinql_private from public;
grant execute on function twinql_private.rebuild_rollups(integer, timestamptz[]), twinql_private.merge_rollup_marks() to twinql_worker;

-- What is there already is built in the background.
select twinql_private.mark_channels(array_agg(number)) from public.channels;
