-- name: newest
-- $1 channel_number int4, $2 first_at timestamptz, $3 last_at timestamptz, $4 most int4
-- The newest readings of a stretch, oldest first, as packed columns in network order: instants (int8, microseconds since 2000) and values
-- (float8, NaN where nobody measured one).
select
    string_agg(timestamptz_send(observed_at), '' order by observed_at) as instants,
    string_agg(
        float8send(case when quality in ('BAD', 'ESTIMATED', 'SUBSTITUTED') then 'NaN' else coalesce(value, 'NaN') end), ''
        order by observed_at
    ) as reading_values
from (
    select observed_at, value, quality
    from readings
    where channel_number = $1::int4 and observed_at >= $2::timestamptz and observed_at < $3::timestamptz
    order by observed_at desc
    limit $4::int4
) as r;

-- name: thinned
-- $1 channel_number int4, $2 first_at timestamptz, $3 last_at timestamptz, $4 step interval
-- The newest usable reading of each step of a stretch, packed as above.
select
    string_agg(timestamptz_send(r.observed_at), '' order by r.observed_at) as instants,
    string_agg(float8send(r.value), '' order by r.observed_at) as reading_values
from generate_series($2::timestamptz, $3::timestamptz - $4::interval, $4::interval) as step (begins_at)
cross join lateral (
    select observed_at, value
    from readings
    where channel_number = $1::int4 and observed_at >= step.begins_at and observed_at < step.begins_at + $4::interval
        and value is not null and quality not in ('BAD', 'ESTIMATED', 'SUBSTITUTED')
    order by observed_at desc
    limit 1
) as r;
