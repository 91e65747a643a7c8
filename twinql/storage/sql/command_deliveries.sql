-- name: channels
-- $1 now timestamptz
-- The channels whose commands are sent to a webhook of a key that is good.
select distinct ch.number
from command_webhooks as w
join api_keys as k on k.id = w.api_key_id
join api_key_channels as o on o.api_key_id = k.id
join channels as ch on ch.id = o.channel_id
where w.enabled and k.revoked_at is null and (k.expires_at is null or k.expires_at > $1::timestamptz)
    and ch.writable and ch.archived_at is null;

-- name: hand_over
-- $1 command_id uuid, $2 now timestamptz
-- Lets a command wait for the webhook of its channel, the oldest of several; nothing where there is none.
insert into twinql_private.command_deliveries (command_id, webhook_id, handed_over_at, next_attempt_at)
select c.id, w.id, $2::timestamptz, $2::timestamptz
from commands as c
join api_key_channels as o on o.channel_id = c.channel_id
join api_keys as k on k.id = o.api_key_id
join command_webhooks as w on w.api_key_id = k.id
where c.id = $1::uuid and w.enabled and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2::timestamptz)
order by w.created_at, w.id
limit 1
on conflict (command_id) do nothing
returning command_id;

-- name: claim
-- $1 now timestamptz, $2 until timestamptz, $3 busy uuid[]
-- Takes a delivery that is due and counts an attempt; those to one channel go one after the other. A second server passes over it.
with due as (
    select d.command_id
    from twinql_private.command_deliveries as d
    join commands as c on c.id = d.command_id
    where d.next_attempt_at <= $1::timestamptz and c.organisation_id <> all($3::uuid[])
        and not exists (
            select from twinql_private.command_deliveries as e
            join commands as b on b.id = e.command_id
            where b.channel_id = c.channel_id and (e.handed_over_at, e.command_id) < (d.handed_over_at, d.command_id)
        )
    order by d.next_attempt_at, d.command_id
    limit 1
    for update of d skip locked
),
taken as (
    update twinql_private.command_deliveries as d
    set attempts = d.attempts + 1, next_attempt_at = $2::timestamptz
    from due
    where d.command_id = due.command_id
    returning d.command_id, d.webhook_id, d.attempts
)
select
    t.attempts, t.webhook_id, w.api_key_id, w.address, w.secret,
    w.enabled and k.revoked_at is null and (k.expires_at is null or k.expires_at > $1) as in_use, c.status::text,
    c.id, c.desired, c.action, c.reason, c.requested_at, c.expires_at, c.organisation_id,
    ch.site_id, s.name as site_name, ch.asset_id, a.kind::text as asset_kind, a.name as asset_name,
    ch.id as channel_id, ch.key as channel_key, ch.name as channel_name, ch.unit::text as channel_unit
from taken as t
join command_webhooks as w on w.id = t.webhook_id
join api_keys as k on k.id = w.api_key_id
join commands as c on c.id = t.command_id
join channels as ch on ch.id = c.channel_id
join sites as s on s.id = ch.site_id
left join assets as a on a.id = ch.asset_id;

-- name: postpone
-- $1 command_id uuid, $2 until timestamptz
-- Tries again then.
update twinql_private.command_deliveries set next_attempt_at = $2::timestamptz where command_id = $1::uuid;

-- name: finish
-- $1 command_id uuid
-- Tries no more.
delete from twinql_private.command_deliveries where command_id = $1::uuid;

-- name: note
-- $1 webhook_id uuid, $2 at timestamptz, $3 error text
-- Shows owners how the last attempt went.
update command_webhooks set last_attempt_at = $2::timestamptz, last_error = $3::text where id = $1::uuid;
