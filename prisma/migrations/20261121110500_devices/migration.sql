-- What a device may do: record the readings of its own channels, and report on their commands. Nothing else.

do $$
begin
    create role twinql_device nologin noinherit;
exception
    -- Roles belong to the whole cluster, and two databases may be migrated at the same moment.
    when duplicate_object or unique_violation then null;
end
$$;

do $$
declare
    member text;
begin
    foreach member in array array['twinql_server', current_user::text] loop
        begin
            execute format('grant twinql_device to %I', member);
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

grant usage on schema public, twinql to twinql_device;

create function twinql.device() returns table (key_id uuid, organisation_id uuid, organisation_number integer)
language sql stable security definer
set search_path = ''
as $$
    select k.id, k.organisation_id, o.number
    from public.api_keys as k
    join public.organisations as o on o.id = k.organisation_id
    -- Other issuers' subjects are no uuids.
    where k.id = case when auth.jwt() ->> 'iss' = 'twinql:api-key' then (auth.jwt() ->> 'sub')::uuid end
        and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > now())
$$;
comment on function twinql.device() is 'The API key of whoever asks, with its organisation; no row where it is none, or no longer good.';

create function twinql.device_channels() returns integer[]
language sql stable security definer
set search_path = ''
as $$
    select coalesce(array_agg(c.number order by c.number), '{}')
    from twinql.device() as d
    join public.api_key_channels as k on k.api_key_id = d.key_id
    join public.channels as c on c.id = k.channel_id
$$;
comment on function twinql.device_channels() is 'The numbers of the channels of whoever asks with an API key; none where the key is no longer good.';

create function twinql.device_name() returns text
language sql stable
set search_path = ''
as $$ select 'device:' || key_id from twinql.device() $$;
comment on function twinql.device_name() is 'How a device signs the transitions of commands.';

create function twinql.device_organisation_id() returns uuid
language sql stable
set search_path = ''
as $$ select organisation_id from twinql.device() $$;
comment on function twinql.device_organisation_id() is 'The organisation of whoever asks with an API key.';

-- A policy of commands cannot read transitions, whose own policy reads commands.
create function twinql.newest_status(command uuid) returns public.command_status
language sql stable security definer
set search_path = ''
as $$ select status from public.command_transitions where command_id = command order by sequence desc limit 1 $$;
comment on function twinql.newest_status(uuid) is 'The status of the last transition of a command.';

revoke all on function twinql.device(), twinql.device_channels(), twinql.device_name(), twinql.device_organisation_id(), twinql.newest_status(uuid) from public;
grant execute on function twinql.newest_status(uuid) to authenticated, twinql_device;
grant execute on function twinql.device() to authenticated, twinql_device, twinql_worker;
grant execute on function twinql.device_channels(), twinql.device_name(), twinql.device_organisation_id(), twinql.membership() to twinql_device;

-- Asked once per statement; what hangs on a channel is found through the channels that the device sees.
create policy organisations_device on organisations for select to twinql_device
    using (id = (select twinql.device_organisation_id()));
create policy channels_device on channels for select to twinql_device
    using (number = any ((select twinql.device_channels())::integer[]));
create policy sites_device on sites for select to twinql_device using (id in (select c.site_id from channels as c));
create policy assets_device on assets for select to twinql_device using (id in (select c.asset_id from channels as c));
create policy meters_device on meters for select to twinql_device using (id in (select c.asset_id from channels as c));
create policy machines_device on machines for select to twinql_device using (id in (select c.asset_id from channels as c));
grant select on organisations, channels, sites, assets, meters, machines to twinql_device;

-- That a reading is of its channel's organisation, a trigger sees to.
create policy readings_device on readings for select to twinql_device
    using (channel_number = any ((select twinql.device_channels())::integer[]));
create policy readings_device_insert on readings for insert to twinql_device
    with check (channel_number = any ((select twinql.device_channels())::integer[]));
create policy readings_device_update on readings for update to twinql_device
    using (channel_number = any ((select twinql.device_channels())::integer[]))
    with check (channel_number = any ((select twinql.device_channels())::integer[]));
grant select on readings to twinql_device;
grant insert (observed_at, value, channel_number, organisation_number, quality, source) on readings to twinql_device;
grant update (recorded_at, value, quality, source) on readings to twinql_device;

-- What it sent and was refused is kept; the same row once, which takes reading it.
create policy rejected_readings_device on rejected_readings for select to twinql_device
    using (organisation_id = (select twinql.device_organisation_id()) and (channel_id is null or channel_id in (select c.id from channels as c)));
create policy rejected_readings_device_insert on rejected_readings for insert to twinql_device
    with check (organisation_id = (select twinql.device_organisation_id()) and (channel_id is null or channel_id in (select c.id from channels as c)));
create policy rejected_readings_device_update on rejected_readings for update to twinql_device
    using (organisation_id = (select twinql.device_organisation_id()) and (channel_id is null or channel_id in (select c.id from channels as c)))
    with check (organisation_id = (select twinql.device_organisation_id()));
grant select on rejected_readings to twinql_device;
grant insert (organisation_id, channel_id, reference, observed_at, value, code, message, source, origin) on rejected_readings to twinql_device;
grant update (rejected_at, resolved_at) on rejected_readings to twinql_device;

create policy commands_device on commands for select to twinql_device using (channel_id in (select c.id from channels as c));
-- For holding the row while it is moved: the status is what the newest transition says, and nothing else.
create policy commands_device_update on commands for update to twinql_device
    using (channel_id in (select c.id from channels as c))
    with check (status = twinql.newest_status(id));
grant select, update (status) on commands to twinql_device;
create policy command_transitions_device on command_transitions for select to twinql_device
    using (command_id in (select c.id from commands as c));
create policy command_transitions_device_insert on command_transitions for insert to twinql_device
    with check (
        command_id in (select c.id from commands as c)
        and actor = (select twinql.device_name())
        and status in ('ACKNOWLEDGED', 'EXECUTING', 'EXECUTED', 'FAILED')
    );
grant select, insert on command_transitions to twinql_device;
