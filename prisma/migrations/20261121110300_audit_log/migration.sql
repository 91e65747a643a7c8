-- Who changed what, from where, and how it ended. Written by the server alone, and never changed by anybody.

create type audit_outcome as enum ('SUCCEEDED', 'INVALID', 'FORBIDDEN', 'FAILED');
comment on type audit_outcome is 'How a mutation ended: INVALID was answered with what to mend, FAILED by a fault of ours.';

create table audit_log (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid,
    at timestamptz(6) not null default current_timestamp,
    issuer text not null,
    subject text not null,
    client text not null,
    request_id text not null,
    operation text not null,
    operation_name text,
    outcome audit_outcome not null,
    codes text[],

    constraint audit_log_pkey primary key (id)
);

comment on table audit_log is 'One mutation: who asked for it, from where, and how it ended. Only ever added to.';
comment on column audit_log.id is 'Identity outside: opaque, never reused.';
comment on column audit_log.organisation_id is 'The organisation for which they acted; empty where none was in force.';
comment on column audit_log.at is 'When it had ended.';
comment on column audit_log.issuer is 'Who vouched for whoever asked; empty for nobody.';
comment on column audit_log.subject is 'Who asked: the subject of the token, or the id of the API key.';
comment on column audit_log.client is 'The network address from which it came.';
comment on column audit_log.request_id is 'The request, as the server''s own log names it.';
comment on column audit_log.operation is 'The mutation field, such as `recordReadings`.';
comment on column audit_log.operation_name is 'What the client calls the operation; empty where it has no name.';
comment on column audit_log.outcome is 'How it ended.';
comment on column audit_log.codes is 'The codes of its errors; empty where there were none.';

create index audit_log_organisation_id_at_id_idx on audit_log (organisation_id, at desc, id);
alter table audit_log add constraint audit_log_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;


comment on index audit_log_organisation_id_at_id_idx is 'Serves the audit log of an organisation, newest first.';

create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function twinql_private.refuse_change();

alter table audit_log enable row level security;
revoke all on audit_log from public, anon, authenticated, service_role, twinql_server;
grant select, insert on audit_log to twinql_worker;
grant select on audit_log to service_role, authenticated;
create policy audit_log_worker on audit_log for insert to twinql_worker with check (true);
create policy audit_log_service on audit_log for select to twinql_worker, service_role using (true);
create policy audit_log_read on audit_log for select to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')));
