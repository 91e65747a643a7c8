-- A command waits for its hour, for a second person, or as one of a series; and says which effect is expected of it. What may
-- follow what in its life is held here, and TwinQL alone writes it: people and devices ask TwinQL, which signs in their name.

create table command_schedules (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    name text not null,
    idempotency_key text not null,
    requested_by text not null,
    reason text,
    requested_at timestamptz(6) not null default current_timestamp,
    cancelled_at timestamptz(6),
    cancelled_by text,

    constraint command_schedules_pkey primary key (id)
);

comment on table command_schedules is 'A series of commands, cancelled as one.';
comment on column command_schedules.id is 'Identity outside: opaque, never reused.';
comment on column command_schedules.organisation_id is 'The organisation that owns the channels.';
comment on column command_schedules.name is 'What people call it.';
comment on column command_schedules.idempotency_key is 'Chosen by the caller: the same key gives the same schedule.';
comment on column command_schedules.requested_by is 'Who asked: a kind, a colon, a name.';
comment on column command_schedules.reason is 'Why, in the words of whoever asked.';
comment on column command_schedules.requested_at is 'When it was asked.';
comment on column command_schedules.cancelled_at is 'When it was cancelled: what had not been sent by then never is. Empty where it was not.';
comment on column command_schedules.cancelled_by is 'Who cancelled it: a kind, a colon, a name. Empty where nobody did.';

create index command_schedules_organisation_id_requested_at_id_idx on command_schedules (organisation_id, requested_at desc, id);
comment on index command_schedules_organisation_id_requested_at_id_idx is 'Serves the list of schedules, newest first.';
create unique index command_schedules_id_organisation_id_key on command_schedules (id, organisation_id);
create unique index command_schedules_organisation_id_idempotency_key_key on command_schedules (organisation_id, idempotency_key);
alter table command_schedules add constraint command_schedules_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table command_schedules add constraint command_schedules_name_check check (length(btrim(name)) between 1 and 200);
alter table command_schedules add constraint command_schedules_idempotency_key_check check (length(idempotency_key) between 1 and 200);
alter table command_schedules add constraint command_schedules_cancelled_check check ((cancelled_at is null) = (cancelled_by is null));

alter table command_schedules enable row level security;
revoke all on command_schedules from public, anon, authenticated, service_role, twinql_server;
grant select, insert on command_schedules to service_role, twinql_worker;
grant update (cancelled_at, cancelled_by) on command_schedules to service_role, twinql_worker;
create policy command_schedules_service on command_schedules for all to twinql_worker, service_role using (true) with check (true);
grant select on command_schedules to authenticated;
create policy command_schedules_read on command_schedules for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));

alter table commands
    add column not_before timestamptz(6),
    add column schedule_id uuid,
    add column expectation jsonb,
    add column verification jsonb;
comment on column commands.not_before is 'Before this it is never sent; empty where it may be sent at once.';
comment on column commands.schedule_id is 'The series it is one of, if it is.';
comment on column commands.expectation is 'The effect that was stated to be expected: which channel, which way, how far, how soon. Empty where none was.';
comment on column commands.verification is 'What was found of its effect, with the numbers compared; empty until it is looked for.';
alter table commands add constraint commands_schedule_fkey
    foreign key (schedule_id, organisation_id) references command_schedules(id, organisation_id) on delete restrict on update cascade;
alter table commands add constraint commands_not_before_check check (not_before < expires_at);
create index commands_schedule_id_organisation_id_idx on commands (schedule_id, organisation_id);
comment on index commands_schedule_id_organisation_id_idx is 'Serves the commands of a schedule.';

alter table channels add column needs_approval boolean not null default false;
comment on column channels.needs_approval is 'Whether a command to it waits until a second person approves it.';
grant insert (needs_approval), update (needs_approval) on channels to authenticated;

drop index commands_waiting_idx;
create index commands_waiting_idx on commands (requested_at)
    where status in ('REQUESTED', 'AWAITING_APPROVAL', 'QUEUED', 'SENT', 'ACKNOWLEDGED', 'EXECUTING', 'EXECUTED');
comment on index commands_waiting_idx is 'Serves the dispatcher: commands that are not finished.';

