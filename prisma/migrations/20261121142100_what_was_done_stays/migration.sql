-- What was done stays as it was said, whoever writes: histories of runs rest on it. It can be taken back, and said anew.

create function twinql_private.keep_settled_task() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    taken_back public.maintenance_tasks := new;
begin
    taken_back.status := old.status;
    taken_back.cancelled_at := old.cancelled_at;
    taken_back.cancelled_by := old.cancelled_by;
    if new is distinct from old and (old.status = 'CANCELLED' or new.status <> 'CANCELLED' or taken_back is distinct from old) then
        raise exception 'a maintenance task that is % stays as it is', old.status using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end
$$;
comment on function twinql_private.keep_settled_task() is 'Refuses changes of maintenance tasks that are done or cancelled, but for taking back what was done.';
create trigger maintenance_tasks_settled before update on maintenance_tasks
    for each row when (old.status in ('DONE', 'CANCELLED')) execute function twinql_private.keep_settled_task();
revoke all on function twinql_private.keep_settled_task() from public;
