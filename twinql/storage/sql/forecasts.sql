-- name: subject
-- $1 channel_id uuid
-- What forecasting must know of a channel, as far as the actor may see it; its spacing is that of its last readings.
select
    c.id, c.number, c.organisation_id, c.asset_id, c.kind::text, c.quantity::text, c.unit::text, c.resolution_seconds,
    c.plausible_minimum, c.plausible_maximum, c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high,
    latest.observed_at, latest.spacing_seconds
from channels as c
left join lateral (
    select
        max(r.observed_at) as observed_at,
        (extract(epoch from max(r.observed_at) - min(r.observed_at)) / nullif(count(*) - 1, 0))::float8 as spacing_seconds
    from (
        select observed_at from readings where channel_number = c.number order by observed_at desc limit 16
    ) as r
) as latest on true
where c.id = $1::uuid and c.archived_at is null;

-- name: watched
-- The same, for every channel of an asset whose limits call for a look ahead, and that has ever been read.
select
    c.id, c.number, c.organisation_id, c.asset_id, c.kind::text, c.quantity::text, c.unit::text, c.resolution_seconds,
    c.plausible_minimum, c.plausible_maximum, c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high,
    latest.observed_at, latest.spacing_seconds
from channels as c
cross join lateral (
    select
        max(r.observed_at) as observed_at,
        (extract(epoch from max(r.observed_at) - min(r.observed_at)) / nullif(count(*) - 1, 0))::float8 as spacing_seconds
    from (
        select observed_at from readings where channel_number = c.number order by observed_at desc limit 16
    ) as r
) as latest
where c.archived_at is null and c.asset_id is not null and not c.schedule and c.kind in ('INSTANTANEOUS', 'INTERVAL')
    and coalesce(c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high) is not null
    and latest.observed_at is not null
order by c.number;

-- name: history
-- $1 channel_number int4, $2 from timestamptz, $3 until timestamptz, $4 step_seconds int4, $5 by_end boolean
-- Sum, mean and count of the trusted readings in each step; by_end counts a reading to the step that ends with it.
select
    floor(
        extract(epoch from (r.observed_at - case when $5::boolean then interval '1 microsecond' else interval '0' end - $2::timestamptz))
        / $4::int4
    )::int4 as slot,
    sum(r.value) as total, avg(r.value) as mean, count(*)::int4 as readings
from readings as r
where r.channel_number = $1::int4 and r.quality <> 'BAD' and r.value is not null
    and r.observed_at >= $2::timestamptz and r.observed_at <= $3::timestamptz
    and case when $5::boolean then r.observed_at > $2::timestamptz else r.observed_at < $3::timestamptz end
group by slot;

-- name: register_history
-- $1 channel_number int4, $2 from timestamptz, $3 until timestamptz, $4 step_seconds int4
-- The last trusted value of a register in each step.
select distinct on (slot)
    floor(extract(epoch from (r.observed_at - $2::timestamptz)) / $4::int4)::int4 as slot, r.value
from readings as r
where r.channel_number = $1::int4 and r.quality <> 'BAD' and r.value is not null
    and r.observed_at >= $2::timestamptz and r.observed_at < $3::timestamptz
order by slot, r.observed_at desc;

-- name: insert
-- $1 organisation_id uuid, $2 channel_id uuid, $3 issued_at timestamptz, $4 model text, $5 level float8, $6 starts_at timestamptz,
-- $7 step_seconds int4, $8 p10 float8[], $9 p50 float8[], $10 p90 float8[], $11 backtest_count int4, $12 backtest_mae float8,
-- $13 backtest_naive_mae float8, $14 backtest_coverage float8, $15 last_value float8
-- Keeps a forecast as it was issued.
insert into forecasts (
    organisation_id, channel_id, issued_at, model, level, starts_at, step_seconds, p10, p50, p90, backtest_count, backtest_mae,
    backtest_naive_mae, backtest_coverage, last_value
)
values (
    $1::uuid, $2::uuid, $3::timestamptz, $4::text, $5::float8, $6::timestamptz, $7::int4, $8::float8[], $9::float8[], $10::float8[],
    $11::int4, $12::float8, $13::float8, $14::float8, $15::float8
)
returning id;

-- name: recent
-- $1 channel_id uuid, $2 since timestamptz, $3 step_seconds int4, $4 steps int4, $5 level float8, $6 model text or null
-- The newest forecast that answers the same question and is not older than this.
select id
from forecasts
where channel_id = $1::uuid and issued_at >= $2::timestamptz and step_seconds = $3::int4 and cardinality(p50) = $4::int4
    and level = $5::float8 and model = coalesce($6::text, model)
order by issued_at desc, id
limit 1;

-- name: score
-- $1 now timestamptz
-- Compares what was forecast with what was read since, for every forecast whose steps are not all behind us or not all scored.
with open_forecasts as (
    select
        f.id, f.starts_at, f.step_seconds, f.p10, f.p50, f.p90, f.last_value, c.number, c.kind, c.resolution_seconds,
        least($1::timestamptz, f.starts_at + make_interval(secs => f.step_seconds * cardinality(f.p50))) as until
    from forecasts as f
    join channels as c on c.id = f.channel_id
    where f.scored_at is null or f.scored_at < f.starts_at + make_interval(secs => f.step_seconds * cardinality(f.p50))
),
in_steps as (
    select
        o.id, s.step, count(*) as readings, avg(s.value) as mean, sum(s.value) as total,
        (array_agg(s.value order by s.observed_at desc))[1] as last
    from open_forecasts as o
    cross join lateral (
        select
            r.value, r.observed_at,
            floor(
                extract(
                    epoch from r.observed_at - o.starts_at - case when o.kind = 'INTERVAL' then interval '1 microsecond' else interval '0' end
                ) / o.step_seconds
            )::int4 + 1 as step
        from readings as r
        where r.channel_number = o.number and r.quality <> 'BAD' and r.value is not null
            and r.observed_at >= o.starts_at and r.observed_at <= o.until
    ) as s
    -- A step that is not over has no value yet.
    where s.step between 1 and cardinality(o.p50) and o.starts_at + make_interval(secs => s.step * o.step_seconds) <= o.until
    group by o.id, s.step
),
realised as (
    select
        i.id, o.last_value, o.p10[i.step] as p10, o.p50[i.step] as p50, o.p90[i.step] as p90,
        case o.kind
            when 'INTERVAL' then case when i.readings * o.resolution_seconds >= o.step_seconds then i.total end
            when 'CUMULATIVE' then i.last
            else i.mean
        end as value
    from in_steps as i
    join open_forecasts as o on o.id = i.id
),
scores as (
    select
        id, count(value)::int4 as realised_count, avg(abs(value - p50)) as realised_mae,
        avg(abs(value - last_value)) as realised_naive_mae,
        avg(case when value between p10 and p90 then 1.0 else 0.0 end) filter (where value is not null) as realised_coverage
    from realised
    group by id
)
update forecasts as f
set
    realised_count = coalesce(s.realised_count, 0),
    realised_mae = s.realised_mae,
    realised_naive_mae = s.realised_naive_mae,
    realised_coverage = s.realised_coverage,
    scored_at = o.until
from open_forecasts as o
left join scores as s on s.id = o.id
where f.id = o.id and o.until > o.starts_at + make_interval(secs => f.step_seconds)
returning f.id;

-- name: prune
-- $1 before timestamptz
-- Lets go of old forecasts on which no decision rests.
delete from forecasts as f
where f.issued_at < $1::timestamptz and not exists (select from decisions as d where d.forecast_id = f.id)
returning f.id;
