-- Readings, partitioned by month. The partitions live in twinql_private: a parent's policies and statement triggers
-- do not act on a partition, so none may be reached but through the parent.

create type reading_quality as enum ('GOOD', 'UNCERTAIN', 'BAD', 'ESTIMATED', 'SUBSTITUTED', 'EDITED');
comment on type reading_quality is 'How far a value can be trusted, with its status: EDITED is good, ESTIMATED and SUBSTITUTED are uncertain, the rest are actual.';

create type reading_source as enum ('MANUAL', 'API', 'IMPORT', 'DEVICE', 'SIMULATION', 'REPLAY', 'DATABASE');
comment on type reading_source is 'The way by which a value came in. DATABASE is whoever writes the table without saying.';

create table readings (
    observed_at timestamptz(6) not null,
    recorded_at timestamptz(6) not null default current_timestamp,
    value double precision,
    channel_number integer not null,
    organisation_number integer not null,
    quality reading_quality not null default 'GOOD',
    source reading_source not null default 'DATABASE',

    constraint readings_pkey primary key (channel_number,observed_at)
) partition by range (observed_at);

comment on table readings is 'What a channel read at an instant, or over the interval that ended then. Partitioned by month.';
comment on column readings.observed_at is 'The instant, or the end of the interval.';
comment on column readings.recorded_at is 'When TwinQL learned it.';
comment on column readings.value is 'The value in the unit of the channel; empty only where the quality is BAD.';
comment on column readings.channel_number is 'The number of the channel.';
comment on column readings.organisation_number is 'The number of the channel''s organisation.';
comment on column readings.quality is 'How far the value can be trusted, with its status.';
comment on column readings.source is 'The way by which it came in.';


-- Nothing that is measured is greater. One value near the greatest float would make the sums and squares of all who read its
-- channel overflow. NaN is greater than every number in Postgres, so the range refuses it together with the two infinities.
alter table readings add constraint readings_value_check check (value between -1e100 and 1e100);
alter table readings add constraint readings_value_missing_check check (value is not null or quality = 'BAD');
-- The first bounds the number of partitions, the second that of schedule channels; the trigger below is stricter for the rest.
alter table readings add constraint readings_observed_at_check
    check (observed_at >= timestamptz '1990-01-01 00:00:00+00' and observed_at < recorded_at + interval '87840 hours');
-- Infinity, or a year that no client can read, would stop every reader of the row.
alter table readings add constraint readings_recorded_at_check
    check (recorded_at >= timestamptz '1990-01-01 00:00:00+00' and recorded_at < timestamptz '2200-01-01 00:00:00+00');

-- What no month's partition takes yet, such as a row written straight into the table; moved to its month by the maintenance.
create table twinql_private.readings_other (like public.readings including all);
alter table public.readings attach partition twinql_private.readings_other default;
alter table twinql_private.readings_other enable row level security;
comment on table twinql_private.readings_other is 'Readings of months that have no partition yet.';

create function twinql_private.create_partition(month date) returns boolean
language plpgsql
set search_path = ''
as $$
declare
    partition_name constant text := 'readings_' || to_char(month, 'YYYY_MM');
    lower_bound constant timestamptz := month::timestamp at time zone 'UTC';
    upper_bound constant timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
    if to_regclass('twinql_private.' || partition_name) is not null then
        return false;
    end if;
    execute format('create table twinql_private.%I (like public.readings including all)', partition_name);
    execute format('alter table twinql_private.%I enable row level security', partition_name);
    execute format('comment on table twinql_private.%I is %L', partition_name, 'Readings of ' || to_char(month, 'YYYY-MM') || ', in UTC.');
    execute format('revoke all on twinql_private.%I from public, anon, authenticated, service_role, twinql_server, twinql_worker', partition_name);
    -- Taken from the default partition itself, so that the parent's triggers do not announce what only moves.
    execute format(
        'with moved as (delete from twinql_private.readings_other where observed_at >= %L and observed_at < %L returning *)
         insert into twinql_private.%I select * from moved',
        lower_bound, upper_bound, partition_name
    );
    execute format(
        'alter table public.readings attach partition twinql_private.%I for values from (%L) to (%L)',
        partition_name, lower_bound, upper_bound
    );
    return true;
