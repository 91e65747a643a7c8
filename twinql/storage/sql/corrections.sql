-- name: of_readings
-- $1 channel_numbers int4[], $2 observed_at timestamptz[]
-- What these readings said before, oldest first; place counts from 1.
select
    i.place, c.former_value as value, c.former_quality::text as quality, c.former_source::text as source,
    c.former_recorded_at as recorded_at, c.corrected_at, c.corrected_by, c.reason
from unnest($1::int4[], $2::timestamptz[]) with ordinality as i (channel_number, observed_at, place)
join reading_corrections as c on c.channel_number = i.channel_number and c.observed_at = i.observed_at
order by i.place, c.number;
