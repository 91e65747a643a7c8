-- name: subjects
-- $1 channel_ids uuid[]
-- What forecasting must know of channels in use, as far as the actor may see them; their spacing is that of their last readings.
select
    c.id, c.number, c.organisation_id, c.asset_id, c.kind::text, c.quantity::text, c.unit::text, c.resolution_seconds,
    c.plausible_minimum, c.plausible_maximum, c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high, s.time_zone,
    latest.observed_at, latest.spacing_seconds
from unnest($1::uuid[]) as asked (id)
join channels as c on c.id = asked.id and c.archived_at is null
join sites as s on s.id = c.site_id
left join lateral (
    select
        max(r.observed_at) as observed_at,
        (extract(epoch from max(r.observed_at) - min(r.observed_at)) / nullif(count(*) - 1, 0))::float8 as spacing_seconds
    from (
        select observed_at from readings where channel_number = c.number order by observed_at desc limit 16
    ) as r
) as latest on true;

-- name: watched
-- The channels of assets whose limits call for a look ahead, and that have ever been read.
select c.id
from channels as c
where c.archived_at is null and c.asset_id is not null and not c.schedule and c.kind in ('INSTANTANEOUS', 'INTERVAL')
    and coalesce(c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high) is not null
    and exists (select from readings as r where r.channel_number = c.number)
order by c.number;

-- name: fresh
-- $1 subject_ids uuid[], $2 questions text[], $3 since timestamptz[], $4 now timestamptz
-- The newest forecast that answers each question of a channel or a meter, counted from 1, as long as readings have completed no step since it was issued and no
-- more than one has gone by, or else as long as it was issued since then.
select asked.place, f.*
from unnest($1::uuid[], $2::text[], $3::timestamptz[]) with ordinality as asked (subject_id, question, since, place)
cross join lateral (
    select newest.*
    from forecasts as newest
    where newest.question = asked.question and newest.issued_at <= $4::timestamptz and (
        newest.channel_id = asked.subject_id and newest.meter_id is null and newest.issued_at > $4::timestamptz - interval '13 hours'
        or newest.meter_id = asked.subject_id and newest.issued_at > $4::timestamptz - interval '13 hours'
    )
    order by newest.issued_at desc, newest.id
    limit 1
) as f
join channels as c on c.id = f.channel_id and c.archived_at is null
where f.issued_at >= asked.since or (
    f.starts_at + make_interval(secs => 2 * f.step_seconds) > $4::timestamptz
    and floor(extract(epoch from f.known_until) / f.step_seconds)
        >= floor(extract(epoch from twinql.newest_reading_at(c.number, $4::timestamptz)) / f.step_seconds)
);

-- name: insert
-- $1 rows jsonb, $2 scored int4
-- Keeps forecasts as they were issued, in the order in which they are given; one from elsewhere that is there already is left out. Of those that somebody asked for,
-- so many of a channel or a meter are scored that were issued within the same hour, as UTC has it: whoever asks for more does not crowd out the scoring of others.
insert into forecasts (
    id, organisation_id, channel_id, meter_id, question, known_until, regular, recorded_by, recorded_at, issued_at, model, level, starts_at,
    step_seconds, p10, p50, p90, naive, scale, backtest_count, backtest_mae, backtest_naive_mae, backtest_coverage, backtest_mase,
    backtest_wape, backtest_naive_mase, last_value, score_due_at
)
select
    n.id, n.organisation_id, n.channel_id, n.meter_id, n.question, n.known_until, n.regular, n.recorded_by, n.recorded_at, n.issued_at,
    n.model, n.level, n.starts_at, n.step_seconds, n.p10, n.p50, n.p90, n.naive, n.scale, n.backtest_count, n.backtest_mae,
    n.backtest_naive_mae, n.backtest_coverage, n.backtest_mase, n.backtest_wape, n.backtest_naive_mase, n.last_value,
    case
        when n.question is null or n.regular then n.starts_at + make_interval(secs => n.step_seconds)
        when row_number() over (partition by n.channel_id, n.meter_id, n.question is null or n.regular) + earlier.count <= $2::int4
            then n.starts_at + make_interval(secs => n.step_seconds)
    end
