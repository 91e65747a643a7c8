-- name: histories
-- $1 channel_numbers int4[], $2 from timestamptz[], $3 until timestamptz[], $4 step_seconds int4[], $5 by_end boolean[]
-- For each channel, counted from 1, the trusted readings in each step: how many, their sum and their mean; by_end counts a reading to the
-- step that ends with it.
select asked.place::int4 as place, h.slots, h.readings, h.totals, h.means
from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::int4[], $5::boolean[])
    with ordinality as asked (number, first_at, last_at, step_seconds, by_end, place)
cross join lateral (
    select
        array_agg(s.slot) as slots, array_agg(s.readings) as readings, array_agg(s.total) as totals, array_agg(s.mean) as means
    from (
        select
            floor(
                extract(epoch from (r.observed_at - case when asked.by_end then interval '1 microsecond' else interval '0' end - asked.first_at))
                / asked.step_seconds
            )::int4 as slot,
            count(*)::int4 as readings, sum(r.value) as total, avg(r.value) as mean
        from readings as r
        where r.channel_number = asked.number and r.quality <> 'BAD' and r.value is not null
            and r.observed_at >= asked.first_at and r.observed_at <= asked.last_at
            and case when asked.by_end then r.observed_at > asked.first_at else r.observed_at < asked.last_at end
        group by slot
    ) as s
) as h
where h.slots is not null;

-- name: register_histories
-- $1 channel_numbers int4[], $2 from timestamptz[], $3 until timestamptz[], $4 step_seconds int4[]
-- For each register, counted from 1, its last trusted value in each step.
select asked.place::int4 as place, h.slots, h.values
from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::int4[])
    with ordinality as asked (number, first_at, last_at, step_seconds, place)
cross join lateral (
    select array_agg(s.slot) as slots, array_agg(s.value) as values
    from (
        select distinct on (slot)
            floor(extract(epoch from (r.observed_at - asked.first_at)) / asked.step_seconds)::int4 as slot, r.value
        from readings as r
        where r.channel_number = asked.number and r.quality <> 'BAD' and r.value is not null
            and r.observed_at >= asked.first_at and r.observed_at < asked.last_at
        order by slot, r.observed_at desc
    ) as s
) as h
where h.slots is not null;
