-- name: price_channels
-- $1 channel_ids uuid[]
-- What reading prices must know of channels; archived ones told prices too.
select id, number, unit::text, kind::text, resolution_seconds
from channels
where id = any($1) and quantity in ('PRICE', 'CARBON_INTENSITY') and kind in ('INTERVAL', 'INSTANTANEOUS');

-- name: carbon_channels
-- $1 meter_ids uuid[]
-- The channel that tells how much carbon dioxide each meter's energy emits: the meter's own, else the site's, which is that
-- of the grid; place counts from 1.
select distinct on (i.place) i.place, c.id, c.number, c.unit::text, c.kind::text, c.resolution_seconds
from unnest($1::uuid[]) with ordinality as i (meter_id, place)
join assets as a on a.id = i.meter_id
join meters as m on m.id = a.id
join channels as c on c.site_id = a.site_id and (c.asset_id = a.id or (c.asset_id is null and m.commodity = 'ELECTRICITY'))
where c.quantity = 'CARBON_INTENSITY' and c.kind in ('INTERVAL', 'INSTANTANEOUS') and c.archived_at is null
order by i.place, c.asset_id is null, c.key;

-- name: points
-- $1 channel_numbers int4[], $2 first_at timestamptz, $3 last_at timestamptz
-- What price channels said from the reading at or before one instant up to the one at or after another, packed in network
-- order: instants (int8, microseconds since 2000) each with its value (float8, NaN where it is BAD or missing).
select asked.place, p.packed
from unnest($1::int4[]) with ordinality as asked (number, place)
cross join lateral (
    select string_agg(
        timestamptz_send(r.observed_at) || float8send(case when r.quality <> 'BAD' then coalesce(r.value, 'NaN') else 'NaN' end), ''
    ) as packed
    from (
        select observed_at, value, quality
        from readings
        where channel_number = asked.number
            and observed_at >= coalesce((
                select observed_at
                from readings
                where channel_number = asked.number and observed_at <= $2
                order by observed_at desc limit 1
            ), $2)
            and observed_at <= coalesce((
                select observed_at
                from readings
                where channel_number = asked.number and observed_at >= $3
                order by observed_at limit 1
            ), $3)
        order by observed_at
    ) as r
) as p;
