-- Each role's grants shrink to the columns and steps that are its own: what cannot be is refused here, not only by the server.

-- What names a row, its tenant or its making never changes.
revoke update on memberships, sites, assets, meters, machines, channels, readings, rejected_readings, forecasts, decisions, commands from authenticated;
grant update (role) on memberships to authenticated;
grant update (name, time_zone, latitude, longitude, attributes, archived_at) on sites to authenticated;
grant update (site_id, parent_id, name, external_id, attributes, archived_at) on assets to authenticated;
grant update (serial_number, commodity) on meters to authenticated;
grant update (manufacturer, model) on machines to authenticated;
grant update (
    site_id, asset_id, key, name, quantity, unit, kind, direction, resolution_seconds, writable, schedule, states, register_maximum,
    limit_low_low, limit_low, limit_high, limit_high_high, plausible_minimum, plausible_maximum, plausible_rate_per_minute,
    plausibility_action, archived_at
) on channels to authenticated;
grant update (recorded_at, value, quality, source) on readings to authenticated;
grant update (rejected_at, resolved_at) on rejected_readings to authenticated;
grant update (status, settled_at, settled_by, settled_reason) on decisions to authenticated;
grant update (status) on commands to authenticated;

-- Ids and numbers are given out, not chosen: choosing one would tell whether somebody else has it, or take it from them.
revoke insert on memberships, sites, assets, channels, readings, rejected_readings from authenticated;
grant insert (organisation_id, issuer, subject, role) on memberships to authenticated;
grant insert (organisation_id, name, time_zone, latitude, longitude, attributes) on sites to authenticated;
grant insert (organisation_id, site_id, parent_id, kind, name, external_id, attributes) on assets to authenticated;
grant insert (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, direction, resolution_seconds, writable,
    schedule, states, register_maximum, limit_low_low, limit_low, limit_high, limit_high_high, plausible_minimum, plausible_maximum,
    plausible_rate_per_minute, plausibility_action
) on channels to authenticated;
grant insert (observed_at, value, channel_number, organisation_number, quality, source) on readings to authenticated;
grant insert (organisation_id, channel_id, reference, observed_at, value, code, message, source, origin) on rejected_readings to authenticated;

-- Forecasts and decisions are made by TwinQL itself.
revoke insert on forecasts, decisions from authenticated;
drop policy forecasts_insert on forecasts;
drop policy forecasts_update on forecasts;
drop policy decisions_insert on decisions;
drop policy commands_insert on commands;
drop policy commands_update on commands;
drop policy command_transitions_insert on command_transitions;
drop policy command_transitions_update on command_transitions;
drop policy decisions_update on decisions;

-- Nobody signs with another's name, and a settled decision stays settled.
create policy decisions_update on decisions for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OPERATOR')))
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')) and status in ('ACCEPTED', 'REJECTED') and settled_by = (select twinql.subject()));
create function twinql_private.keep_settled() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    raise exception 'decision % is settled', old.id using errcode = 'check_violation', constraint = 'decisions_keep_settled';
end
$$;
comment on function twinql_private.keep_settled() is 'Refuses to settle a decision again, or to open it.';
create trigger decisions_keep_settled before update of status, settled_at, settled_by, settled_reason on decisions
    for each row when (old.status <> 'OPEN') execute function twinql_private.keep_settled();

revoke insert on commands, command_transitions from authenticated;
grant insert (
    organisation_id, channel_id, decision_id, desired, action, idempotency_key, requested_by, reason, requested_at, expires_at, interlocks
) on commands to authenticated;
grant insert on command_transitions to authenticated;
create policy commands_insert on commands for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')) and requested_by = (select twinql.subject()));
-- For holding the row while it is moved: the status is what the newest transition says, and nothing else.
create policy commands_update on commands for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OPERATOR')))
    with check (status = twinql.newest_status(id));
-- A person asks and cancels, in their own name or in that of the interlocks that judged it; the rest is up to the device.
create policy command_transitions_insert on command_transitions for insert to authenticated
    with check (
        organisation_id = (select twinql.organisation_id('OPERATOR'))
        and status in ('REQUESTED', 'AWAITING_APPROVAL', 'REJECTED', 'QUEUED', 'CANCELLED')
        and actor in ('user:' || (select twinql.subject()), 'worker:interlocks')
    );

-- One question a policy instead of two.
do $$
declare
    tenant text;
begin
    foreach tenant in array array['memberships', 'sites', 'assets', 'meters', 'machines', 'channels'] loop
        execute format('alter policy %I on public.%I with check (organisation_id = (select twinql.organisation_id(''OWNER'')))', tenant || '_insert', tenant);
        execute format(
            'alter policy %I on public.%I using (organisation_id = (select twinql.organisation_id(''OWNER''))) with check (organisation_id = (select twinql.organisation_id(''OWNER'')))',
            tenant || '_update', tenant
        );
    end loop;
end
$$;
alter policy memberships_delete on memberships using (organisation_id = (select twinql.organisation_id('OWNER')));
alter policy rejected_readings_insert on rejected_readings
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')));
alter policy rejected_readings_update on rejected_readings
    using (organisation_id = (select twinql.organisation_id('OPERATOR')))
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')));
alter policy readings_insert on readings
    with check (organisation_number = (select twinql.organisation_number('OPERATOR')));
alter policy readings_update on readings
    using (organisation_number = (select twinql.organisation_number('OPERATOR')))
    with check (organisation_number = (select twinql.organisation_number('OPERATOR')));

-- A number drawn from a sequence would tell how much others have; only that of channels is needed, by the OWNER who makes one.
revoke usage on sequence organisations_number_seq, reading_corrections_number_seq from authenticated;

-- Only those who may record make partitions, and the server's own login does nothing by itself.
create function twinql_private.may_prepare() returns boolean
language sql stable
set search_path = ''
as $$
    select case current_setting('role', true)
        when 'authenticated' then twinql.may('OPERATOR')
        when 'twinql_device' then exists (select from twinql.device())
        else true
    end
$$;
comment on function twinql_private.may_prepare() is 'Whether whoever asks records readings, and so may make partitions for them.';

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
grant execute on function twinql.prepare_readings(timestamptz, timestamptz) to twinql_device;
revoke all on all functions in schema twinql from twinql_server;
revoke all on all functions in schema twinql_private from public;

do $$
begin
    if to_regclass('public._prisma_migrations') is not null then
        -- Whether the server is ready is asked beside the work of users.
        revoke all on public._prisma_migrations from twinql_server;
        grant select on public._prisma_migrations to twinql_worker;
        alter policy prisma_migrations_read on public._prisma_migrations to twinql_worker;
    end if;
end
$$;
