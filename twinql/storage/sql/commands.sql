-- name: may_command
-- $1 channel_id uuid
-- Whether whoever asks may command a channel; no row where they may not see it.
select organisation_id = (select twinql.organisation_id('OPERATOR')) as allowed from channels where id = $1::uuid;

-- name: organisation_of
-- $1 channel_id uuid
-- The organisation of a channel.
select organisation_id from channels where id = $1::uuid;

-- name: by_key
-- $1 organisation_id uuid, $2 idempotency_key text
-- The command that was asked for under this key, if there is one.
select
    id, channel_id, decision_id, desired, reason, not_before, expectation, schedule_id,
    expires_at - coalesce(not_before, requested_at) as expires_in, interlocks
from commands
where organisation_id = $1::uuid and idempotency_key = $2::text;

-- name: insert
-- $1 organisation_id uuid, $2 channel_id uuid, $3 decision_id uuid, $4 desired float8, $5 action text, $6 idempotency_key text,
-- $7 requested_by text, $8 reason text, $9 requested_at timestamptz, $10 expires_at timestamptz, $11 interlocks jsonb,
-- $12 not_before timestamptz, $13 expectation jsonb, $14 schedule_id uuid
-- Takes a command on, and says whether its channel asks for a second person. Whoever has the turn has seen that its key is free.
insert into commands (
    organisation_id, channel_id, decision_id, desired, action, idempotency_key, requested_by, reason, requested_at, expires_at, interlocks,
    not_before, expectation, schedule_id
)
values (
    $1::uuid, $2::uuid, $3::uuid, $4::float8, $5::text, $6::text, $7::text, $8::text, $9::timestamptz, $10::timestamptz, $11::jsonb,
    $12::timestamptz, $13::jsonb, $14::uuid
)
returning id, (select n.needs_approval from channels as n where n.id = commands.channel_id) as needs_approval;

-- name: begin
-- $1 id uuid, $2 organisation_id uuid, $3 at timestamptz, $4 requested_by text, $5 status text, $6 judged_by text, $7 detail text
-- The first two steps of a command: that it was asked for, and what followed from the verdicts.
insert into command_transitions (command_id, organisation_id, status, at, actor, detail)
values
    ($1::uuid, $2::uuid, 'REQUESTED', $3::timestamptz, $4::text, null),
    ($1::uuid, $2::uuid, $5::text::command_status, $3::timestamptz, $6::text, $7::text);

-- name: hold
-- $1 id uuid
-- The status of a command, which nobody else may change until this transaction ends.
select status::text from commands where id = $1::uuid for update;

-- name: move
-- $1 id uuid, $2 status text, $3 at timestamptz, $4 actor text, $5 detail text
-- Adds a transition; triggers refuse one that cannot follow, give it its place, and show it in the command's own row.
insert into command_transitions (command_id, organisation_id, status, at, actor, detail)
select c.id, c.organisation_id, ($2::text)::command_status, $3::timestamptz, $4::text, $5::text
from commands as c
where c.id = $1::uuid
returning sequence;

-- name: held_for_report
-- $1 id uuid, $2 key_id uuid, $3 now timestamptz
-- Whether a command is due, and whether it is over; held until this transaction ends. No row where it is to no channel of the key, if
-- there is one.
select
    coalesce(c.not_before <= least($3::timestamptz, (select twinql.present())), true) as is_due,
    c.expires_at <= greatest($3::timestamptz, (select twinql.present())) as is_over
from commands as c
where c.id = $1::uuid
    and (
        $2::uuid is null
        or exists (
            select
            from api_keys as k
            join api_key_channels as opened on opened.api_key_id = k.id
            where k.id = $2::uuid and opened.channel_id = c.channel_id
                and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
        )
    )
for update of c;

-- name: claim
-- $1 now timestamptz, $2 channel_numbers int4[]
-- The command that is due first for a device which is there. Those to one channel go out in order: none while another that is due
-- before it waits, or was handed over less than a second ago and is not answered yet. A second dispatcher passes over it. Both
-- clocks, ours and the database's, have to say that it is in time: the database refuses what comes too early or too late by its own.
select c.id, c.organisation_id, c.channel_id, ch.number as channel_number, ch.key as channel_key, c.desired, c.action, c.expires_at
from commands as c
join channels as ch on ch.id = c.channel_id
where c.status = 'QUEUED' and c.expires_at > greatest($1::timestamptz, (select twinql.present()))
    and coalesce(c.not_before <= least($1::timestamptz, (select twinql.present())), true)
    and ch.number = any($2::int4[])
    and not exists (
        select
        from commands as before
        where before.channel_id = c.channel_id and before.status = 'QUEUED'
            and before.expires_at > greatest($1::timestamptz, (select twinql.present()))
            and (coalesce(before.not_before, before.requested_at), before.requested_at, before.id)
                < (coalesce(c.not_before, c.requested_at), c.requested_at, c.id)
    )
    and not exists (
        select
        from commands as before
        join command_transitions as t on t.command_id = before.id and t.status = 'SENT'
        where before.channel_id = c.channel_id and before.status = 'SENT' and t.at > $1::timestamptz - interval '1 second'
    )
order by coalesce(c.not_before, c.requested_at), c.requested_at, c.id
limit 1
for update of c skip locked;

-- name: expired
-- $1 now timestamptz
-- Commands that were never sent and no longer may be, with where they stand.
select c.id, c.status::text
from commands as c
where c.status in ('REQUESTED', 'AWAITING_APPROVAL', 'QUEUED')
    and c.expires_at <= greatest($1::timestamptz, (select twinql.present()))
for update of c skip locked;

-- name: unanswered
-- $1 before timestamptz
-- Commands that were sent before this and that no device has answered for; those that a webhook is still to be told are not among them.
select c.id
from commands as c
where c.status in ('SENT', 'ACKNOWLEDGED', 'EXECUTING')
    and (select max(t.at) from command_transitions as t where t.command_id = c.id) < $1::timestamptz
    and not exists (select from twinql_private.command_deliveries as d where d.command_id = c.id and c.status = 'SENT')
for update of c skip locked;

-- name: transitions
-- $1 command_ids uuid[]
-- The lives of commands, each from its first step on.
select command_id, sequence, status::text, at, actor, detail
from command_transitions
where command_id = any($1::uuid[])
order by command_id, sequence;
