-- name: good
-- $1 ids uuid[]
-- Those of these API keys that are good, with their organisations; that they were used is noted at most once a minute.
with found as (
    select id, organisation_id, last_used_at
    from api_keys
    where id = any($1::uuid[]) and revoked_at is null and (expires_at is null or expires_at > now())
),
used as (
    update api_keys set last_used_at = now()
    where id in (
        select f.id from found as f where f.last_used_at is null or f.last_used_at < now() - interval '1 minute'
    )
)
select id, organisation_id from found;

-- name: channels
-- $1 ids uuid[]
-- What recording must know of the channels of these API keys.
select
    k.api_key_id, c.id, c.number, c.organisation_number, c.key, c.kind::text, c.quantity::text, c.unit::text, s.time_zone,
    c.resolution_seconds, c.schedule, c.register_maximum, c.plausible_minimum, c.plausible_maximum, c.plausible_rate_per_minute,
    c.plausibility_action::text, c.states, c.archived_at is not null as archived
from api_key_channels as k
join channels as c on c.id = k.channel_id
join sites as s on s.id = c.site_id
where k.api_key_id = any($1::uuid[]);

-- name: appear
-- $1 id uuid, $2 availability text, $3 at timestamptz
-- Notes whether a device is there, unless that is known.
update api_keys set availability = ($2::text)::device_availability, availability_at = $3::timestamptz
where id = $1::uuid and availability is distinct from ($2::text)::device_availability;

-- name: leave
-- $1 ids uuid[], $2 at timestamptz
-- Notes that all devices that were there have left, but for these.
update api_keys set availability = 'OFFLINE', availability_at = $2::timestamptz
where availability = 'ONLINE' and id <> all($1::uuid[]);

-- name: unanswered
-- $1 channel_ids uuid[], $2 now timestamptz
-- Commands that were sent, are still valid and were answered by nobody, the oldest first, also those that were given up; none where
-- a later one to the same channel was answered: it would undo that one. None is valid more than a day after at most 31 days' delay.
select c.id, c.organisation_id, c.channel_id, ch.number as channel_number, ch.key as channel_key, c.desired, c.action, c.expires_at
from commands as c
join channels as ch on ch.id = c.channel_id
where c.channel_id = any($1::uuid[]) and c.requested_at > $2::timestamptz - interval '32 days'
    and c.status in ('SENT', 'TIMED_OUT') and c.expires_at > $2::timestamptz
    and not exists (select from command_transitions as t where t.command_id = c.id and t.status = 'ACKNOWLEDGED')
    and not exists (
        select
        from commands as later
        where later.channel_id = c.channel_id and later.requested_at > c.requested_at
            and later.status in ('ACKNOWLEDGED', 'EXECUTING', 'EXECUTED', 'VERIFIED', 'NOT_OBSERVED')
    )
order by coalesce(c.not_before, c.requested_at), c.requested_at, c.id;
