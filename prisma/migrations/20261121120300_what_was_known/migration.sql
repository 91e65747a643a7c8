-- What was known at a time is told by readings and their corrections: deletions leave one too.

create function twinql_private.keep_deleted_readings() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    -- Whoever lets the old go for good says so: there is nothing left to ask for.
    if coalesce(current_setting('twinql.forget', true), '') <> 'on' then
        insert into public.reading_corrections (
            channel_number, organisation_number, observed_at, former_value, former_quality, former_source, former_recorded_at,
            corrected_by, reason
        )
        select
            former.channel_number, former.organisation_number, former.observed_at, former.value, former.quality, former.source,
            former.recorded_at, coalesce(auth.jwt() ->> 'sub', session_user), nullif(current_setting('twinql.reason', true), '')
        from old_rows as former;
    end if;
    return null;
end
$$;
comment on function twinql_private.keep_deleted_readings() is 'Writes what readings said before they were deleted.';
create trigger readings_keep_deleted after delete on readings
    referencing old table as old_rows for each statement execute function twinql_private.keep_deleted_readings();
comment on table reading_corrections is 'What a reading said before it was changed or deleted. Written by a trigger, whoever changes it.';

-- A device sees what its own readings said before.
create policy reading_corrections_device on reading_corrections for select to twinql_device
    using (channel_number = any ((select twinql.device_channels())::integer[]));
grant select on reading_corrections to twinql_device;
