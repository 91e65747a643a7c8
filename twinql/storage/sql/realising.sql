-- name: acted
-- $1 now timestamptz, $2 since timestamptz, $3 most int4
-- Decisions that spoke of a time to a limit, on which somebody acted, and of which nobody has measured yet what came of it: two minutes
-- after that time, or after somebody acted; with the forecast on which they rest, a channel that reads the power of their asset, and the nearest
-- meter in whose tariff that is charged.
select
    d.id, d.action::text, d.made_at, acted.at as acted_at, due.at as until_at, d.reasons, c.number as channel_number, f.p50, f.starts_at,
    f.step_seconds, power.number as power_number, power.unit as power_unit, meter.id as meter_id
from decisions as d
join channels as c on c.id = d.channel_id
left join forecasts as f on f.id = d.forecast_id
cross join lateral (
    select least(
        (
            select min(asked.requested_at) from commands as asked
            where asked.decision_id = d.id and asked.organisation_id = d.organisation_id
                and asked.status in ('ACKNOWLEDGED', 'EXECUTING', 'EXECUTED', 'VERIFIED', 'NOT_OBSERVED')
        ),
        case when d.status = 'ACCEPTED' and d.settled_by is distinct from 'autopilot' then d.settled_at end
    ) as at
) as acted
cross join lateral (
    select greatest(
        d.made_at + coalesce((d.expected_impact ->> 'time_to_threshold_s')::float8, 0) * interval '1 second', acted.at
    ) + interval '2 minutes' as at
) as due
left join lateral (
    select p.number, p.unit::text
    from channels as p
    where p.asset_id = d.asset_id and p.quantity = 'POWER' and p.kind = 'INSTANTANEOUS' and p.direction is distinct from 'EXPORT'
        and not p.writable and p.archived_at is null
    order by p.number
    limit 1
) as power on true
left join assets as a on a.id = d.asset_id
left join assets as above on above.id = a.parent_id
left join lateral (
    select m.id from meters as m where m.id in (a.id, above.id, above.parent_id) and m.commodity = 'ELECTRICITY'
    order by m.id = a.id desc, m.id = above.id desc
    limit 1
) as meter on true
where d.realised_at is null and d.made_at >= $2::timestamptz and d.made_at < $1::timestamptz and acted.at is not null
    and due.at <= $1::timestamptz
order by d.made_at
limit $3::int4;

-- name: read
-- $1 channel_number int4, $2 since timestamptz, $3 until timestamptz
-- What a channel read after an instant and up to another.
select extract(epoch from observed_at)::float8 as at_s, value
from readings
where channel_number = $1::int4 and observed_at > $2::timestamptz and observed_at <= $3::timestamptz and quality <> 'BAD'
    and value is not null
order by observed_at;

-- name: keep
-- $1 id uuid, $2 realised_impact jsonb, $3 now timestamptz
-- Keeps what came of a decision; it is measured once.
update decisions set realised_impact = $2::jsonb, realised_at = $3::timestamptz
where id = $1::uuid and realised_at is null;
