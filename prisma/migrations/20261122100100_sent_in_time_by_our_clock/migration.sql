-- Whether a command is still in time is judged by the clock of the database. The instant that a writer gives is its own, and a
-- server whose clock is an hour slow sent what had expired an hour ago.

create function twinql.present() returns timestamptz
language sql volatile
set search_path = ''
as $$ select clock_timestamp() $$;
comment on function twinql.present() is 'The present, by which it is judged whether a command is sent in time.';
revoke all on function twinql.present() from public;
grant execute on function twinql.present() to service_role, twinql_worker;

create or replace function twinql_private.step_command() returns trigger
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
    -- The instant that is written must be in time too: whoever reads the life of the command sees no other.
    if new.status = 'SENT' and (
        new.at >= held.expires_at or new.at < held.not_before
        or twinql.present() >= held.expires_at or twinql.present() < held.not_before
    ) then
        raise exception 'command % may be sent from % until %', new.command_id, held.not_before, held.expires_at
            using errcode = 'check_violation', constraint = 'command_transitions_in_time';
    end if;
    new.sequence := coalesce(newest.sequence, 0) + 1;
    return new;
end
$$;
