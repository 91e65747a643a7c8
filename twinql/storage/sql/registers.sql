-- name: deltas
-- $1 channel_number int4, $2 channel_id uuid, $3 edges timestamptz[] (ascending, each a microsecond later: what lies at an edge ends a
-- bucket), $4 first_at timestamptz, $5 last_at timestamptz, $6 billionths float8 (that a value of 1 counts), $7 maximum float8 (where the
-- register starts again from zero), $8 resolution int4 (seconds)
-- What a register counted in each bucket that knows anything of it (from 1), from the last usable value before, in its own unit; null where
-- that is unknown. `twinql.domain.metering` says how: this is `of_register`, `bucketed` without filling, and `of_registers` of one. An
-- instant that bears both an event and a reading that do not fit each other is not passed, nor is what lies beyond whole billionths.
with lately as materialized (
    select w.observed_at as at, w.value, w.quality
    from public.readings as w
    where w.channel_number = $1 and w.observed_at <= $4 and w.observed_at > $4 - interval '1 day'
        and w.quality <> 'BAD' and w.value is not null
    order by w.observed_at desc
    limit 1
),
before as materialized (
    select * from lately
    union all
    -- All months are opened only where it is needed.
    (
        select w.observed_at, w.value, w.quality
        from public.readings as w
        where w.channel_number = $1 and w.observed_at <= $4 - interval '1 day' and w.quality <> 'BAD' and w.value is not null
            and not exists (select from lately)
        order by w.observed_at desc
        limit 1
    )
)
select
    t.bucket,
    case
        when sum(t.total) over () < 4.6e18 then t.total::float8 / $6
        when t.total is not null then twinql.not_passed()::float8
    end as value,
    case
        when t.steps = 0 then 2
        when t.doubtful or t.doubtful_before = t.since
            or t.since < greatest(($3)[t.bucket] - interval '1 microsecond', $4) - $8 * interval '1.5 seconds' then 1
        else 0
    end as quality
from (
    select
        g.*,
        -- Times ascend: the last point before a bucket is the latest of all earlier ones.
        max(g.newest) over earlier as since, max(g.newest_doubtful) over earlier as doubtful_before
    from (
        select
            case when a.at > $4 then width_bucket(a.at, $3) else 0 end as bucket, sum(a.amount) as total,
            count(*) filter (where a.is_step) as steps, bool_or(a.is_step and (a.doubtful or a.amount is null)) as doubtful,
            max(a.at) filter (where not a.bad) as newest, max(a.at) filter (where a.doubtful) as newest_doubtful
        from (
            select
                s.at, s.bad, s.doubtful, not s.bad and (s.is_reading or s.shown is not null) as is_step,
                case
                    when s.bad then null
                    when s.final >= s.shown then s.final - s.shown
                    when s.met then twinql.not_passed()::int8
                    when s.shown >= 0.9::float8 * m.maximum and s.shown <= m.maximum and s.final >= 0
                        and m.maximum - s.shown + s.final < (1 - 0.9::float8) * m.maximum
                        then m.maximum - s.shown + s.final
                end as amount
            from (
                -- At one instant the event comes before the reading; what is BAD is no step.
                select p.*, lag(p.start) over (partition by p.bad order by p.at, p.is_reading) as shown
                from (
                    select w.at, true as is_reading, false as met, w.bad, w.doubtful, w.counted as final, w.counted as start
                    from (
                        select
                            v.at, v.quality = 'BAD' as bad, v.quality not in ('GOOD', 'EDITED', 'BAD') as doubtful,
                            case
                                when v.quality = 'BAD' then null
                                when abs(v.value * $6) <= 4e18 then (v.value * $6)::int8
                                else twinql.not_passed()::int8
                            end as counted
                        from (
                            select f.at, f.value, f.quality from before as f
                            union all
                            select r.observed_at, r.value, r.quality
                            from public.readings as r
                            where r.channel_number = $1 and r.observed_at > $4 and r.observed_at <= $5
                        ) as v
                    ) as w
                    union all
                    select
                        e.at, false, r.value is not null, false, false,
                        case
                            when abs(e.final_value * $6) <= 4e18 and coalesce(r.value >= e.start_value, true)
                                then (e.final_value * $6)::int8
                            else twinql.not_passed()::int8
                        end,
                        case when abs(e.start_value * $6) <= 4e18 then (e.start_value * $6)::int8 else twinql.not_passed()::int8 end
                    from public.register_events as e
                    left join public.readings as r
                        on r.channel_number = $1 and r.observed_at = e.at and r.observed_at > $4 and r.observed_at <= $5 and r.quality <> 'BAD'
                    where e.channel_id = $2 and e.retracted_at is null and e.at <= $5
                        and e.at > coalesce((select f.at from before as f), '-infinity')
                ) as p
            ) as s
            cross join (select case when abs($7 * $6) <= 4e18 then ($7 * $6)::int8 end as maximum) as m
        ) as a
        group by 1
    ) as g
    window earlier as (order by g.bucket rows between unbounded preceding and 1 preceding)
) as t
where t.bucket > 0;
