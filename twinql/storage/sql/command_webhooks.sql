-- name: insert
-- $1 organisation_id uuid, $2 api_key_id uuid, $3 address text, $4 secret text, $5 enabled bool
-- A new webhook.
insert into command_webhooks (organisation_id, api_key_id, address, secret, enabled)
values ($1::uuid, $2::uuid, $3::text, $4::text, $5::bool)
returning id;

-- name: update
-- $1 id uuid, $2 address text, $3 enabled bool
-- Lays down something else; what is null stays.
update command_webhooks
set address = coalesce($2::text, address), enabled = coalesce($3::bool, enabled)
where id = $1::uuid
returning id;

-- name: set_secret
-- $1 id uuid, $2 secret text
-- Signs with another secret from now on.
update command_webhooks set secret = $2::text where id = $1::uuid;
