-- A reading that is written again as it stands, but for a later recorded_at, as an upsert does, was known before as well.
create or replace function twinql_private.keep_former_readings() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    insert into public.reading_corrections (
        channel_number, organisation_number, observed_at, former_value, former_quality, former_source, former_recorded_at,
        corrected_by, reason
    )
    select
        former.channel_number, former.organisation_number, former.observed_at, former.value, former.quality, former.source,
        former.recorded_at,
        -- The session's own role where no token spoke: inside a definer's function current_user is the owner.
        coalesce(auth.jwt() ->> 'sub', session_user), nullif(current_setting('twinql.reason', true), '')
    from old_rows as former
    left join new_rows as n on n.channel_number = former.channel_number and n.observed_at = former.observed_at
    where n.channel_number is null
        or (n.value, n.quality, n.source, n.recorded_at)
            is distinct from (former.value, former.quality, former.source, former.recorded_at);
    return null;
end
$$;
