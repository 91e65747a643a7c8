-- Commands reach a device by a request to a web address of its own: where that is, and what still has to be told there.

create table command_webhooks (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    api_key_id uuid not null,
    address text not null,
    secret text not null,
    enabled boolean not null default true,
    created_at timestamptz(6) not null default current_timestamp,
    last_attempt_at timestamptz(6),
    last_error text,

    constraint command_webhooks_pkey primary key (id)
);

comment on table command_webhooks is 'Where the commands to the channels of a device are sent.';
comment on column command_webhooks.id is 'Identity outside: opaque, never reused.';
comment on column command_webhooks.organisation_id is 'The organisation that owns it.';
comment on column command_webhooks.api_key_id is 'The device, by its key: it gets the commands to the channels of the key, and reports with it.';
comment on column command_webhooks.address is 'The web address.';
comment on column command_webhooks.secret is 'With what requests are signed.';
comment on column command_webhooks.enabled is 'Whether commands are sent there at all.';
comment on column command_webhooks.created_at is 'When the row was made.';
comment on column command_webhooks.last_attempt_at is 'When a command was last sent there; empty for never.';
comment on column command_webhooks.last_error is 'What went wrong then; empty where it was taken.';

create unique index command_webhooks_api_key_id_organisation_id_key on command_webhooks (api_key_id, organisation_id);
comment on index command_webhooks_api_key_id_organisation_id_key is 'Keeps a key to one webhook, and serves it.';
create index command_webhooks_organisation_id_idx on command_webhooks (organisation_id);
comment on index command_webhooks_organisation_id_idx is 'Serves the webhooks of an organisation.';
alter table command_webhooks add constraint command_webhooks_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table command_webhooks add constraint command_webhooks_api_key_fkey
    foreign key (api_key_id, organisation_id) references api_keys(id, organisation_id) on delete cascade on update cascade;
alter table command_webhooks add constraint command_webhooks_address_check check (length(address) between 3 and 2000);
alter table command_webhooks add constraint command_webhooks_secret_check check (length(secret) between 16 and 200);

-- Where commands go is an OWNER's business; a secret is written and never read.
alter table command_webhooks enable row level security;
revoke all on command_webhooks from public, anon, authenticated, service_role, twinql_server;
grant select, insert, update, delete on command_webhooks to service_role, twinql_worker;
create policy command_webhooks_service on command_webhooks for all to twinql_worker, service_role using (true) with check (true);
grant select (id, organisation_id, api_key_id, address, enabled, created_at, last_attempt_at, last_error) on command_webhooks to authenticated;
grant insert (organisation_id, api_key_id, address, secret, enabled) on command_webhooks to authenticated;
grant update (address, secret, enabled) on command_webhooks to authenticated;
create policy command_webhooks_read on command_webhooks for select to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')));
create policy command_webhooks_insert on command_webhooks for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')));
create policy command_webhooks_update on command_webhooks for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')))
    with check (organisation_id = (select twinql.organisation_id('OWNER')));

create table twinql_private.command_deliveries (
    command_id uuid not null,
    webhook_id uuid not null,
    handed_over_at timestamptz(6) not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz(6) not null,

    constraint command_deliveries_pkey primary key (command_id)
);
comment on table twinql_private.command_deliveries is 'Commands that a webhook has not answered for yet.';
comment on column twinql_private.command_deliveries.command_id is 'The command.';
comment on column twinql_private.command_deliveries.webhook_id is 'Where it goes.';
comment on column twinql_private.command_deliveries.handed_over_at is 'When it was sent: those to one channel go in this order.';
comment on column twinql_private.command_deliveries.attempts is 'How often it was tried.';
comment on column twinql_private.command_deliveries.next_attempt_at is 'When it is tried next.';
create index command_deliveries_next_attempt_at_idx on twinql_private.command_deliveries (next_attempt_at);
comment on index twinql_private.command_deliveries_next_attempt_at_idx is 'Serves what is due.';
create index command_deliveries_webhook_id_idx on twinql_private.command_deliveries (webhook_id);
comment on index twinql_private.command_deliveries_webhook_id_idx is 'Serves the deletion of webhooks.';
alter table twinql_private.command_deliveries add constraint command_deliveries_command_fkey
    foreign key (command_id) references commands(id) on delete cascade;
alter table twinql_private.command_deliveries add constraint command_deliveries_webhook_fkey
    foreign key (webhook_id) references command_webhooks(id) on delete cascade;
alter table twinql_private.command_deliveries enable row level security;
create policy command_deliveries_worker on twinql_private.command_deliveries for all to twinql_worker using (true) with check (true);
grant select, insert, update, delete on twinql_private.command_deliveries to twinql_worker;
