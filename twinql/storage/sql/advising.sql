-- name: last
-- $1 channel_numbers int4[], $2 most int4
-- The newest readings of channels, in the order of observation.
select asked.number as channel_number, extract(epoch from r.observed_at)::float8 as at_s, r.value
from unnest($1::int4[]) as asked (number)
cross join lateral (
    select observed_at, value
    from readings
    where channel_number = asked.number and quality <> 'BAD' and value is not null
    order by observed_at desc
    limit $2::int4
) as r
order by asked.number, r.observed_at;

-- name: advised
-- $1 channel_ids uuid[], $2 rule text, $3 since timestamptz, $4 now timestamptz
-- When a rule had something to say of channels that somebody may have followed, with what came after: what was read then is not how they usually behave.
select channel_id, made_at, coalesce(settled_at, $4::timestamptz) + interval '15 minutes' as until_at
from decisions
where channel_id = any($1::uuid[]) and rule = $2::text
    and coalesce(settled_at, $4::timestamptz) >= $3::timestamptz;
