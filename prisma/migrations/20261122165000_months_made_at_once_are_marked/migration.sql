-- What is written straight into a month is marked too, whenever the month was made: those made at once had lost it.
create or replace function twinql_private.create_partition(month date) returns boolean
language plpgsql
set search_path = ''
as $$
declare
    partition_name constant text := 'readings_' || to_char(month, 'YYYY_MM');
    lower_bound constant timestamptz := month::timestamp at time zone 'UTC';
    upper_bound constant timestamptz := (month + interval '1 month') at time zone 'UTC';
begin
    if exists (
        select from pg_catalog.pg_class where relname = partition_name and relnamespace = 'twinql_private'::pg_catalog.regnamespace
    ) then
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
    perform twinql_private.mark_writes_to(format('twinql_private.%I', partition_name)::regclass);
    return true;
end
$$;

select twinql_private.mark_writes_to(i.inhrelid::regclass)
from pg_catalog.pg_inherits as i
where i.inhparent = 'public.readings'::regclass
    and not exists (select from pg_catalog.pg_trigger as t where t.tgrelid = i.inhrelid and t.tgname = 'readings_mark_inserted');
