-- name: channels
-- $1 organisation_id uuid, $2 channel_ids uuid[]
-- The channels to be exported with the names that tell them apart; each argument may be null, which takes all.
select
    c.id, c.number, c.key, c.quantity::text, c.unit::text, c.kind::text, s.name as site, m.serial_number as meter,
    case when m.id is null then a.name end as machine
from channels as c
join sites as s on s.id = c.site_id
left join assets as a on a.id = c.asset_id
left join meters as m on m.id = c.asset_id
where ($1::uuid is null or c.organisation_id = $1::uuid) and ($2::uuid[] is null or c.id = any($2::uuid[]))
order by s.name, a.name nulls first, c.key, c.id;

-- name: readings
-- $1 channel_number int4, $2 first_at timestamptz, $3 last_at timestamptz, $4 by_end bool
-- A channel's readings of a period, oldest first; an interval belongs to the period in which it ends, first_at excluded.
select observed_at, value, quality::text
from readings
where channel_number = $1::int4
    and observed_at >= $2::timestamptz and observed_at <= $3::timestamptz
    and case when $4::bool then observed_at > $2::timestamptz else observed_at < $3::timestamptz end
order by observed_at;
