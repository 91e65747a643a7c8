-- name: places
-- $1 channel_ids uuid[]
-- What people call these channels, and where they are.
select id, organisation_id, site_id, asset_id, name from channels where id = any($1::uuid[]);

-- name: holding
-- The channels on which a limit is foreseen to be crossed, as their alarms say.
select channel_id from alarms where cause = 'LIMIT_FORESEEN' and closed_at is null and condition_holds;

-- name: forgotten
-- $1 rule text, $2 before timestamptz
-- Those of them on which no decision of a rule is open, nor was settled lately.
select a.channel_id
from alarms as a
where a.cause = 'LIMIT_FORESEEN' and a.closed_at is null and a.condition_holds
    and not exists (
        select from decisions as d
        where d.channel_id = a.channel_id and d.rule = $1::text and (d.settled_at is null or d.settled_at >= $2::timestamptz)
    );
