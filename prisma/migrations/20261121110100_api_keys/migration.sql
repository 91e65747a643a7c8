-- API keys: how devices are known. Only the hash of a key is kept, and no user may read it.

create table api_keys (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    name text not null,
    hash bytea not null,
    prefix text not null,
    created_at timestamptz(6) not null default current_timestamp,
    created_by text not null,
    expires_at timestamptz(6),
    revoked_at timestamptz(6),
    last_used_at timestamptz(6),

    constraint api_keys_pkey primary key (id)
);

comment on table api_keys is 'How a device is known: it records the readings of its channels and reports on their commands.';
comment on column api_keys.id is 'Identity outside: opaque, never reused.';
comment on column api_keys.organisation_id is 'The organisation for which it acts.';
comment on column api_keys.name is 'What people call it.';
comment on column api_keys.hash is 'SHA-256 of the key, which is itself kept nowhere.';
comment on column api_keys.prefix is 'How the key begins, so that people can tell which one they hold.';
comment on column api_keys.created_at is 'When it was made.';
comment on column api_keys.created_by is 'Who made it: the subject of the token.';
comment on column api_keys.expires_at is 'From then on it is refused; empty where it never ends by itself.';
comment on column api_keys.revoked_at is 'When it was taken back; empty while it is good.';
comment on column api_keys.last_used_at is 'When it was last used, to within a minute.';

create unique index api_keys_hash_key on api_keys (hash);
create index api_keys_organisation_id_created_at_id_idx on api_keys (organisation_id, created_at desc, id);
create unique index api_keys_id_organisation_id_key on api_keys (id, organisation_id);
alter table api_keys add constraint api_keys_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;

create table api_key_channels (
    api_key_id uuid not null,
    channel_id uuid not null,
    organisation_id uuid not null,

    constraint api_key_channels_pkey primary key (api_key_id,channel_id)
);

comment on table api_key_channels is 'The channels that an API key is for: nothing else is open to it.';
comment on column api_key_channels.api_key_id is 'The key.';
comment on column api_key_channels.channel_id is 'The channel.';
comment on column api_key_channels.organisation_id is 'The organisation that owns both.';

create index api_key_channels_channel_id_organisation_id_idx on api_key_channels (channel_id, organisation_id);
alter table api_key_channels add constraint api_key_channels_api_key_fkey
    foreign key (api_key_id, organisation_id) references api_keys(id, organisation_id) on delete cascade on update cascade;
alter table api_key_channels add constraint api_key_channels_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete cascade on update cascade;


alter table api_keys add constraint api_keys_name_check check (length(btrim(name)) between 1 and 200);
alter table api_keys add constraint api_keys_hash_check check (octet_length(hash) = 32);
alter table api_keys add constraint api_keys_prefix_check check (length(prefix) between 1 and 40);
alter table api_keys add constraint api_keys_expires_at_check check (expires_at > created_at);

comment on index api_keys_organisation_id_created_at_id_idx is 'Serves the list of API keys, newest first.';
comment on index api_key_channels_channel_id_organisation_id_idx is 'Serves the keys of a channel, and its deletion.';

-- The organisation of whoever asks, where their role is at least this one: one question for what a policy used to ask twice.
create function twinql.organisation_id(needed public.membership_role) returns uuid
language sql stable
set search_path = ''
as $$ select organisation_id from twinql.membership() where role <= needed $$;
comment on function twinql.organisation_id(public.membership_role) is 'The organisation of whoever asks, if they have this role or a higher one in it.';

create function twinql.organisation_number(needed public.membership_role) returns integer
language sql stable
set search_path = ''
as $$ select organisation_number from twinql.membership() where role <= needed $$;
comment on function twinql.organisation_number(public.membership_role) is 'The number of the organisation of whoever asks, if they have this role or a higher one in it.';

-- For policies alone, which compare with it.
create function twinql.subject() returns text
language sql stable security definer
set search_path = ''
as $$ select auth.jwt() ->> 'sub' $$;
comment on function twinql.subject() is 'The subject of whoever asks, as text.';

revoke all on function twinql.organisation_id(public.membership_role), twinql.organisation_number(public.membership_role), twinql.subject() from public;
grant execute on function twinql.organisation_id(public.membership_role), twinql.organisation_number(public.membership_role), twinql.subject() to authenticated, service_role, twinql_worker;

do $$
declare
    tenant text;
begin
    foreach tenant in array array['api_keys', 'api_key_channels'] loop
        execute format('alter table public.%I enable row level security', tenant);
        execute format('revoke all on public.%I from public, anon, authenticated, twinql_server', tenant);
        execute format('grant select, insert, update, delete on public.%I to service_role, twinql_worker', tenant);
        execute format('create policy %I on public.%I for all to twinql_worker, service_role using (true) with check (true)', tenant || '_service', tenant);
    end loop;
end
$$;

-- Keys are an OWNER's business, and who made one cannot be told otherwise.
create policy api_keys_read on api_keys for select to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')));
create policy api_keys_insert on api_keys for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')) and created_by = (select twinql.subject()));
create policy api_keys_update on api_keys for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')))
    with check (organisation_id = (select twinql.organisation_id('OWNER')));
create policy api_key_channels_read on api_key_channels for select to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')));
create policy api_key_channels_insert on api_key_channels for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')));
grant select (id, organisation_id, name, prefix, created_at, created_by, expires_at, revoked_at, last_used_at) on api_keys to authenticated;
grant insert (organisation_id, name, hash, prefix, created_by, expires_at) on api_keys to authenticated;
grant update (name, revoked_at) on api_keys to authenticated;
grant select, insert on api_key_channels to authenticated;