end
$$;
comment on function twinql_private.create_partition(date) is 'Makes the partition of the month that starts on this day; true where it was missing.';

-- Makes the partitions of a period that are missing. Whoever may record may ask for it; 1990 to ten years ahead bounds them.
create function twinql.prepare_readings(first_at timestamptz, last_at timestamptz) returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
    month date;
    made integer := 0;
begin
    if first_at is null or last_at is null or first_at < timestamptz '1990-01-01 00:00:00+00'
        or last_at > now() + interval '3660 days' then
        raise exception 'readings lie between 1990 and ten years ahead' using errcode = 'check_violation';
    end if;
    for month in
        select generate_series(
            date_trunc('month', first_at at time zone 'UTC'), date_trunc('month', last_at at time zone 'UTC'), interval '1 month'
        )::date
    loop
        if to_regclass('twinql_private.readings_' || to_char(month, 'YYYY_MM')) is null then
            -- One maker at a time; the second finds the work done.
            perform pg_advisory_xact_lock(7205001);
            made := made + twinql_private.create_partition(month)::integer;
        end if;
    end loop;
    return made;
end
$$;
comment on function twinql.prepare_readings(timestamptz, timestamptz) is 'Makes the monthly partitions of a period that are missing, and says how many.';
revoke all on function twinql.prepare_readings(timestamptz, timestamptz) from public;
grant execute on function twinql.prepare_readings(timestamptz, timestamptz) to authenticated, service_role, twinql_server, twinql_worker;

-- Every reading belongs to a channel of its own organisation, and one more than a day ahead to a schedule. Checked once per
-- statement: a foreign key, asked row by row, makes an insert 2.4 times as dear.
create function twinql_private.check_readings() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    if exists (
        select from (select distinct channel_number, organisation_number from new_rows) as n
        where not exists (
            select from public.channels as c where c.number = n.channel_number and c.organisation_number = n.organisation_number
        )
    ) then
        raise exception 'a reading names a channel that its organisation does not have'
            using errcode = 'foreign_key_violation', constraint = 'readings_channel_check', table = 'readings', schema = 'public';
    end if;
    if (select max(observed_at) from new_rows) > now() + interval '1 day' and exists (
        select from new_rows as n
        join public.channels as c on c.number = n.channel_number
        where n.observed_at > now() + interval '1 day' and not c.schedule
    ) then
        raise exception 'a reading lies more than a day in the future, and its channel is no schedule'
            using errcode = 'check_violation', constraint = 'readings_future_check', table = 'readings', schema = 'public';
    end if;
    return null;
end
$$;
comment on function twinql_private.check_readings() is 'Refuses readings of a channel that is not their organisation''s, and those too far ahead.';
create trigger readings_check_inserted after insert on readings
    referencing new table as new_rows for each statement execute function twinql_private.check_readings();
create trigger readings_check_updated after update on readings
    referencing new table as new_rows for each statement execute function twinql_private.check_readings();

-- The other side of that bond: a channel that has readings stays, under its number.
create function twinql_private.keep_channel() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    if exists (select from public.readings where channel_number = old.number) then
        raise exception 'channel % has readings: archive it instead', old.id
            using errcode = 'foreign_key_violation', constraint = 'readings_channel_check', table = 'channels', schema = 'public';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function twinql_private.keep_channel() is 'Refuses to delete or renumber a channel that has readings.';
create trigger channels_keep_deleted before delete on channels
    for each row execute function twinql_private.keep_channel();
create trigger channels_keep_renumbered before update of number, organisation_number on channels
    for each row when (old.number <> new.number or old.organisation_number <> new.organisation_number)
    execute function twinql_private.keep_channel();
