-- Row-level security on every table: the organisation is compared once per statement, never row by row.
-- Supabase grants new tables in public to anon and authenticated by default, so everything is revoked first.

do $$
declare
    tenant text;
begin
    foreach tenant in array array[
        'organisations', 'memberships', 'sites', 'assets', 'meters', 'machines', 'channels', 'readings', 'reading_corrections',
        'rejected_readings', 'forecasts', 'decisions', 'commands', 'command_transitions'
    ] loop
        execute format('alter table public.%I enable row level security', tenant);
        execute format('revoke all on public.%I from public, anon, authenticated, twinql_server', tenant);
        execute format('grant select, insert, update, delete on public.%I to service_role, twinql_worker', tenant);
        execute format('grant select on public.%I to authenticated', tenant);
        execute format('create policy %I on public.%I for all to twinql_worker, service_role using (true) with check (true)', tenant || '_service', tenant);
    end loop;
    -- Named by their organisation's id.
    foreach tenant in array array['memberships', 'sites', 'assets', 'meters', 'machines', 'channels', 'rejected_readings', 'forecasts', 'decisions', 'commands', 'command_transitions'] loop
        execute format('create policy %I on public.%I for select to authenticated using (organisation_id = (select twinql.organisation_id()))', tenant || '_read', tenant);
    end loop;
    -- Named by their organisation's number.
    foreach tenant in array array['readings', 'reading_corrections'] loop
        execute format('create policy %I on public.%I for select to authenticated using (organisation_number = (select twinql.organisation_number()))', tenant || '_read', tenant);
    end loop;
    -- What an OWNER manages; things are archived, never deleted.
    foreach tenant in array array['memberships', 'sites', 'assets', 'meters', 'machines', 'channels'] loop
        execute format('grant insert, update on public.%I to authenticated', tenant);
        execute format(
            'create policy %I on public.%I for insert to authenticated with check (organisation_id = (select twinql.organisation_id()) and (select twinql.may(''OWNER'')))',
            tenant || '_insert', tenant
        );
        execute format(
            'create policy %I on public.%I for update to authenticated using (organisation_id = (select twinql.organisation_id()) and (select twinql.may(''OWNER''))) with check (organisation_id = (select twinql.organisation_id()))',
            tenant || '_update', tenant
        );
    end loop;
    -- What an OPERATOR does.
    foreach tenant in array array['rejected_readings', 'forecasts', 'decisions', 'commands', 'command_transitions'] loop
        execute format('grant insert, update on public.%I to authenticated', tenant);
        execute format(
            'create policy %I on public.%I for insert to authenticated with check (organisation_id = (select twinql.organisation_id()) and (select twinql.may(''OPERATOR'')))',
            tenant || '_insert', tenant
        );
        execute format(
            'create policy %I on public.%I for update to authenticated using (organisation_id = (select twinql.organisation_id()) and (select twinql.may(''OPERATOR''))) with check (organisation_id = (select twinql.organisation_id()))',
            tenant || '_update', tenant
        );
    end loop;
end
$$;

create policy organisations_read on organisations for select to authenticated using (id = (select twinql.organisation_id()));
grant delete on memberships to authenticated;
create policy memberships_delete on memberships for delete to authenticated
    using (organisation_id = (select twinql.organisation_id()) and (select twinql.may('OWNER')));

grant insert, update on readings to authenticated;
create policy readings_insert on readings for insert to authenticated
    with check (organisation_number = (select twinql.organisation_number()) and (select twinql.may('OPERATOR')));
create policy readings_update on readings for update to authenticated
    using (organisation_number = (select twinql.organisation_number()) and (select twinql.may('OPERATOR')))
    with check (organisation_number = (select twinql.organisation_number()));

-- The commands' own life is append-only for users.
revoke update on command_transitions from authenticated;

-- By name: public may hold other people's sequences too.
grant usage on sequence organisations_number_seq, channels_number_seq, reading_corrections_number_seq
    to authenticated, service_role, twinql_worker;

-- Nobody but the owner and the worker works in twinql_private, now or later.
revoke all on all tables in schema twinql_private from public, anon, authenticated, service_role, twinql_server;
revoke all on all functions in schema twinql_private from public, anon, authenticated, service_role, twinql_server;
grant select, delete on twinql_private.outbox to twinql_worker;
grant select on twinql_private.feed to twinql_worker;
grant update (pruned_position) on twinql_private.feed to twinql_worker;

-- Prisma's own ledger stands in public as well; it is absent in the shadow database.
alter table if exists _prisma_migrations enable row level security;
do $$
begin
    if to_regclass('public._prisma_migrations') is not null then
        revoke all on public._prisma_migrations from anon, authenticated, service_role;
        -- A server that does not log in as the owner still says whether it is ready.
        grant select on public._prisma_migrations to twinql_server;
        create policy prisma_migrations_read on public._prisma_migrations for select to twinql_server using (true);
    end if;
end
$$;
