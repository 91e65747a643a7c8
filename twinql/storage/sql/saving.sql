-- name: loads
-- $1 asset_ids uuid[]
-- What can be set near assets and takes power: each writable speed, power or load, with the channel that measures the same on its asset, the one that reads the power
-- of that, and the nearest meter in whose tariff it is charged: the asset itself or what it is part of.
select distinct on (c.id)
    c.id, measured.number as measured_number, power.number as power_number, power.unit::text as power_unit, meter.id as meter_id
from assets as me
join assets as a on a.id = me.id or a.parent_id = me.id or a.id = me.parent_id
join channels as c on c.asset_id = a.id and c.writable and c.archived_at is null and c.quantity in ('ROTATIONAL_SPEED', 'POWER', 'LOAD')
cross join lateral (
    select m.number from channels as m
    where m.asset_id = a.id and m.quantity = c.quantity and m.unit = c.unit and m.kind = 'INSTANTANEOUS' and not m.writable
        and m.archived_at is null
    order by m.number
    limit 1
) as measured
cross join lateral (
    select p.number, p.unit from channels as p
    where p.asset_id = a.id and p.quantity = 'POWER' and p.kind = 'INSTANTANEOUS' and p.direction is distinct from 'EXPORT'
        and not p.writable and p.archived_at is null
    order by p.number
    limit 1
) as power
left join assets as above on above.id = a.parent_id
left join lateral (
    select m.id from meters as m where m.id in (a.id, above.id, above.parent_id) and m.commodity = 'ELECTRICITY'
    order by m.id = a.id desc, m.id = above.id desc
    limit 1
) as meter on true
where me.id = any($1::uuid[])
order by c.id;
