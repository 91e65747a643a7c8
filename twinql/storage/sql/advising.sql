-- name: last
-- $1 channel_numbers int4[], $2 most int4
-- The newest readings of channels, in the order of observation.
select asked.number as channel_number, extract(epoch from r.observed_at)::float8 as at_s, r.value
from unnest($1::int4[]) as asked (number)
cross join lateral (
    select observed_at, value
    from readings
    where channel_number = asked.number and quality <> 'BAD' and value is not null
    order by observed_at desc
    limit $2::int4
) as r
order by asked.number, r.observed_at;

-- name: advised
-- $1 channel_ids uuid[], $2 rule text, $3 since timestamptz, $4 now timestamptz
-- When a rule had something to say of channels that somebody may have followed, with what came after: what was read then is not how they usually behave.
select channel_id, made_at, coalesce(settled_at, $4::timestamptz) + interval '15 minutes' as until_at
from decisions
where channel_id = any($1::uuid[]) and rule = $2::text
    and coalesce(settled_at, $4::timestamptz) >= $3::timestamptz;

-- name: coolers
-- $1 asset_ids uuid[], $2 since timestamptz, $3 now timestamptz, $4 share float8, $5 fewest int4
-- What tells how much things do that cool assets, on them, on what they are part of and on their parts, with the value that is passed for all but a share of the
-- readings since then; only of those of which so many are known, and which do something for all but that share. What switches them, and whether it is off.
select
    me.id as near_id, c.number, c.key, case when a.id = me.id then c.name else a.name || ': ' || c.name end as name, c.unit::text, usual.least,
    switch.number as switch, coalesce(switch.value < 0.5, false) as was_off
from assets as me
join assets as a on a.id = me.id or a.parent_id = me.id or a.id = me.parent_id
join channels as c on c.asset_id = a.id and c.archived_at is null and not c.schedule
    and c.quantity in ('POWER', 'CURRENT', 'FLOW') and c.kind = 'INSTANTANEOUS' and not c.writable and c.direction is distinct from 'EXPORT'
cross join lateral (
    select percentile_disc($4::float8) within group (order by r.value) as least, count(*) as readings
    from readings as r
    where r.channel_number = c.number and r.quality <> 'BAD' and r.value is not null
        and r.observed_at > $2::timestamptz and r.observed_at <= $3::timestamptz
) as usual
left join lateral (
    select
        s.number,
        (select r.value from readings as r where r.channel_number = s.number and r.quality <> 'BAD' order by r.observed_at desc limit 1) as value
    from channels as s
    where s.asset_id = a.id and s.quantity = 'SWITCH' and s.kind = 'STATE' and s.archived_at is null
    order by s.number
    limit 1
) as switch on true
where me.id = any($1::uuid[]) and usual.readings >= $5::int4 and usual.least > 0.0
    and (coalesce(lower(a.attributes ->> 'role') = 'cooling', false) or a.name ~* 'cool' or c.name ~* 'cool')
order by me.id, c.quantity, c.number;
