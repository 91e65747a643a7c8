-- name: candidates
-- $1 channel_id uuid, $2 named uuid[]
-- The channels in use on the asset of a channel, its parts, its parent and the site itself, and those that are named, wherever they stand;
-- what is told of things elsewhere on the site is not near.
select
    c.id, c.number, c.key, case when c.asset_id is null or c.asset_id = me.asset_id then c.name else a.name || ': ' || c.name end as name,
    concat_ws(' ', c.key, c.name, a.name, a.attributes ->> 'role') as words, c.quantity::text, c.unit::text, c.kind::text,
    c.direction::text, c.writable, c.states,
    case
        when c.asset_id = me.asset_id then 'OWN'
        when a.parent_id = me.asset_id then 'PART'
        when c.asset_id = mine.parent_id then 'PARENT'
        when c.asset_id is null and c.site_id = me.site_id then 'SITE'
        else 'ELSEWHERE'
    end as place
from channels as me
left join assets as mine on mine.id = me.asset_id
join channels as c on c.id <> me.id and c.archived_at is null and (c.site_id = me.site_id or c.id = any($2::uuid[]))
left join assets as a on a.id = c.asset_id
where me.id = $1::uuid and (
    c.id = any($2::uuid[]) or (c.site_id = me.site_id and (c.asset_id is null or c.asset_id = me.asset_id or a.parent_id = me.asset_id or a.id = mine.parent_id))
)
order by c.number;

-- name: on_grid
-- $1 channel_numbers int4[], $2 from timestamptz, $3 until timestamptz, $4 step_seconds int4
-- What channels read in each step: the mean, and the mean of its last fifth, or else the last value. A reading at the end of a step is its.
select
    s.channel_number, s.step, avg(s.value) as mean,
    coalesce(avg(s.value) filter (where s.into > 0.8), (max(array[s.into, s.value]))[2]) as ending
from (
    select
        r.channel_number, r.value, places.place - floor(places.place) as into, floor(places.place)::int4 as step
    from readings as r
    cross join lateral (
        select (extract(epoch from r.observed_at - interval '1 microsecond' - $2::timestamptz) / $4::int4)::float8 as place
    ) as places
    where r.channel_number = any($1::int4[]) and r.observed_at > $2::timestamptz and r.observed_at <= $3::timestamptz
        and r.quality <> 'BAD' and r.value is not null
) as s
group by s.channel_number, s.step;

-- name: before
-- $1 channel_numbers int4[], $2 first timestamptz
-- What channels read last up to an instant.
select asked.number as channel_number, last.value
from unnest($1::int4[]) as asked (number)
cross join lateral (
    select r.value
    from readings as r
    where r.channel_number = asked.number and r.observed_at <= $2::timestamptz and r.quality <> 'BAD' and r.value is not null
    order by r.observed_at desc
    limit 1
) as last;
