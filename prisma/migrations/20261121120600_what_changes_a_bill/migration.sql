-- What is said of a meter, its registers and its site changes what it was charged too.

create function twinql_private.announce_what_bills() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
    concerned uuid[];
begin
    if tg_table_name = 'channels' then
        select array_agg(distinct n.asset_id) into concerned
        from new_rows as n
        join old_rows as o on o.id = n.id
        where n.asset_id is not null
            and (n.kind, n.unit, n.quantity, n.direction, n.resolution_seconds, n.register, n.register_maximum, n.multiplier, n.archived_at)
                is distinct from
                (o.kind, o.unit, o.quantity, o.direction, o.resolution_seconds, o.register, o.register_maximum, o.multiplier, o.archived_at);
    elsif tg_table_name = 'meters' then
        select array_agg(n.id) into concerned
        from new_rows as n
        join old_rows as o on o.id = n.id
        where (n.billing_day, n.calorific_value, n.volume_correction)
            is distinct from (o.billing_day, o.calorific_value, o.volume_correction);
    else
        select array_agg(a.id) into concerned
        from new_rows as n
        join old_rows as o on o.id = n.id
        join public.assets as a on a.site_id = n.id
        where n.time_zone is distinct from o.time_zone;
    end if;
    perform twinql_private.announce_meters(concerned);
    return null;
end
$$;
comment on function twinql_private.announce_what_bills() is 'Announces the meters of which something was said that changes what they were charged.';

create function twinql_private.announce_meters(concerned uuid[]) returns void
language sql
set search_path = ''
begin atomic
    insert into twinql_private.outbox (organisation_number, kind, payload)
    select m.number, 'METERING', json_build_object('id', json_agg(m.id order by m.id))
    from (
        select o.number, m.id, (row_number() over (partition by o.number order by m.id) - 1) / 1000 as part
        from public.meters as m
        join public.organisations as o on o.id = m.organisation_id
        where m.id = any(concerned)
    ) as m
    group by m.number, m.part
    order by m.number, m.part;
end;
comment on function twinql_private.announce_meters(uuid[]) is 'Writes into the outbox of which meters the costs may have changed, a thousand in a row.';

create or replace function twinql_private.announce_metering() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
    concerned uuid[];
begin
    if tg_table_name = 'tariff_revisions' then
        select array_agg(distinct a.meter_id) into concerned
        from new_rows as n join public.agreements as a on a.tariff_id = n.tariff_id;
    elsif tg_table_name = 'register_events' then
        select array_agg(distinct c.asset_id) into concerned
        from new_rows as n join public.channels as c on c.id = n.channel_id;
    elsif tg_op = 'DELETE' then
        select array_agg(distinct meter_id) into concerned from old_rows;
    else
        select array_agg(distinct meter_id) into concerned from new_rows;
    end if;
    perform twinql_private.announce_meters(concerned);
    return null;
end
$$;

create trigger channels_announce_what_bills after update on channels
    referencing old table as old_rows new table as new_rows for each statement execute function twinql_private.announce_what_bills();
create trigger meters_announce_what_bills after update on meters
    referencing old table as old_rows new table as new_rows for each statement execute function twinql_private.announce_what_bills();
create trigger sites_announce_what_bills after update on sites
    referencing old table as old_rows new table as new_rows for each statement execute function twinql_private.announce_what_bills();

revoke all on all functions in schema twinql_private from public;
