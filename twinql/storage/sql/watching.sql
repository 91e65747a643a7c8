-- name: channels
-- What watching must know of every channel in use; nobody diagnoses plans and prices.
select
    c.number, c.id, c.organisation_id, c.site_id, c.asset_id, c.name, c.kind::text, c.quantity::text, c.unit::text,
    c.direction::text, c.resolution_seconds, s.time_zone, c.writable, c.register_maximum, c.plausible_rate_per_minute,
    c.plausible_minimum, c.plausible_maximum,
    array(
        select extract(epoch from e.at)::float8 from register_events as e
        where e.channel_id = c.id and e.retracted_at is null
        order by e.at desc
        limit 50
    ) as register_events_s,
    c.limit_low_low, c.limit_low, c.limit_high, c.limit_high_high, c.limit_deadband
from channels as c
join sites as s on s.id = c.site_id
where c.archived_at is null and not c.schedule
order by c.number;

-- name: rules
-- Every rule in use.
select
    id, organisation_id, cause::text, site_id, asset_id, channel_id, enabled, severity::text, limit_value, deadband, sensitivity,
    on_delay_seconds, off_delay_seconds
from alarm_rules
where archived_at is null
order by id;

-- name: place
-- How far the outbox was read, and of which life of the feed that is a place.
select position, epoch from twinql_private.watch_place;

-- name: go_to
-- $1 position int8, $2 epoch uuid
-- Says how far the outbox was read.
insert into twinql_private.watch_place (position, epoch) values ($1::int8, $2::uuid)
on conflict (only_one) do update set position = excluded.position, epoch = excluded.epoch;

-- name: memories
-- $1 after int4, $2 most int4
-- What was remembered of channels, in pages.
select channel_number, position, memory, saved_at
from twinql_private.watch_memories
where channel_number > $1::int4
order by channel_number
limit $2::int4;

-- name: remember
-- $1 channel_numbers int4[], $2 positions int8[], $3 observed_at timestamptz[], $4 memories text[], $5 now timestamptz
-- Keeps what detectors remember of channels.
insert into twinql_private.watch_memories (channel_number, position, observed_at, memory, saved_at)
select given.number, given.position, given.observed_at, given.memory::jsonb, $5::timestamptz
from unnest($1::int4[], $2::int8[], $3::timestamptz[], $4::text[]) as given (number, position, observed_at, memory)
on conflict (channel_number) do update
set position = excluded.position, observed_at = excluded.observed_at, memory = excluded.memory, saved_at = excluded.saved_at;

-- name: forget
-- $1 channel_numbers int4[]
-- Forgets channels that are no longer in use.
delete from twinql_private.watch_memories where channel_number = any($1::int4[]);

-- name: newest
-- $1 channel_number int4, $2 after timestamptz, $3 until timestamptz, $4 most int4
-- The newest readings of a stretch, in the order in which they were recorded.
select observed_at, value, quality::text, recorded_at
from (
    select r.observed_at, r.value, r.quality, r.recorded_at
    from readings as r
    where r.channel_number = $1::int4 and r.observed_at > $2::timestamptz and r.observed_at <= coalesce($3::timestamptz, 'infinity')
    order by r.observed_at desc
    limit $4::int4
) as newest
order by recorded_at, observed_at;

-- name: earlier
-- $1 channel_number int4, $2 first timestamptz, $3 until timestamptz, $4 step_seconds int4
-- The first reading of each step of a stretch, in the order of observation: one look into the index for each step, however many there are.
select r.observed_at, r.value, r.quality, r.recorded_at
from generate_series(
    date_bin($4::int4 * interval '1 second', $2::timestamptz, '2000-01-01Z'), $3::timestamptz, $4 * interval '1 second'
) as step (begins)
cross join lateral (
    select observed_at, value, quality::text, recorded_at
    from readings
    where channel_number = $1::int4 and observed_at >= greatest(step.begins, $2)
        and observed_at < least(step.begins + $4 * interval '1 second', $3)
    order by observed_at
    limit 1
) as r
order by r.observed_at;

-- name: open_count
-- How many alarms are open.
select count(*)::int4 from alarms where closed_at is null;
