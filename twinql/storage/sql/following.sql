-- name: visible
-- $1 channels uuid[], $2 assets uuid[], $3 sites uuid[]
-- Which of these the actor may see; channels with the numbers under which readings name them.
select
    array(select number from channels where id = any($1::uuid[])) as numbers,
    array(select id from channels where id = any($1::uuid[])) as channels,
    array(select id from assets where id = any($2::uuid[])) as assets,
    array(select id from sites where id = any($3::uuid[])) as sites;

-- name: channels_in_use
-- $1 numbers int4[], $2 assets uuid[], $3 sites uuid[], $4 everything bool
-- The channels that are followed now, as far as the actor may see them.
select number
from channels
where archived_at is null and (number = any($1::int4[]) or asset_id = any($2::uuid[]) or site_id = any($3::uuid[]) or $4::bool)
order by number;
