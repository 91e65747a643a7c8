-- What devices and the simulator read is told from what people write, so that nobody lifts an interlock by writing a reading.

create table twinql_private.channels_of_devices (
    channel_number integer not null,
    last_on date not null,
    constraint channels_of_devices_pkey primary key (channel_number)
);
comment on table twinql_private.channels_of_devices is 'The channels that devices or the simulator have read.';
comment on column twinql_private.channels_of_devices.channel_number is 'The number of the channel.';
comment on column twinql_private.channels_of_devices.last_on is 'The day on which that was last recorded, in UTC.';
alter table twinql_private.channels_of_devices enable row level security;

-- Those who keep a channel from being written by hand are its devices of the last thirty days, the longest that an interlock
-- takes a reading for. Asked by the id, which nobody guesses; the answer names nothing else.
create function twinql.is_read_by_device(channel uuid) returns boolean
language sql stable security definer
set search_path = ''
as $$
    select exists (
        select
        from public.channels as c
        join twinql_private.channels_of_devices as d on d.channel_number = c.number
        where c.id = channel and d.last_on >= (now() at time zone 'UTC')::date - 30
    )
$$;
comment on function twinql.is_read_by_device(uuid) is 'Whether a device or the simulator has read a channel within the last thirty days.';
revoke all on function twinql.is_read_by_device(uuid) from public;
grant execute on function twinql.is_read_by_device(uuid) to authenticated, service_role, twinql_worker;

-- Written once a day and channel: most statements only look.
create function twinql_private.note_devices() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
    today constant date := (now() at time zone 'UTC')::date;
begin
    insert into twinql_private.channels_of_devices as d (channel_number, last_on)
    select n.channel_number, today
    from (select distinct channel_number from new_rows where source in ('DEVICE', 'SIMULATION')) as n
    where not exists (
        select from twinql_private.channels_of_devices as known
        where known.channel_number = n.channel_number and known.last_on >= today
    )
    order by n.channel_number
    on conflict (channel_number) do update set last_on = excluded.last_on where d.last_on < excluded.last_on;
    return null;
end
$$;
comment on function twinql_private.note_devices() is 'Remembers which channels devices or the simulator read.';
revoke all on function twinql_private.note_devices() from public;
create trigger readings_note_devices_inserted after insert on readings
    referencing new table as new_rows for each statement execute function twinql_private.note_devices();
create trigger readings_note_devices_updated after update on readings
    referencing new table as new_rows for each statement execute function twinql_private.note_devices();

-- What devices recorded by the graph bore the source API until now: their channels are known once they record again.
insert into twinql_private.channels_of_devices (channel_number, last_on)
select c.number, (now() at time zone 'UTC')::date
from channels as c
where exists (
    select from readings as r
    where r.channel_number = c.number and r.source in ('DEVICE', 'SIMULATION') and r.observed_at > now() - interval '1 day'
)
on conflict do nothing;

-- Nobody but devices and TwinQL's own work says that a device or the simulator read something.
alter policy readings_insert on readings
    with check (organisation_number = (select twinql.organisation_number('OPERATOR')) and source not in ('DEVICE', 'SIMULATION'));
alter policy readings_update on readings
    with check (organisation_number = (select twinql.organisation_number('OPERATOR')) and source not in ('DEVICE', 'SIMULATION'));
