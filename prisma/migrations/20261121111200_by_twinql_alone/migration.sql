-- What members and devices may ask of the tables around TwinQL is bounded: commands are judged by their interlocks there,
-- and months of long ago get no partition of their own.

-- TwinQL names the organisation (or none) in each of its transactions; an API over the tables never does. Who has a SQL prompt
-- may, and is no member but an administrator.
create policy commands_by_twinql on commands as restrictive for insert to authenticated
    with check ((select current_setting('twinql.organisation', true)) is not null);
create policy commands_by_twinql_update on commands as restrictive for update to authenticated
    using ((select current_setting('twinql.organisation', true)) is not null);
create policy command_transitions_by_twinql on command_transitions as restrictive for insert to authenticated
    with check ((select current_setting('twinql.organisation', true)) is not null);

-- A partition is everybody's: each makes every reader's statement a little longer. Older readings go to the default partition;
-- an import by the command line makes any month.
create or replace function twinql.prepare_readings(first_at timestamptz, last_at timestamptz) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
    month date;
    made integer := 0;
begin
    if not twinql_private.may_prepare() then
        raise exception 'only those who may record prepare for it' using errcode = 'insufficient_privilege';
    end if;
    if first_at is null or last_at is null or first_at < timestamptz '1990-01-01 00:00:00+00'
        or last_at > now() + interval '3660 days' then
        raise exception 'readings lie between 1990 and ten years ahead' using errcode = 'check_violation';
    end if;
    if current_setting('role', true) in ('authenticated', 'twinql_device') then
        first_at := greatest(first_at, now() - interval '60 months');
        last_at := least(last_at, now() + interval '12 months');
    end if;
    for month in
        select generate_series(
            date_trunc('month', first_at at time zone 'UTC'), date_trunc('month', last_at at time zone 'UTC'), interval '1 month'
        )::date
    loop
        if to_regclass('twinql_private.readings_' || to_char(month, 'YYYY_MM')) is null then
            -- One maker at a time; the second finds the work done.
            perform pg_advisory_xact_lock(7205001);
            made := made + twinql_private.create_partition(month)::integer;
        end if;
    end loop;
    return made;
end
$$;
