-- Who is told of a step of an alarm is written down with the step itself: what is not written cannot be forgotten or told twice.

alter table alarm_targets add column resting_until timestamptz(6);
comment on column alarm_targets.resting_until is 'Until then nobody else tells it: somebody is at it, it was told a moment ago, or it asked for a pause. Kept at the oldest target of an address for all of them; empty for never.';

alter table alarm_targets add constraint alarm_targets_secret_check check (
    (kind = 'WEBHOOK') = (secret is not null) and length(secret) between 16 and 200
);

create function twinql_private.notify_targets() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    insert into public.alarm_notifications (organisation_id, target_id, alarm_id, sequence, created_at, next_attempt_at)
    select new.organisation_id, t.id, new.alarm_id, new.sequence, new.at, new.at
    from public.alarms as a
    join public.alarm_targets as t on t.organisation_id = a.organisation_id
    where a.id = new.alarm_id
        and t.enabled and t.archived_at is null
        and t.minimum_severity <= new.severity
        and (t.site_id is null or t.site_id = a.site_id)
        -- That all is well again is news only to whoever heard that it was not.
        and (new.action <> 'RETURNED' or exists (
            select from public.alarm_notifications as n
            where n.target_id = t.id and n.alarm_id = new.alarm_id and n.status <> 'FAILED'
        ));
    return null;
end
$$;
comment on function twinql_private.notify_targets() is 'Writes down which targets are to be told of a step of an alarm.';

-- A shelved alarm, and one out of service, is silent.
create trigger alarm_transitions_notify after insert on alarm_transitions
    for each row
    when (new.action in ('RAISED', 'RAISED_AGAIN', 'ESCALATED', 'RETURNED') and new.state not in ('SHELVED', 'OUT_OF_SERVICE'))
    execute function twinql_private.notify_targets();

revoke all on all functions in schema twinql_private from public;
