-- For people who look at tables: names instead of keys. Both views ask as whoever looks.

create view latest_readings with (security_invoker = true) as
select
    s.name as site,
    a.name as asset,
    c.key as channel,
    latest.value,
    case
        when c.states is not null then (
            select state ->> 'label' from jsonb_array_elements(c.states) as state where (state ->> 'code')::float8 = latest.value
        )
    end as label,
    lower(replace(c.unit::text, '_', ' ')) as unit,
    latest.quality,
    latest.observed_at,
    latest.recorded_at,
    latest.source,
    c.id as channel_id
from channels as c
join sites as s on s.id = c.site_id
left join assets as a on a.id = c.asset_id
cross join lateral (
    select r.value, r.quality, r.observed_at, r.recorded_at, r.source
    from readings as r
    where r.channel_number = c.number
    order by r.observed_at desc
    limit 1
) as latest
where c.archived_at is null;
comment on view latest_readings is 'The newest reading of every channel in use, with names.';
comment on column latest_readings.site is 'The site.';
comment on column latest_readings.asset is 'The meter or machine; empty for a channel of the site itself.';
comment on column latest_readings.channel is 'The channel''s key.';
comment on column latest_readings.value is 'The value in the unit of the channel.';
comment on column latest_readings.label is 'The label of the state, for STATE channels.';
comment on column latest_readings.unit is 'The unit of the value.';
comment on column latest_readings.quality is 'How far the value can be trusted, with its status.';
comment on column latest_readings.observed_at is 'The instant, or the end of the interval.';
comment on column latest_readings.recorded_at is 'When TwinQL learned it.';
comment on column latest_readings.source is 'The way by which it came in.';
comment on column latest_readings.channel_id is 'The channel''s id.';

create view meter_readings with (security_invoker = true) as
select m.serial_number as meter, r.value as reading, r.observed_at as "timestamp", c.key as channel, r.quality
from readings as r
join channels as c on c.number = r.channel_number and c.organisation_number = r.organisation_number
join meters as m on m.id = c.asset_id;
comment on view meter_readings is 'Every reading of every meter, by serial number.';
comment on column meter_readings.meter is 'The meter''s serial number.';
comment on column meter_readings.reading is 'The value in the unit of the channel.';
comment on column meter_readings."timestamp" is 'The instant, or the end of the interval.';
comment on column meter_readings.channel is 'The channel''s key.';
comment on column meter_readings.quality is 'How far the value can be trusted, with its status.';

revoke all on latest_readings, meter_readings from public, anon, authenticated, service_role, twinql_server;
grant select on latest_readings, meter_readings to authenticated, service_role, twinql_worker;

-- Supabase Realtime sends decisions and commands; raw readings only where somebody asks for them.
do $$
begin
    if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
        alter publication supabase_realtime add table public.decisions, public.commands;
    end if;
end
$$;

create function twinql_private.publish_readings(wanted boolean) returns boolean
language plpgsql
set search_path = ''
as $$
declare
    published constant boolean := exists (
        select from pg_catalog.pg_publication_tables where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = 'readings'
    );
begin
    if not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
        return false;
    end if;
    if wanted and not published then
        alter publication supabase_realtime set (publish_via_partition_root = true);
        alter publication supabase_realtime add table public.readings;
    elsif published and not wanted then
        alter publication supabase_realtime drop table public.readings;
    end if;
    return wanted;
end
$$;
comment on function twinql_private.publish_readings(boolean) is 'Puts raw readings on Supabase Realtime or takes them off; whether they are on.';
revoke all on function twinql_private.publish_readings(boolean) from public;
