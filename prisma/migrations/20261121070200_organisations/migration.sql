-- Organisations, who belongs to them, and the questions that every policy asks.

create type membership_role as enum ('OWNER', 'OPERATOR', 'VIEWER');
comment on type membership_role is 'What a member may do: OWNER manages, OPERATOR records and commands, VIEWER reads.';

create table organisations (
    id uuid not null default gen_random_uuid(),
    number serial not null,
    name text not null,
    created_at timestamptz(6) not null default current_timestamp,

    constraint organisations_pkey primary key (id)
);

comment on table organisations is 'The tenant: everything else belongs to exactly one.';
comment on column organisations.id is 'Identity outside: opaque, never reused.';
comment on column organisations.number is 'Identity inside, on readings and in the outbox; never leaves the database''s own tables.';
comment on column organisations.name is 'What people call it.';
comment on column organisations.created_at is 'When it was made.';

create unique index organisations_number_key on organisations (number);
create unique index organisations_id_number_key on organisations (id, number);

create table memberships (
    organisation_id uuid not null,
    issuer text not null,
    subject text not null,
    role membership_role not null,
    created_at timestamptz(6) not null default current_timestamp,

    constraint memberships_pkey primary key (organisation_id,issuer,subject)
);

comment on table memberships is 'Who may act for an organisation, and how far.';
comment on column memberships.organisation_id is 'The organisation.';
comment on column memberships.issuer is 'Who vouches for the subject: the `iss` of the token.';
comment on column memberships.subject is 'The person or service: the `sub` of the token, as text.';
comment on column memberships.role is 'What the member may do.';
comment on column memberships.created_at is 'When the membership began.';

create index memberships_issuer_subject_idx on memberships (issuer, subject);
alter table memberships add constraint memberships_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete cascade on update cascade;


alter table organisations add constraint organisations_name_check check (length(btrim(name)) between 1 and 200);
alter table memberships add constraint memberships_subject_check check (length(subject) between 1 and 255);

comment on index memberships_issuer_subject_idx is 'Serves twinql.membership: who is asking.';

-- The membership in force: of the organisation that the caller named (header X-Organisation, or the setting
-- twinql.organisation), else the only one there is. Nothing where it is unclear or missing.
create function twinql.membership()
returns table (organisation_id uuid, organisation_number integer, role public.membership_role)
language sql stable security definer
set search_path = ''
as $$
    with named as (
        select coalesce(
            nullif(current_setting('twinql.organisation', true), ''),
            nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-organisation'
        ) as organisation
    ),
    mine as (
        select m.organisation_id, o.number, m.role, count(*) over () as memberships
        from public.memberships as m
        join public.organisations as o on o.id = m.organisation_id
        cross join named
        where m.issuer = auth.jwt() ->> 'iss'
            and m.subject = auth.jwt() ->> 'sub'
            and (named.organisation is null or m.organisation_id::text = named.organisation)
    )
    select mine.organisation_id, mine.number, mine.role from mine where mine.memberships = 1
$$;
comment on function twinql.membership() is 'The membership that is in force for whoever asks; no row where none is.';

create function twinql.organisation_id() returns uuid
language sql stable
set search_path = ''
as $$ select organisation_id from twinql.membership() $$;
comment on function twinql.organisation_id() is 'The organisation of whoever asks; empty where none is in force.';

create function twinql.organisation_number() returns integer
language sql stable
set search_path = ''
as $$ select organisation_number from twinql.membership() $$;
comment on function twinql.organisation_number() is 'The number of the organisation of whoever asks; empty where none is in force.';

create function twinql.may(needed public.membership_role) returns boolean
language sql stable
set search_path = ''
as $$ select coalesce((select role <= needed from twinql.membership()), false) $$;
comment on function twinql.may(public.membership_role) is 'Whether whoever asks has this role or a higher one; OWNER is the highest.';

revoke all on all functions in schema twinql from public;
grant execute on all functions in schema twinql to authenticated, service_role, twinql_server, twinql_worker;
