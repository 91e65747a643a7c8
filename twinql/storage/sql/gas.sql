-- name: of_channels
-- $1 channel_numbers int4[]
-- What a cubic metre is worth on the gas meter of each channel; channels of anything else have no row.
select asked.place, m.calorific_value, m.volume_correction
from unnest($1::int4[]) with ordinality as asked (number, place)
join channels as c on c.number = asked.number
join meters as m on m.id = c.asset_id
where m.commodity = 'GAS';
