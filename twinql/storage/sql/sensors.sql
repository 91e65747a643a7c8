-- name: sensors
-- $1 soon timestamptz
-- Channels of assets in use whose sensor may need something: those with an open alarm that holds or whose calibration ends until then, with how many
-- others are on their asset and how many of those are silent.
with troubled as (
    select
        a.channel_id,
        jsonb_agg(jsonb_build_object(
            'cause', a.cause, 'since', a.raised_at, 'score', a.score, 'occurrences', a.occurrences
        ) order by a.raised_at) as troubles
    from alarms as a
    where a.closed_at is null and a.condition_holds and a.state <> 'OUT_OF_SERVICE'
    group by a.channel_id
),
calibrated as (
    select distinct on (channel_id) channel_id, valid_until from calibrations order by channel_id, performed_at desc, recorded_at desc
)
select
    c.id, c.organisation_id, c.asset_id, c.unit::text,
    coalesce(c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high) is not null as guards,
    coalesce(troubled.troubles, '[]') as troubles, beside.others, beside.silent, calibrated.valid_until
from channels as c
left join troubled on troubled.channel_id = c.id
left join calibrated on calibrated.channel_id = c.id and calibrated.valid_until <= $1::timestamptz
cross join lateral (
    select
        count(*)::int4 as others,
        (count(*) filter (where exists (
            select from alarms as s
            where s.channel_id = o.id and s.cause = 'STALE' and s.closed_at is null and s.condition_holds
        )))::int4 as silent
    from channels as o
    where o.asset_id = c.asset_id and o.id <> c.id and o.archived_at is null and not o.schedule and not o.writable
) as beside
where c.archived_at is null and c.asset_id is not null and (troubled.channel_id is not null or calibrated.channel_id is not null);

-- name: substitutes
-- $1 channel_id uuid
-- Measured channels of the same quantity and unit in use near a channel: on its asset, its parts, its parent and the site itself, the nearest first; none
-- that is in trouble itself.
select o.number, o.key, o.name, me.number as own_number
from channels as me
join assets as mine on mine.id = me.asset_id
join channels as o on o.id <> me.id and o.organisation_id = me.organisation_id and o.site_id = me.site_id and o.quantity = me.quantity
    and o.unit = me.unit and o.kind = me.kind and o.archived_at is null and not o.writable and not o.schedule
left join assets as a on a.id = o.asset_id
where me.id = $1::uuid and me.kind = 'INSTANTANEOUS'
    and (o.asset_id is null or o.asset_id = me.asset_id or a.parent_id = me.asset_id or a.id = mine.parent_id or a.parent_id = mine.parent_id)
    and not exists (
        select from alarms as t
        where t.channel_id = o.id and t.cause in ('STUCK', 'STALE', 'DRIFT', 'CLOCK_OFF') and t.closed_at is null and t.condition_holds
    )
order by o.asset_id = me.asset_id desc nulls last, a.parent_id = me.asset_id desc nulls last, o.asset_id is null, o.number
limit 5;
