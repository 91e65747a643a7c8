-- name: take_turn
-- $1 channel_id uuid
-- Waits for the other commands of the organisation that are being judged; let go at the end of the transaction.
select pg_advisory_xact_lock(hashtextextended(organisation_id::text, 7205020)) from channels where id = $1::uuid;

-- name: target
-- $1 channel_id uuid, $2 until timestamptz
-- The channel that shall be set, as far as the actor may see it, with what it last read up to then.
select
    c.organisation_id, c.name, c.unit::text, c.kind::text, c.writable, c.archived_at is not null as archived,
    greatest(c.plausible_minimum, c.limit_low_low, c.limit_low) as minimum,
    least(c.plausible_maximum, c.limit_high_high, c.limit_high) as maximum,
    c.states, latest.value as last_value, latest.observed_at as last_observed_at
from channels as c
left join lateral (
    select r.value, r.observed_at
    from readings as r
    where r.channel_number = c.number and r.quality <> 'BAD' and r.observed_at <= $2::timestamptz
    order by r.observed_at desc
    limit 1
) as latest on true
where c.id = $1::uuid;

-- name: of_command
-- $1 command_id uuid
-- What a command asks.
select channel_id, desired from commands where id = $1::uuid;