from jsonb_to_recordset($1::jsonb) as n (
    id uuid, organisation_id uuid, channel_id uuid, meter_id uuid, question text, known_until timestamptz, regular boolean,
    recorded_by text, recorded_at timestamptz, issued_at timestamptz, model text, level float8, starts_at timestamptz, step_seconds int4,
    p10 float8[], p50 float8[], p90 float8[], naive float8[], scale float8, backtest_count int4, backtest_mae float8,
    backtest_naive_mae float8, backtest_coverage float8, backtest_mase float8, backtest_wape float8, backtest_naive_mase float8,
    last_value float8
)
cross join lateral (
    select count(*) from (
        select
        from forecasts as f
        where f.channel_id = n.channel_id and f.meter_id is not distinct from n.meter_id and not f.regular and f.recorded_by is null
            and f.issued_at >= date_trunc('hour', n.issued_at, 'UTC')
        limit $2::int4
    ) as found
) as earlier
on conflict (coalesce(meter_id, channel_id), model, issued_at, starts_at) where recorded_by is not null do nothing
returning id;

-- name: recorded
-- $1 subject_id uuid, $2 model text, $3 issued_at timestamptz, $4 starts_at timestamptz
-- The forecast from elsewhere of a model, of a channel or a meter's consumption, and of a time.
select id, level, step_seconds, p10, p50, p90
from forecasts
where coalesce(meter_id, channel_id) = $1::uuid and model = $2::text and issued_at = $3::timestamptz and starts_at = $4::timestamptz
    and recorded_by is not null;

-- name: due
-- $1 meters_since timestamptz, $2 channels_since timestamptz, $3 meters_read_since timestamptz, $4 but_not uuid[], $5 most int4
-- What is to be foreseen in rounds and was not since: meters in use that count what flows, and measured quantities of machines that nobody
-- sets and that were read as lately; whatever has waited longest comes first.
select found.subject_id, found.of_meter
from (
    select m.id as subject_id, true as of_meter, newest.issued_at
    from meters as m
    join assets as a on a.id = m.id and a.archived_at is null
    left join lateral (
        select max(f.issued_at) as issued_at from forecasts as f where f.meter_id = m.id and f.regular
    ) as newest on true
    where coalesce(newest.issued_at <= $1::timestamptz, true) and exists (
        select
        from channels as c
        cross join lateral (
            select r.observed_at from readings as r where r.channel_number = c.number order by r.observed_at desc limit 1
        ) as latest
        where c.asset_id = m.id and c.archived_at is null and c.kind in ('INTERVAL', 'CUMULATIVE')
            and latest.observed_at >= $3::timestamptz
    )
    union all
    select c.id, false, newest.issued_at
    from channels as c
    join machines as m on m.id = c.asset_id
    cross join lateral (
        select r.observed_at from readings as r where r.channel_number = c.number order by r.observed_at desc limit 1
    ) as latest
    left join lateral (
        select max(f.issued_at) as issued_at
        from forecasts as f
        where f.channel_id = c.id and f.meter_id is null and f.regular and f.issued_at > $2::timestamptz
    ) as newest on true
    where c.archived_at is null and c.kind = 'INSTANTANEOUS' and not c.writable and not c.schedule
        and newest.issued_at is null and latest.observed_at >= $2::timestamptz
) as found
where found.subject_id <> all($4::uuid[])
order by found.issued_at nulls first, found.subject_id
limit $5::int4;

-- name: prune
-- $1 before timestamptz, $2 unscored_before timestamptz
-- Lets go of forecasts that were issued, and recorded, before this, or that are not scored and were issued before the other time, and on which no decision rests.
delete from forecasts as f
where (
    f.issued_at < $1::timestamptz and coalesce(f.recorded_at < $1::timestamptz, true)
    or f.issued_at < $2::timestamptz and f.score_due_at is null and f.scored_at is null
) and not exists (select from decisions as d where d.forecast_id = f.id)
returning f.id;
