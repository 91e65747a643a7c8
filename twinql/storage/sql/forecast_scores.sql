-- name: waiting
-- $1 now timestamptz, $2 most int4
-- Forecasts that are to be scored, those that have waited longest first.
select
    f.id, f.meter_id, f.starts_at, f.step_seconds, f.p10, f.p50, f.p90, f.naive, f.scale, f.last_value, f.level,
    c.number, c.kind::text, c.resolution_seconds
from forecasts as f
join channels as c on c.id = f.channel_id
where f.score_due_at <= $1::timestamptz
order by f.score_due_at, f.id
limit $2::int4;

-- name: keep
-- $1 ids uuid[], $2 counts int4[], $3 maes float8[], $4 naive_maes float8[], $5 coverages float8[], $6 mases float8[], $7 wapes float8[],
-- $8 naive_mases float8[], $9 sizes float8[], $10 scored_at timestamptz[], $11 due_at timestamptz[]
-- Keeps scores, and when the next ones are due.
update forecasts as f
set
    realised_count = n.count, realised_mae = n.mae, realised_naive_mae = n.naive_mae, realised_coverage = n.coverage,
    realised_mase = n.mase, realised_wape = n.wape, realised_naive_mase = n.naive_mase, realised_size = n.size, scored_at = n.scored_at,
    score_due_at = n.due_at
from unnest(
    $1::uuid[], $2::int4[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::float8[],
    $10::timestamptz[], $11::timestamptz[]
) as n (id, count, mae, naive_mae, coverage, mase, wape, naive_mase, size, scored_at, due_at)
where f.id = n.id
returning f.id;

-- name: by_model
-- $1 subject_ids uuid[], $2 from timestamptz, $3 until timestamptz
-- How the forecasts of channels, or of meters, came true that began in a period: by model and how far they reached.
select
    asked.id as subject_id, f.model, bool_or(f.recorded_by is not null) as from_elsewhere, f.step_seconds,
    cardinality(f.p50)::int4 as steps, count(*)::int4 as forecasts, sum(f.realised_count)::int4 as count,
    sum(f.realised_count * f.realised_mae) / nullif(sum(f.realised_count) filter (where f.realised_mae is not null), 0) as mae,
    sum(f.realised_count * f.realised_mase) / nullif(sum(f.realised_count) filter (where f.realised_mase is not null), 0) as mase,
    sum(f.realised_count * f.realised_wape * f.realised_size)
        / nullif(sum(f.realised_count * f.realised_size) filter (where f.realised_wape is not null), 0) as wape,
    sum(f.realised_count * f.realised_coverage) / nullif(sum(f.realised_count) filter (where f.realised_coverage is not null), 0) as coverage,
    avg(f.level) as level,
    sum(f.realised_count * f.realised_naive_mase) / nullif(sum(f.realised_count) filter (where f.realised_naive_mase is not null), 0)
        as naive_mase
from unnest($1::uuid[]) as asked (id)
join forecasts as f on f.channel_id = asked.id and f.meter_id is null or f.meter_id = asked.id
where f.starts_at >= $2::timestamptz and f.starts_at < $3::timestamptz and f.realised_count > 0
group by asked.id, f.model, f.step_seconds, cardinality(f.p50)
order by asked.id, f.step_seconds * cardinality(f.p50), mase nulls last, f.model;
