-- name: step
-- $1 id uuid, $2 action text, $3 actor text, $4 comment text, $5 until timestamptz
-- Moves an alarm that the actor may see; the database finds the state to which that leads, or refuses. A database whose clock is
-- behind that of the server must not refuse the longest shelf that there is.
insert into alarm_transitions (organisation_id, alarm_id, action, actor, comment, shelved_until)
select a.organisation_id, a.id, ($2::text)::alarm_action, $3::text, $4::text, least($5::timestamptz, current_timestamp + interval '7 days')
from alarms as a
where a.id = $1::uuid
returning sequence;

-- name: raise
-- $1 channel_id uuid, $2 cause text, $3 severity text, $4 message text, $5 evidence jsonb, $6 score float8, $7 raised_at timestamptz,
-- $8 at timestamptz, $9 rule_id uuid
-- Raises an alarm, unless one is open for the same cause.
insert into alarms (
    organisation_id, site_id, asset_id, channel_id, cause, severity, message, evidence, score, raised_at, updated_at, rule_id
)
select
    c.organisation_id, c.site_id, c.asset_id, c.id, ($2::text)::alarm_cause, ($3::text)::severity, $4::text, $5::jsonb, $6::float8,
    $7::timestamptz, $8::timestamptz, $9::uuid
from channels as c
where c.id = $1::uuid
on conflict (channel_id, cause) where closed_at is null do nothing
returning id;

-- name: raise_all
-- $1 rows jsonb, $2 at timestamptz
-- Raises alarms at once, but for those of which one is open for the same cause.
insert into alarms (
    organisation_id, site_id, asset_id, channel_id, cause, severity, message, evidence, score, raised_at, updated_at, rule_id
)
select
    c.organisation_id, c.site_id, c.asset_id, c.id, (n.cause)::alarm_cause, (n.severity)::severity, n.message, n.evidence, n.score,
    n.raised_at, $2::timestamptz, n.rule_id
from jsonb_to_recordset($1::jsonb) as n (
    channel_id uuid, cause text, severity text, message text, evidence jsonb, score float8, raised_at timestamptz, rule_id uuid
)
join channels as c on c.id = n.channel_id
on conflict (channel_id, cause) where closed_at is null do nothing
returning channel_id;

-- name: there
-- $1 channel_id uuid
-- Whether there is such a channel.
select exists (select from channels where id = $1::uuid);

-- name: hold
-- $1 channel_id uuid, $2 cause text
-- The open alarm of a cause, which nobody else may move until this transaction ends.
select id, state::text, condition_holds
from alarms
where channel_id = $1::uuid and cause = ($2::text)::alarm_cause and closed_at is null
for no key update;

-- name: say
-- $1 id uuid, $2 message text, $3 score float8
-- Says in an alarm what is wrong this time.
update alarms set message = $2::text, score = $3::float8 where id = $1::uuid;

-- name: move
-- $1 id uuid, $2 action text, $3 at timestamptz, $4 actor text, $5 comment text, $6 observed_at timestamptz, $7 evidence jsonb
-- Moves an alarm on TwinQL's own account.
insert into alarm_transitions (organisation_id, alarm_id, action, at, actor, comment, observed_at, evidence)
select a.organisation_id, a.id, ($2::text)::alarm_action, $3::timestamptz, $4::text, $5::text, $6::timestamptz, $7::jsonb
from alarms as a
where a.id = $1::uuid;

-- name: unshelve
-- $1 now timestamptz, $2 actor text
-- Takes from the shelf what has lain there long enough.
insert into alarm_transitions (organisation_id, alarm_id, action, at, actor)
select a.organisation_id, a.id, 'UNSHELVED', $1::timestamptz, $2::text
from alarms as a
where a.closed_at is null and a.state = 'SHELVED' and a.shelved_until <= $1::timestamptz
for no key update of a;

-- name: escalate
-- $1 now timestamptz, $2 actor text
-- Gives more weight to what nobody has acknowledged for as long as its rule allows, counted from when it last began to wait.
insert into alarm_transitions (organisation_id, alarm_id, action, at, actor, severity)
select a.organisation_id, a.id, 'ESCALATED', $1::timestamptz, $2::text, r.escalate_to
from alarms as a
join alarm_rules as r on r.id = a.rule_id and r.enabled and r.archived_at is null
where a.closed_at is null and a.state = 'ACTIVE_UNACKNOWLEDGED' and r.escalate_to > a.severity
    and (
        select max(t.at)
        from alarm_transitions as t
        where t.alarm_id = a.id and t.action in ('RAISED', 'RAISED_AGAIN', 'UNSHELVED', 'RETURNED_TO_SERVICE')
    ) <= $1::timestamptz - make_interval(secs => r.escalate_after_seconds)
for no key update of a;

-- name: open
-- $1 channel_ids uuid[]
-- The open alarms of channels; of all of them where none are named.
select id, channel_id, cause::text, state::text, condition_holds
from alarms
where closed_at is null and ($1::uuid[] is null or channel_id = any($1::uuid[]));
