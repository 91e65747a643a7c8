-- What a shelf kept from people they hear when it ends: that the condition holds, or that what they heard of is over.

create or replace function twinql_private.notify_targets() returns trigger
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
        -- That all is well again is news only to whoever heard last that it was not.
        and (new.state in ('ACTIVE_UNACKNOWLEDGED', 'ACTIVE_ACKNOWLEDGED') or (
            select s.state in ('ACTIVE_UNACKNOWLEDGED', 'ACTIVE_ACKNOWLEDGED')
            from public.alarm_notifications as n
            join public.alarm_transitions as s on s.alarm_id = n.alarm_id and s.sequence = n.sequence
            where n.target_id = t.id and n.alarm_id = new.alarm_id and n.status <> 'FAILED'
            order by n.sequence desc
            limit 1
        ));
    return null;
end
$$;

-- An alarm on its shelf, and one out of service, is silent.
drop trigger alarm_transitions_notify on alarm_transitions;
create trigger alarm_transitions_notify after insert on alarm_transitions
    for each row
    when (
        new.action in ('RAISED', 'RAISED_AGAIN', 'ESCALATED', 'RETURNED', 'UNSHELVED', 'RETURNED_TO_SERVICE')
        and new.state not in ('SHELVED', 'OUT_OF_SERVICE')
    )
    execute function twinql_private.notify_targets();
