-- name: find
-- $1 hash bytea
-- The key with this hash, if it is good; that it was used is noted at most once a minute.
with found as (
    select id, organisation_id, expires_at, last_used_at
    from api_keys
    where hash = $1::bytea and revoked_at is null and (expires_at is null or expires_at > now())
),
used as (
    update api_keys set last_used_at = now()
    from found
    where api_keys.id = found.id and (found.last_used_at is null or found.last_used_at < now() - interval '1 minute')
)
select id as key_id, organisation_id, expires_at from found;

-- name: create
-- $1 organisation_id uuid, $2 name text, $3 hash bytea, $4 prefix text, $5 created_by text, $6 expires_at timestamptz
-- A new key, which opens nothing yet.
insert into api_keys (organisation_id, name, hash, prefix, created_by, expires_at)
values ($1::uuid, $2::text, $3::bytea, $4::text, $5::text, $6::timestamptz)
returning id;

-- name: open
-- $1 api_key_id uuid, $2 channel_ids uuid[], $3 organisation_id uuid
-- Opens channels to a key.
insert into api_key_channels (api_key_id, channel_id, organisation_id)
select $1::uuid, unnest($2::uuid[]), $3::uuid;

-- name: revoke
-- $1 id uuid
-- Takes a key back; one that was taken back before stays so.
update api_keys set revoked_at = coalesce(revoked_at, now()) where id = $1::uuid returning id;
