-- name: meters_to_bill
-- $1 meter_ids uuid[]
-- What billing must know of meters, with the channels that count what flows each way: amounts over intervals before registers, and of
-- registers all that are named, or else the first; a direction that nobody declared counts as IMPORT. One row for each channel, and one for a
-- meter that has none; place counts from 1. What was archived together with its meter counted all the same, and so did a named register that
-- was archived by itself, up to then (ended_at): beside named ones in use, or where nothing else counts.
with counting as (
    select
        i.place, m.commodity, c.*,
        coalesce(c.direction, 'IMPORT') as way,
        c.kind = 'CUMULATIVE' and c.register is not null as named,
        case when c.archived_at is distinct from a.archived_at then c.archived_at end as ended_at
    from unnest($1::uuid[]) with ordinality as i (meter_id, place)
    join meters as m on m.id = i.meter_id
    join assets as a on a.id = m.id
    join channels as c on c.asset_id = m.id
    where (c.archived_at is null or c.archived_at = a.archived_at or c.register is not null)
        and c.kind in ('INTERVAL', 'CUMULATIVE')
        and c.quantity = any(case when m.commodity in ('GAS', 'WATER') then array['VOLUME', 'ENERGY'] else array['ENERGY'] end::quantity[])
),
beside as (
    select c.*, bool_or(c.named and c.ended_at is null) over (partition by c.place, c.way) as beside_named
    from counting as c
    where c.ended_at is null or c.named
),
candidates as (
    select
        c.*,
        dense_rank() over (
            partition by c.place, c.way
            order by
                c.ended_at is not null and not c.beside_named,
                c.quantity = 'ENERGY' and c.commodity in ('GAS', 'WATER'), c.direction is null, c.kind = 'CUMULATIVE', c.register is null,
                case when not c.named then c.key end
        ) as choice
    from beside as c
)
select
    i.place, m.id as meter_id, a.site_id, s.time_zone, m.commodity::text, m.billing_day, m.calorific_value, m.volume_correction,
    c.id as channel_id, c.number, c.key, case when c.kind = 'CUMULATIVE' then c.register end as register, c.way::text as direction,
    c.kind::text, c.unit::text, c.quantity::text, c.multiplier, c.register_maximum, c.resolution_seconds, c.schedule, c.ended_at
from unnest($1::uuid[]) with ordinality as i (meter_id, place)
join meters as m on m.id = i.meter_id
join assets as a on a.id = m.id
join sites as s on s.id = a.site_id
left join candidates as c on c.place = i.place and c.choice = 1
order by i.place, c.way, c.register, c.key;

-- name: counted
-- $1 channel_numbers int4[], $2 first_at timestamptz, $3 last_at timestamptz
-- The readings of channels from the last usable one up to an instant on, and up to the first usable one after another, packed in network
-- order: channel_number (int4), instant (int8, microseconds since 2000), value (float8, NaN where there is none), and a byte for the quality:
-- 0 for what can be trusted, 1 for estimates and the like, 2 for BAD. In no order: readings of many channels lie beside each other in the
-- table, and are fetched once for all of them.
select string_agg(
    int4send(r.channel_number) || timestamptz_send(r.observed_at) || float8send(coalesce(r.value, 'NaN'))
        || case r.quality when 'GOOD' then '\x00'::bytea when 'BAD' then '\x02' when 'EDITED' then '\x00' else '\x01' end,
    ''
) as packed
from (
    select channel_number, observed_at, value, quality
    from readings
    where channel_number = any($1::int4[]) and observed_at > $2 and observed_at <= $3
    union all
    select asked.number, before.observed_at, before.value, before.quality
    from unnest($1::int4[]) as asked (number)
    cross join lateral (
        select observed_at, value, quality
        from readings
        where channel_number = asked.number and observed_at <= $2 and quality <> 'BAD' and value is not null
        order by observed_at desc limit 1
    ) as before
    union all
    select asked.number, later.observed_at, later.value, later.quality
    from unnest($1::int4[]) as asked (number)
    cross join lateral (
        select observed_at, value, quality
        from readings
        where channel_number = asked.number and observed_at > $3 and quality <> 'BAD' and value is not null
        order by observed_at limit 1
    ) as later
) as r;

-- name: beneath
-- $1 meter_ids uuid[]
-- The meters right beneath each meter that measure the same, by name, with when they were first read and when they were taken out of use;
-- place counts from 1. When it was there is no matter of what was known: `public.` keeps that from being asked.
select i.place, a.id as meter_id, a.archived_at as until, began.since
from unnest($1::uuid[]) with ordinality as i (meter_id, place)
join meters as main on main.id = i.meter_id
join assets as a on a.parent_id = i.meter_id
join meters as m on m.id = a.id and m.commodity = main.commodity
left join lateral (
    select min(oldest.observed_at) as since
    from channels as c
    cross join lateral (
        select observed_at from public.readings where channel_number = c.number order by observed_at limit 1
    ) as oldest
    where c.asset_id = a.id and c.kind in ('INTERVAL', 'CUMULATIVE')
) as began on true
order by i.place, a.name, a.id;
