-- Invitations: a secret that makes whoever brings it a member, once. Only its hash is kept.

create table invitations (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    email text,
    role membership_role not null,
    secret_hash bytea not null,
    invited_by text not null,
    created_at timestamptz(6) not null default current_timestamp,
    expires_at timestamptz(6) not null,
    accepted_at timestamptz(6),
    accepted_issuer text,
    accepted_subject text,
    revoked_at timestamptz(6),

    constraint invitations_pkey primary key (id)
);

comment on table invitations is 'An offer of membership: whoever brings its secret in time becomes a member.';
comment on column invitations.id is 'Identity outside: opaque, never reused.';
comment on column invitations.organisation_id is 'The organisation that invites.';
comment on column invitations.email is 'For whom it is meant, as people know them; empty where it was handed over otherwise.';
comment on column invitations.role is 'What the member will be allowed to do.';
comment on column invitations.secret_hash is 'SHA-256 of the secret, which is itself kept nowhere.';
comment on column invitations.invited_by is 'Who invites: the subject of the token.';
comment on column invitations.created_at is 'When it was made.';
comment on column invitations.expires_at is 'From then on it is refused.';
comment on column invitations.accepted_at is 'When it was accepted; empty while it waits.';
comment on column invitations.accepted_issuer is 'Who vouched for whoever accepted it.';
comment on column invitations.accepted_subject is 'Who accepted it.';
comment on column invitations.revoked_at is 'When it was taken back; empty while it is good.';

create unique index invitations_secret_hash_key on invitations (secret_hash);
create index invitations_organisation_id_created_at_id_idx on invitations (organisation_id, created_at desc, id);
alter table invitations add constraint invitations_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete cascade on update cascade;


alter table invitations add constraint invitations_secret_hash_check check (octet_length(secret_hash) = 32);
alter table invitations add constraint invitations_email_check check (length(email) between 3 and 320);
alter table invitations add constraint invitations_expires_at_check check (expires_at > created_at);
alter table invitations add constraint invitations_accepted_check
    check ((accepted_at is null) = (accepted_subject is null) and (accepted_at is null) = (accepted_issuer is null));

comment on index invitations_organisation_id_created_at_id_idx is 'Serves the list of invitations, newest first.';

alter table invitations enable row level security;
revoke all on invitations from public, anon, authenticated, twinql_server;
grant select, insert, update, delete on invitations to service_role, twinql_worker;
create policy invitations_service on invitations for all to twinql_worker, service_role using (true) with check (true);
create policy invitations_read on invitations for select to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')));
create policy invitations_insert on invitations for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')) and invited_by = (select twinql.subject()));
create policy invitations_update on invitations for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')))
    with check (organisation_id = (select twinql.organisation_id('OWNER')));
grant select (
    id, organisation_id, email, role, invited_by, created_at, expires_at, accepted_at, accepted_issuer, accepted_subject, revoked_at
) on invitations to authenticated;
grant insert (organisation_id, email, role, secret_hash, invited_by, expires_at) on invitations to authenticated;
-- Nobody is made a member by hand this way: only the server, to which the secret was brought, accepts.
grant update (revoked_at) on invitations to authenticated;
