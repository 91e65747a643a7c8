-- name: organisation
-- $1 site_id uuid
-- The organisation of a site, as far as the actor may see it.
select organisation_id from sites where id = $1::uuid;

-- name: take_turn
-- $1 organisation_id uuid, $2 judging int8
-- Waits for the commands of the organisation that are being judged; let go at the end of the transaction.
select pg_advisory_xact_lock(hashtextextended($1::uuid::text, $2::int8));

-- name: holds
-- $1 site_id uuid
-- The emergency stop that holds on a site.
select id from emergency_stops where site_id = $1::uuid and released_at is null;

-- name: insert
-- $1 organisation_id uuid, $2 site_id uuid, $3 triggered_by text, $4 reason text
-- Stops everything on a site.
insert into emergency_stops (organisation_id, site_id, triggered_by, reason)
values ($1::uuid, $2::uuid, $3::text, $4::text)
returning id;

-- name: cancel
-- $1 site_id uuid, $2 now timestamptz, $3 actor text, $4 detail text
-- Takes back the commands of a site that were not sent. One that is being judged at this moment is refused by itself, and not waited for.
with waiting as (
    select c.id, c.organisation_id
    from commands as c
    join channels as ch on ch.id = c.channel_id
    where ch.site_id = $1::uuid and c.status in ('REQUESTED', 'AWAITING_APPROVAL', 'QUEUED')
    for update of c skip locked
)
insert into command_transitions (command_id, organisation_id, status, at, actor, detail)
select id, organisation_id, 'CANCELLED', $2::timestamptz, $3::text, $4::text from waiting
returning command_id;

-- name: end_untold
-- $1 site_id uuid, $2 now timestamptz, $3 actor text, $4 detail text
-- Takes back the commands of a site that were sent and have certainly reached nobody. One whose next attempt is being judged at this moment
-- is ended by that.
with untold as (
    select c.id, c.organisation_id
    from twinql_private.untold_commands as u
    join commands as c on c.id = u.command_id
    join channels as ch on ch.id = c.channel_id
    where ch.site_id = $1::uuid and not u.trying and c.status in ('SENT', 'TIMED_OUT')
    for update of c, u skip locked
),
known as (
    delete from twinql_private.untold_commands where command_id in (select id from untold)
)
insert into command_transitions (command_id, organisation_id, status, at, actor, detail)
select id, organisation_id, 'REJECTED', $2::timestamptz, $3::text, $4::text from untold
returning command_id;

-- name: on_their_way
-- $1 site_id uuid, $2 now timestamptz
-- How many commands of a site were sent, and are not known to be done; one that nobody answered may be done until it expires.
select count(*)::int4
from commands as c
join channels as ch on ch.id = c.channel_id
where ch.site_id = $1::uuid and (
        c.status in ('SENT', 'ACKNOWLEDGED', 'EXECUTING') or (c.status = 'TIMED_OUT' and c.expires_at > $2::timestamptz)
    );

-- name: release
-- $1 id uuid, $2 released_by text, $3 release_reason text
-- Lets a site go on.
update emergency_stops set released_at = now(), released_by = $2::text, release_reason = $3::text
where id = $1::uuid and released_at is null
returning id;
