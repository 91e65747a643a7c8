-- What was known at a time: readings with their corrections, deletions among them.

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

-- In plain SQL and without settings of its own, so that the planner opens it: a channel and a stretch of time find their
-- index and partitions through it as they do in the table.
create function twinql.readings_known(as_of timestamptz) returns table (
    observed_at timestamptz, recorded_at timestamptz, value double precision, channel_number integer, organisation_number integer,
    quality public.reading_quality, source public.reading_source
)
language sql stable
begin atomic
    select r.observed_at, r.recorded_at, r.value, r.channel_number, r.organisation_number, r.quality, r.source
    from public.readings as r
    where r.recorded_at <= as_of
        and not exists (
            select
            from public.reading_corrections as later
            where later.channel_number = r.channel_number and later.observed_at = r.observed_at and later.corrected_at > as_of
        )
    union all
    select first.observed_at, first.former_recorded_at, first.former_value, first.channel_number, first.organisation_number,
        first.former_quality, first.former_source
    from (
        select distinct on (c.channel_number, c.observed_at) c.*
        from public.reading_corrections as c
        where c.corrected_at > as_of
        order by c.channel_number, c.observed_at, c.number
    ) as first
    where first.former_recorded_at <= as_of;
end;
comment on function twinql.readings_known(timestamptz) is 'Readings as they were known at a time: before later corrections, and without what was learned later.';
revoke all on function twinql.readings_known(timestamptz) from public;
grant execute on function twinql.readings_known(timestamptz) to authenticated, service_role, twinql_worker, twinql_device;

-- A device sees what its own readings said before.
create policy reading_corrections_device on reading_corrections for select to twinql_device
    using (channel_number = any ((select twinql.device_channels())::integer[]));
grant select on reading_corrections to twinql_device;