create function twinql.command_may_follow(before public.command_status, after public.command_status) returns boolean
language sql immutable
set search_path = ''
as $$
    select coalesce(after::text = any (case before::text
        when 'REQUESTED' then array['AWAITING_APPROVAL', 'QUEUED', 'REJECTED', 'EXPIRED', 'CANCELLED']
        when 'AWAITING_APPROVAL' then array['QUEUED', 'REJECTED', 'EXPIRED', 'CANCELLED']
        when 'QUEUED' then array['SENT', 'REJECTED', 'EXPIRED', 'CANCELLED']
        when 'SENT' then array['ACKNOWLEDGED', 'REJECTED', 'FAILED', 'TIMED_OUT']
        when 'ACKNOWLEDGED' then array['EXECUTING', 'EXECUTED', 'FAILED', 'TIMED_OUT']
        when 'EXECUTING' then array['EXECUTED', 'FAILED', 'TIMED_OUT']
        when 'EXECUTED' then array['VERIFIED', 'NOT_OBSERVED']
        -- A device that was given up may still speak, and what it says is then the truth.
        when 'TIMED_OUT' then array['ACKNOWLEDGED', 'REJECTED', 'FAILED']
        -- An effect that shows late is still an effect.
        when 'NOT_OBSERVED' then array['VERIFIED']
        -- Before its life.
        else case when before is null then array['REQUESTED'] end
    end), false)
$$;
comment on function twinql.command_may_follow(public.command_status, public.command_status) is
    'Whether a command may go from one status to another; null is before its life.';
revoke all on function twinql.command_may_follow(public.command_status, public.command_status) from public;
grant execute on function twinql.command_may_follow(public.command_status, public.command_status) to service_role, twinql_worker;

create function twinql_private.step_command() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
    held public.commands;
    newest public.command_transitions;
begin
    -- Two that move it at once take turns.
    select * into held from public.commands where id = new.command_id for update;
    select * into newest from public.command_transitions where command_id = new.command_id order by sequence desc limit 1;
    if not twinql.command_may_follow(newest.status, new.status) then
        raise exception '% cannot follow % in the life of command %', new.status, coalesce(newest.status::text, 'nothing'), new.command_id
            using errcode = 'check_violation', constraint = 'command_transitions_follow';
    end if;
    if new.status = 'SENT' and (new.at >= held.expires_at or new.at < held.not_before) then
        raise exception 'command % may be sent from % until %', new.command_id, held.not_before, held.expires_at
            using errcode = 'check_violation', constraint = 'command_transitions_in_time';
    end if;
    new.sequence := coalesce(newest.sequence, 0) + 1;
    return new;
end
$$;
comment on function twinql_private.step_command() is 'Refuses a step that cannot follow or comes too early or too late, and gives it its place.';
create trigger command_transitions_step before insert on command_transitions
    for each row execute function twinql_private.step_command();

create function twinql_private.keep_status() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    if new.status is distinct from coalesce(
        (select t.status from public.command_transitions as t where t.command_id = new.id order by t.sequence desc limit 1), 'REQUESTED'
    ) then
        raise exception 'the status of command % is that of its newest transition', new.id
            using errcode = 'check_violation', constraint = 'commands_status_of_newest_transition';
    end if;
    return new;
end
$$;
comment on function twinql_private.keep_status() is 'Refuses any status but that of the newest transition.';
create trigger commands_keep_status before insert or update of status on commands
    for each row execute function twinql_private.keep_status();

-- What was asked never changes, and what happened is never taken back: not by TwinQL either.
revoke update, delete on commands, command_transitions from service_role, twinql_worker;
grant update (status, verification) on commands to service_role, twinql_worker;

-- Nobody signs for TwinQL or for a device by plain SQL, since nobody but TwinQL writes.
drop policy commands_insert on commands;
drop policy commands_update on commands;
drop policy command_transitions_insert on command_transitions;
drop policy commands_by_twinql on commands;
drop policy commands_by_twinql_update on commands;
drop policy command_transitions_by_twinql on command_transitions;
drop policy commands_device_update on commands;
drop policy command_transitions_device_insert on command_transitions;
revoke insert, update on commands, command_transitions from authenticated, twinql_device;
drop function twinql.newest_status(uuid);
