-- name: visible
-- $1 channels uuid[], $2 assets uuid[], $3 sites uuid[]
-- Which of these the actor may see; channels with the numbers under which readings name them.
select
    array(select number from channels where id = any($1::uuid[])) as numbers,
    array(select id from channels where id = any($1::uuid[])) as channels,
    array(select id from assets where id = any($2::uuid[])) as assets,
    array(select id from sites where id = any($3::uuid[])) as sites;

-- name: channels_in_use
-- $1 numbers int4[], $2 assets uuid[], $3 sites uuid[], $4 everything bool
-- The channels that are followed now, as far as the actor may see them.
select number
from channels
where archived_at is null and (number = any($1::int4[]) or asset_id = any($2::uuid[]) or site_id = any($3::uuid[]) or $4::bool)
order by number;

-- name: costs
-- $1 meter_ids uuid[], $2 site_ids uuid[], $3 everything bool
-- The meters whose costs are followed, with the numbers of the channels on which those depend: what counts, the prices in the
-- terms of its tariffs, and the carbon intensity. Of a site those that stand beneath no other meter, whose costs add up.
select
    a.id, m.billing_day, s.time_zone,
    array(
        select c.number
        from channels as c
        where c.asset_id = a.id and c.kind in ('INTERVAL', 'CUMULATIVE')
        union
        select c.number
        from channels as c
        where c.site_id = a.site_id and (c.asset_id = a.id or c.asset_id is null) and c.quantity = 'CARBON_INTENSITY'
        union
        select c.number
        from agreements as g
        join tariff_revisions as r on r.tariff_id = g.tariff_id
        cross join lateral jsonb_path_query(r.terms, '$.bands[*].dynamic.channel') as price (channel)
        join channels as c on c.id = (price.channel #>> '{}')::uuid
        where g.meter_id = a.id
    ) as numbers
from assets as a
join meters as m on m.id = a.id
join sites as s on s.id = a.site_id
left join assets as above on above.id = a.parent_id and above.kind = 'METER'
where a.id = any($1::uuid[])
    or ((a.site_id = any($2::uuid[]) or $3::bool) and above.id is null and a.archived_at is null)
order by a.name, a.id;
