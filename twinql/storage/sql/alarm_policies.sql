-- name: rules
-- $1 channel_ids uuid[], $2 asset_ids uuid[], $3 site_ids uuid[]
-- The rules in use for any of these channels, assets or sites, and those for the whole organisation.
select
    id, cause::text, site_id, asset_id, channel_id, enabled, severity::text, limit_value, deadband, sensitivity, on_delay_seconds,
    off_delay_seconds, escalate_after_seconds, escalate_to::text
from alarm_rules
where archived_at is null
    and (
        channel_id = any($1::uuid[]) or asset_id = any($2::uuid[]) or site_id = any($3::uuid[])
        or num_nonnulls(site_id, asset_id, channel_id) = 0
    )
order by id;

-- name: channel
-- $1 id uuid
-- Where a channel is, and its own limits.
select id, asset_id, site_id, limit_low_low, limit_low, limit_high, limit_high_high from channels where id = $1::uuid;
