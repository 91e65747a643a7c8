-- name: watched
-- The loads in use that a channel in use switches, with its last value, the labels of its states, and what their sites may take in.
select
    d.id, d.name, d.meter_id, d.channel_id, d.power_kw, d.run_seconds, d.energy_kwh, d.earliest_minute, d.latest_minute,
    d.usual_minute, d.interruptible, d.minimum_run_seconds, d.counted, d.on_value, d.off_value,
    d.organisation_id, coalesce(c.asset_id, d.meter_id) as asset_id, c.number, c.states, s.time_zone, s.limit_kw
from deferrable_loads as d
join channels as c on c.id = d.channel_id and c.organisation_id = d.organisation_id
join sites as s on s.id = d.site_id and s.organisation_id = d.organisation_id
join assets as a on a.id = d.meter_id and a.organisation_id = d.organisation_id
where d.archived_at is null and c.archived_at is null and s.archived_at is null and a.archived_at is null
order by d.meter_id, d.name, d.id;

-- name: switched
-- $1 channel_number int4, $2 since timestamptz, $3 until timestamptz
-- What a channel read in a time, and last before it.
(
    select r.observed_at, r.value
    from readings as r
    where r.channel_number = $1::int4 and r.quality <> 'BAD' and r.observed_at <= $2::timestamptz
    order by r.observed_at desc
    limit 1
)
union all
(
    select r.observed_at, r.value
    from readings as r
    where r.channel_number = $1::int4 and r.quality <> 'BAD' and r.observed_at > $2::timestamptz and r.observed_at <= $3::timestamptz
    order by r.observed_at
);

-- name: power
-- $1 asset_id uuid, $2 now timestamptz, $3 fresh_for_s float8, $4 fresh_resolutions int4
-- The channel that shows what a meter, or another asset, takes in, if it was read lately.
select c.id, c.number, c.unit::text, c.resolution_seconds
from channels as c
where c.asset_id = $1::uuid and c.archived_at is null and c.quantity = 'POWER' and c.direction is distinct from 'EXPORT'
    and not c.writable and not c.schedule
    and exists (
        select from readings as r
        where r.channel_number = c.number and r.quality <> 'BAD' and r.value is not null and r.observed_at <= $2::timestamptz
            and r.observed_at
                >= $2::timestamptz - make_interval(secs => greatest($3::float8, $4::int4 * coalesce(c.resolution_seconds, 0)))
    )
order by c.direction = 'IMPORT' desc nulls last, c.key
limit 1;
