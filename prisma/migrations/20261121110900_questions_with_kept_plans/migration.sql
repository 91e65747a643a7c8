-- What policies ask, in PL/pgSQL: it keeps its plans for the length of a session, whereas before PostgreSQL 18 a function in
-- SQL is planned anew in every statement that calls it, at five times the cost of asking.

create or replace function twinql.membership()
returns table (organisation_id uuid, organisation_number integer, role public.membership_role)
language plpgsql stable security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
    claims constant jsonb := auth.jwt();
    named constant text := coalesce(
        nullif(current_setting('twinql.organisation', true), ''),
        nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-organisation'
    );
begin
    return query
    select mine.organisation_id, mine.number, mine.role
    from (
        select m.organisation_id, o.number, m.role, count(*) over () as memberships
        from public.memberships as m
        join public.organisations as o on o.id = m.organisation_id
        where m.issuer = claims ->> 'iss'
            and m.subject = claims ->> 'sub'
            and (named is null or m.organisation_id::text = named)
    ) as mine
    where mine.memberships = 1;
end
$$;

create or replace function twinql.organisation_id() returns uuid
language plpgsql stable
set search_path = ''
as $$ begin return (select m.organisation_id from twinql.membership() as m); end $$;

create or replace function twinql.organisation_number() returns integer
language plpgsql stable
set search_path = ''
as $$ begin return (select m.organisation_number from twinql.membership() as m); end $$;

create or replace function twinql.organisation_id(needed public.membership_role) returns uuid
language plpgsql stable
set search_path = ''
as $$ begin return (select m.organisation_id from twinql.membership() as m where m.role <= needed); end $$;

create or replace function twinql.organisation_number(needed public.membership_role) returns integer
language plpgsql stable
set search_path = ''
as $$ begin return (select m.organisation_number from twinql.membership() as m where m.role <= needed); end $$;

create or replace function twinql.may(needed public.membership_role) returns boolean
language plpgsql stable
set search_path = ''
as $$ begin return exists (select from twinql.membership() as m where m.role <= needed); end $$;

create or replace function twinql.subject() returns text
language plpgsql stable security definer
set search_path = ''
as $$ begin return auth.jwt() ->> 'sub'; end $$;

create or replace function twinql.device() returns table (key_id uuid, organisation_id uuid, organisation_number integer)
language plpgsql stable security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
    claims constant jsonb := auth.jwt();
begin
    -- Other issuers' subjects are no uuids.
    if claims ->> 'iss' = 'twinql:api-key' then
        return query
        select k.id, k.organisation_id, o.number
        from public.api_keys as k
        join public.organisations as o on o.id = k.organisation_id
        where k.id = (claims ->> 'sub')::uuid and k.revoked_at is null and (k.expires_at is null or k.expires_at > now());
    end if;
end
$$;

create or replace function twinql.device_channels() returns integer[]
language plpgsql stable security definer
set search_path = ''
as $$
begin
    return (
        select coalesce(array_agg(c.number order by c.number), '{}')
        from twinql.device() as d
        join public.api_key_channels as k on k.api_key_id = d.key_id
        join public.channels as c on c.id = k.channel_id
    );
end
$$;

create or replace function twinql.device_name() returns text
language plpgsql stable
set search_path = ''
as $$ begin return (select 'device:' || d.key_id from twinql.device() as d); end $$;

create or replace function twinql.device_organisation_id() returns uuid
language plpgsql stable
set search_path = ''
as $$ begin return (select d.organisation_id from twinql.device() as d); end $$;
