-- Schemas, and the roles that Supabase has already: made here only where they are missing.
-- twinql holds what policies ask; twinql_private holds what no API role may touch (partitions, outbox).

create schema if not exists twinql;
comment on schema twinql is 'Who is asking, for row-level security and for the server.';
create schema if not exists twinql_private;
comment on schema twinql_private is 'Partitions, the outbox and their functions: no API role has any grant here.';
revoke all on schema twinql_private from public;

-- Roles belong to the whole cluster, and two databases may be migrated at the same moment.
do $$
declare
    missing record;
begin
    for missing in
        select wanted.name, wanted.options
        from (
            values
                ('anon', 'nologin noinherit'),
                ('authenticated', 'nologin noinherit'),
                ('service_role', 'nologin noinherit bypassrls'),
                ('twinql_server', 'nologin noinherit'),
                ('twinql_worker', 'nologin noinherit')
        ) as wanted (name, options)
        where not exists (select from pg_catalog.pg_roles where rolname = wanted.name)
    loop
        begin
            execute format('create role %I %s', missing.name, missing.options);
        exception
            when duplicate_object or unique_violation then null;
            when insufficient_privilege then
                -- Only a superuser may hand out bypassrls; the policies name service_role as well.
                begin
                    execute format('create role %I nologin noinherit', missing.name);
                exception
                    when duplicate_object or unique_violation then null;
                end;
        end;
    end loop;
end
$$;

-- The owner that migrates must be able to take these roles, and the server's login must be able to become its user.
do $$
declare
    wanted record;
begin
    for wanted in
        select * from (
            values
                ('authenticated', 'twinql_server'),
                ('anon', 'twinql_server'),
                ('authenticated', current_user::text),
                ('anon', current_user::text),
                ('twinql_server', current_user::text),
                ('twinql_worker', current_user::text)
        ) as memberships (granted, member)
    loop
        begin
            execute format('grant %I to %I', wanted.granted, wanted.member);
        exception
            -- A superuser needs no membership, and a managed owner holds some of these already.
            when insufficient_privilege or invalid_grant_operation or unique_violation then null;
            when internal_error then
                -- Another database's migration granted the same at the same moment.
                if sqlerrm not like '%concurrently updated%' then
                    raise;
                end if;
        end;
    end loop;
end
$$;

-- Supabase brings the schema auth; elsewhere policies need the same two questions answered.
do $$
begin
    if not exists (select from pg_catalog.pg_namespace where nspname = 'auth') then
        create schema auth;
        comment on schema auth is 'The two questions that Supabase''s policies ask, where Postgres is not Supabase.';

        create function auth.jwt() returns jsonb
        language sql stable
        set search_path = ''
        return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
        comment on function auth.jwt() is 'The claims of whoever asks; empty where nobody was named.';

        -- Subjects of other issuers are no uuids: for them this is empty, and policies ask auth.jwt() ->> ''sub''.
        create function auth.uid() returns uuid
        language sql stable
        set search_path = ''
        return case
            when auth.jwt() ->> 'sub' ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then (auth.jwt() ->> 'sub')::uuid
        end;
        comment on function auth.uid() is 'The subject of whoever asks, where it is a uuid.';

        grant usage on schema auth to anon, authenticated, service_role, twinql_server, twinql_worker;
        grant execute on function auth.jwt(), auth.uid() to anon, authenticated, service_role, twinql_server, twinql_worker;
    end if;
end
$$;

grant usage on schema twinql to anon, authenticated, service_role, twinql_server, twinql_worker;
grant usage on schema twinql_private to twinql_worker;
grant usage on schema public to anon, authenticated, service_role, twinql_server, twinql_worker;
