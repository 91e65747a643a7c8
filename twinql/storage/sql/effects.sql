-- name: meters_of
-- $1 channel_numbers int4[]
-- The meters of these channels, by name.
select coalesce(array_agg(a.id order by a.name, a.id), '{}')
from assets as a
where a.kind = 'METER' and a.id in (select asset_id from channels where number = any($1::int4[]));
