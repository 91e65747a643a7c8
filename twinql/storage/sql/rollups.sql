-- name: waiting
-- $1 now timestamptz, $2 most int4
-- Where days that are over want to be built: whole days of the site that hold marks, those beside each other as one stretch. A
-- reading of a channel of intervals that lies on midnight belongs to the day before.
select
    w.number, w.by_end, w.resolution_seconds, w.time_zone, lower(stretch) as first_at, upper(stretch) as last_at
from (
    select
        c.number, c.kind = 'INTERVAL' as by_end, c.resolution_seconds, s.time_zone,
        range_agg(tstzrange(
            date_trunc('day', m.first_at - f.sooner, s.time_zone),
            (date_trunc('day', (m.last_at - f.sooner) at time zone s.time_zone) + interval '1 day') at time zone s.time_zone
        )) as stretches
    from twinql.rollup_marks as m
    join channels as c on c.number = m.channel_number
    join sites as s on s.id = c.site_id
    cross join lateral (
        select case c.kind when 'INTERVAL' then interval '1 microsecond' else interval '0' end as sooner
    ) as f
    where m.first_at - f.sooner < date_trunc('day', $1::timestamptz, s.time_zone)
    group by c.number, c.kind, c.resolution_seconds, s.time_zone
) as w
cross join lateral unnest(w.stretches) as stretch
order by first_at
limit $2::int4;

-- name: rebuild
-- $1 channel_number int4, $2 edges_us int8[] (microseconds since 1970, ascending)
-- Builds days anew where they are marked still: another process may have done so. False where one is at it.
select case
    when exists (
        select from twinql.rollup_marks as m
        where m.channel_number = $1::int4 and m.first_at < e.edges[cardinality(e.edges)] and m.last_at >= e.edges[1]
    ) then twinql_private.rebuild_rollups($1::int4, e.edges)
    else true
end
from (
    select array_agg(timestamptz 'epoch' + us * interval '1 microsecond' order by us) as edges from unnest($2::int8[]) as us
) as e;

-- name: merge
-- Makes few marks of many; false where another process is at it.
select twinql_private.merge_rollup_marks();
