-- What makes energy billable: how registers count, what happened to them, what energy costs, and who is charged by what.

create type register_event_type as enum ('EXCHANGE', 'RESET', 'ROLLOVER');
comment on type register_event_type is 'What happened to a register: another one took its place, it was cleared, or it began again after its last digit.';

alter table channels add column register text;
alter table channels add column multiplier numeric(12,6) not null default 1;
comment on column channels.register is 'Which register of its meter it is, such as day or night: those of one direction add up. Empty for the only one.';
comment on column channels.multiplier is 'What its values are multiplied by to give energy or volume: the ratio of instrument transformers.';
alter table meters add column billing_day smallint not null default 1;
alter table meters add column calorific_value numeric(9,4);
alter table meters add column volume_correction numeric(9,6) not null default 1;
comment on column meters.billing_day is 'The day of the month with which its billing month begins.';
comment on column meters.calorific_value is 'What a cubic metre of its gas holds, in MJ; empty where nobody said.';
comment on column meters.volume_correction is 'What its volume is multiplied by for pressure and temperature before the calorific value is applied.';

create table suppliers (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    name text not null,
    contact text,
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint suppliers_pkey primary key (id)
);

comment on table suppliers is 'Who sells energy, or buys it.';
comment on column suppliers.id is 'Identity outside: opaque, never reused.';
comment on column suppliers.organisation_id is 'The organisation whose supplier it is.';
comment on column suppliers.name is 'What people call it.';
comment on column suppliers.contact is 'How to reach it, in any words; empty where nobody said.';
comment on column suppliers.created_at is 'When the row was made.';
comment on column suppliers.archived_at is 'When it was taken out of use; empty while in use.';

create index suppliers_organisation_id_name_id_idx on suppliers (organisation_id, name, id);
create unique index suppliers_id_organisation_id_key on suppliers (id, organisation_id);
alter table suppliers add constraint suppliers_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;

create table tariffs (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    supplier_id uuid,
    name text not null,
    direction flow_direction not null,
    currency text not null,
    unit unit not null,
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint tariffs_pkey primary key (id)
);

comment on table tariffs is 'What energy costs, or earns. What it says from which day on stands in its revisions.';
comment on column tariffs.id is 'Identity outside: opaque, never reused.';
comment on column tariffs.organisation_id is 'The organisation that owns it.';
comment on column tariffs.supplier_id is 'Whose tariff it is; empty where nobody said.';
comment on column tariffs.name is 'What people call it.';
comment on column tariffs.direction is 'IMPORT for what is paid, EXPORT for what is earned.';
comment on column tariffs.currency is 'ISO 4217, such as EUR.';
comment on column tariffs.unit is 'What its prices and blocks are for: a unit of energy or of volume.';
comment on column tariffs.created_at is 'When the row was made.';
comment on column tariffs.archived_at is 'When it was taken out of use; empty while in use.';

create index tariffs_organisation_id_name_id_idx on tariffs (organisation_id, name, id);
create index tariffs_supplier_id_organisation_id_idx on tariffs (supplier_id, organisation_id);
create unique index tariffs_id_organisation_id_key on tariffs (id, organisation_id);
alter table tariffs add constraint tariffs_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table tariffs add constraint tariffs_supplier_fkey
    foreign key (supplier_id, organisation_id) references suppliers(id, organisation_id) on delete restrict on update cascade;

create table tariff_revisions (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    tariff_id uuid not null,
    valid_from date not null,
    recorded_at timestamptz(6) not null default current_timestamp,
    recorded_by text not null,
    reason text,
    terms jsonb,

    constraint tariff_revisions_pkey primary key (id)
);

comment on table tariff_revisions is 'What a tariff says from a day on, as somebody recorded it. Only ever added to: the latest one for a day holds.';
comment on column tariff_revisions.id is 'Identity outside: opaque, never reused.';
comment on column tariff_revisions.organisation_id is 'The organisation that owns it.';
comment on column tariff_revisions.tariff_id is 'The tariff.';
comment on column tariff_revisions.valid_from is 'The local day of the site from which on it holds.';
comment on column tariff_revisions.recorded_at is 'When it was recorded.';
comment on column tariff_revisions.recorded_by is 'Who recorded it: the subject of the token, or the database role.';
comment on column tariff_revisions.reason is 'Why, in the words of whoever recorded it.';
comment on column tariff_revisions.terms is 'Bands with their prices, standing charge, VAT and holidays; empty where what was recorded for the day is withdrawn.';

create index tariff_revisions_tariff_id_valid_from_recorded_at_idx on tariff_revisions (tariff_id, valid_from, recorded_at);
create index tariff_revisions_organisation_id_idx on tariff_revisions (organisation_id);
alter table tariff_revisions add constraint tariff_revisions_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table tariff_revisions add constraint tariff_revisions_tariff_fkey
    foreign key (tariff_id, organisation_id) references tariffs(id, organisation_id) on delete restrict on update cascade;

create unique index meters_id_organisation_id_key on meters (id, organisation_id);

create table agreements (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    meter_id uuid not null,
    tariff_id uuid not null,
    valid_from date,
    valid_until date,
    recorded_at timestamptz(6) not null default current_timestamp,

    constraint agreements_pkey primary key (id)
);

comment on table agreements is 'That a meter is charged by a tariff for some time. Those of one meter and direction do not overlap.';
comment on column agreements.id is 'Identity outside: opaque, never reused.';
comment on column agreements.organisation_id is 'The organisation that owns it.';
comment on column agreements.meter_id is 'The meter.';
comment on column agreements.tariff_id is 'The tariff.';
comment on column agreements.valid_from is 'The local day of the site with which it begins; empty for always.';
comment on column agreements.valid_until is 'The local day before which it ends; empty for an open end.';
comment on column agreements.recorded_at is 'When it was last said so.';

create index agreements_meter_id_organisation_id_idx on agreements (meter_id, organisation_id);
create index agreements_tariff_id_organisation_id_idx on agreements (tariff_id, organisation_id);
create index agreements_organisation_id_idx on agreements (organisation_id);
alter table agreements add constraint agreements_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table agreements add constraint agreements_meter_fkey
    foreign key (meter_id, organisation_id) references meters(id, organisation_id) on delete restrict on update cascade;
alter table agreements add constraint agreements_tariff_fkey
    foreign key (tariff_id, organisation_id) references tariffs(id, organisation_id) on delete restrict on update cascade;

create table agreement_history (
    number bigserial not null,
    organisation_id uuid not null,
    agreement_id uuid not null,
    meter_id uuid not null,
    tariff_id uuid not null,
    former_valid_from date,
    former_valid_until date,
    former_recorded_at timestamptz(6) not null,
    changed_at timestamptz(6) not null default current_timestamp,
    changed_by text not null,

    constraint agreement_history_pkey primary key (number)
);

comment on table agreement_history is 'What an agreement said before it was changed or removed. Written by a trigger, whoever changes it.';
comment on column agreement_history.number is 'Order of the changes.';
comment on column agreement_history.organisation_id is 'The organisation that owns it.';
comment on column agreement_history.agreement_id is 'The agreement.';
comment on column agreement_history.meter_id is 'Its meter.';
comment on column agreement_history.tariff_id is 'Its tariff before.';
comment on column agreement_history.former_valid_from is 'With which day it began before; empty for always.';
comment on column agreement_history.former_valid_until is 'Before which day it ended before; empty for an open end.';
comment on column agreement_history.former_recorded_at is 'When that had been said.';
comment on column agreement_history.changed_at is 'When it was changed or removed.';
comment on column agreement_history.changed_by is 'Who changed it: the subject of the token, or the database role.';

create index agreement_history_meter_id_organisation_id_idx on agreement_history (meter_id, organisation_id);
create index agreement_history_tariff_id_organisation_id_idx on agreement_history (tariff_id, organisation_id);
create index agreement_history_organisation_id_idx on agreement_history (organisation_id);
alter table agreement_history add constraint agreement_history_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table agreement_history add constraint agreement_history_meter_fkey
    foreign key (meter_id, organisation_id) references meters(id, organisation_id) on delete restrict on update cascade;
alter table agreement_history add constraint agreement_history_tariff_fkey
    foreign key (tariff_id, organisation_id) references tariffs(id, organisation_id) on delete restrict on update cascade;

create table register_events (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    channel_id uuid not null,
    at timestamptz(6) not null,
    type register_event_type not null,
    final_value double precision not null,
    start_value double precision not null,
    note text,
    recorded_at timestamptz(6) not null default current_timestamp,
    recorded_by text not null,
    retracted_at timestamptz(6),
    retracted_by text,

    constraint register_events_pkey primary key (id)
);

comment on table register_events is 'What happened to a register, and what it showed last and first: that makes the energy across it known.';
comment on column register_events.id is 'Identity outside: opaque, never reused.';
comment on column register_events.organisation_id is 'The organisation that owns it.';
comment on column register_events.channel_id is 'The register.';
comment on column register_events.at is 'When it happened: readings before it are of the old register, those at or after it of the new one.';
comment on column register_events.type is 'What happened.';
comment on column register_events.final_value is 'What the old register showed last, in the unit of the channel.';
comment on column register_events.start_value is 'What the new register showed first, in the unit of the channel.';
comment on column register_events.note is 'What else is to be known, in any words.';
comment on column register_events.recorded_at is 'When TwinQL learned it.';
comment on column register_events.recorded_by is 'Who said so: the subject of the token, or the database role.';
comment on column register_events.retracted_at is 'When it was taken back; empty while it holds.';
comment on column register_events.retracted_by is 'Who took it back.';

create index register_events_channel_id_organisation_id_at_idx on register_events (channel_id, organisation_id, at);
create index register_events_organisation_id_idx on register_events (organisation_id);
alter table register_events add constraint register_events_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table register_events add constraint register_events_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;


create unique index register_events_once_key on register_events (channel_id, at) where retracted_at is null;
alter table channels add constraint channels_register_name_check check (register ~ '^[a-z][a-z0-9_]{0,62}$');
alter table channels add constraint channels_multiplier_check check (multiplier > 0);
alter table meters add constraint meters_billing_day_check check (billing_day between 1 and 28);
alter table meters add constraint meters_calorific_value_check check (calorific_value > 0);
alter table meters add constraint meters_volume_correction_check check (volume_correction > 0);
alter table suppliers add constraint suppliers_name_check check (length(btrim(name)) between 1 and 200);
alter table suppliers add constraint suppliers_contact_check check (length(contact) <= 2000);
alter table tariffs add constraint tariffs_name_check check (length(btrim(name)) between 1 and 200);
alter table tariffs add constraint tariffs_currency_check check (currency ~ '^[A-Z]{3}$');
alter table tariff_revisions add constraint tariff_revisions_terms_check
    check (jsonb_typeof(terms) = 'object' and octet_length(terms::text) <= 100000);
alter table agreements add constraint agreements_validity_check check (valid_from < valid_until);
alter table register_events add constraint register_events_values_check
    check (abs(final_value) <= 1e100 and abs(start_value) <= 1e100);
alter table register_events add constraint register_events_retracted_check check ((retracted_at is null) = (retracted_by is null));

comment on index suppliers_organisation_id_name_id_idx is 'Serves the list of suppliers by name.';
comment on index tariffs_organisation_id_name_id_idx is 'Serves the list of tariffs by name.';
comment on index tariffs_supplier_id_organisation_id_idx is 'Serves the tariffs of a supplier.';
comment on index tariff_revisions_tariff_id_valid_from_recorded_at_idx is 'Serves the revisions of a tariff, in order.';
comment on index tariff_revisions_organisation_id_idx is 'Serves the tariff revisions of an organisation.';
comment on index agreements_meter_id_organisation_id_idx is 'Serves the agreements of a meter.';
comment on index agreements_tariff_id_organisation_id_idx is 'Serves the agreements of a tariff.';
comment on index agreements_organisation_id_idx is 'Serves the agreements of an organisation.';
comment on index agreement_history_meter_id_organisation_id_idx is 'Serves what agreements of a meter said before.';
comment on index agreement_history_tariff_id_organisation_id_idx is 'Serves what agreements of a tariff said before.';
comment on index agreement_history_organisation_id_idx is 'Serves what agreements of an organisation said before.';
comment on index register_events_channel_id_organisation_id_at_idx is 'Serves the events of a register, in order.';
comment on index register_events_organisation_id_idx is 'Serves the register events of an organisation.';
comment on index register_events_once_key is 'Keeps an instant to one event that holds.';

-- When something was recorded is for the database to say: asking what was known at a time rests on it.
create function twinql_private.stamp_recorded() returns trigger
language plpgsql
set search_path = ''
as $$ begin new.recorded_at := current_timestamp; return new; end $$;
comment on function twinql_private.stamp_recorded() is 'Sets when a row was recorded.';
create trigger tariff_revisions_stamp before insert on tariff_revisions
    for each row execute function twinql_private.stamp_recorded();
create trigger agreements_stamp before insert or update on agreements
    for each row execute function twinql_private.stamp_recorded();
create trigger register_events_stamp before insert on register_events
    for each row execute function twinql_private.stamp_recorded();

create trigger tariff_revisions_append_only before update or delete or truncate on tariff_revisions
    for each statement execute function twinql_private.refuse_change();
create trigger agreement_history_append_only before update or delete or truncate on agreement_history
    for each statement execute function twinql_private.refuse_change();

create function twinql_private.keep_former_agreement() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    insert into public.agreement_history (
        organisation_id, agreement_id, meter_id, tariff_id, former_valid_from, former_valid_until, former_recorded_at, changed_by
    )
    values (
        old.organisation_id, old.id, old.meter_id, old.tariff_id, old.valid_from, old.valid_until, old.recorded_at,
        coalesce(auth.jwt() ->> 'sub', session_user)
    );
    return null;
end
$$;
comment on function twinql_private.keep_former_agreement() is 'Writes what an agreement said before it is changed or removed.';
create trigger agreements_keep_former after update or delete on agreements
    for each row execute function twinql_private.keep_former_agreement();

-- The meter's row is held meanwhile: of two that would overlap each other, the second sees the first.
create function twinql_private.refuse_overlap() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    perform from public.meters where id = new.meter_id for no key update;
    if exists (
        select
        from public.agreements as a
        join public.tariffs as t on t.id = a.tariff_id
        where a.meter_id = new.meter_id
            and a.id <> new.id
            and t.direction = (select direction from public.tariffs where id = new.tariff_id)
            and daterange(a.valid_from, a.valid_until) && daterange(new.valid_from, new.valid_until)
    ) then
        raise exception 'agreement % overlaps another one of its meter', new.id
            using errcode = 'exclusion_violation', constraint = 'agreements_no_overlap', table = 'agreements', schema = 'public';
    end if;
    return null;
end
$$;
comment on function twinql_private.refuse_overlap() is 'Refuses an agreement that overlaps another one of its meter and direction.';
create constraint trigger agreements_no_overlap after insert or update on agreements
    deferrable initially immediate for each row execute function twinql_private.refuse_overlap();

-- Whose costs may have changed.
create function twinql_private.announce_metering() returns trigger
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
        from new_rows as n join public.channels as c on c.id = n.channel_id join public.meters as m on m.id = c.asset_id;
    elsif tg_op = 'DELETE' then
        select array_agg(distinct meter_id) into concerned from old_rows;
    else
        select array_agg(distinct meter_id) into concerned from new_rows;
    end if;
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
    return null;
end
$$;
comment on function twinql_private.announce_metering() is 'Writes into the outbox of which meters the costs may have changed.';
alter table twinql_private.outbox drop constraint outbox_kind_check;
alter table twinql_private.outbox add constraint outbox_kind_check
    check (kind in ('READINGS', 'RANGES', 'COMMANDS', 'DECISIONS', 'METERING', 'ACCESS'));
comment on column twinql_private.outbox.kind is 'READINGS with columns of values; RANGES of channels that changed; COMMANDS and DECISIONS by their ids; METERING by the ids of meters whose costs may have changed; ACCESS when who may do what changed.';
create trigger tariff_revisions_announce after insert on tariff_revisions
    referencing new table as new_rows for each statement execute function twinql_private.announce_metering();
create trigger agreements_announce_inserted after insert on agreements
    referencing new table as new_rows for each statement execute function twinql_private.announce_metering();
create trigger agreements_announce_updated after update on agreements
    referencing new table as new_rows for each statement execute function twinql_private.announce_metering();
create trigger agreements_announce_deleted after delete on agreements
    referencing old table as old_rows for each statement execute function twinql_private.announce_metering();
create trigger register_events_announce_inserted after insert on register_events
    referencing new table as new_rows for each statement execute function twinql_private.announce_metering();
create trigger register_events_announce_updated after update on register_events
    referencing new table as new_rows for each statement execute function twinql_private.announce_metering();

do $$
declare
    tenant text;
begin
    foreach tenant in array array['suppliers', 'tariffs', 'tariff_revisions', 'agreements', 'agreement_history', 'register_events'] loop
        execute format('alter table public.%I enable row level security', tenant);
        execute format('revoke all on public.%I from public, anon, authenticated, service_role, twinql_server', tenant);
        execute format('grant select on public.%I to service_role, twinql_worker, authenticated', tenant);
        execute format('create policy %I on public.%I for all to twinql_worker, service_role using (true) with check (true)', tenant || '_service', tenant);
        execute format('create policy %I on public.%I for select to authenticated using (organisation_id = (select twinql.organisation_id()))', tenant || '_read', tenant);
    end loop;
    foreach tenant in array array['suppliers', 'tariffs', 'agreements'] loop
        execute format('grant insert, update, delete on public.%I to service_role, twinql_worker', tenant);
        execute format('create policy %I on public.%I for insert to authenticated with check (organisation_id = (select twinql.organisation_id(''OWNER'')))', tenant || '_insert', tenant);
        execute format(
            'create policy %I on public.%I for update to authenticated using (organisation_id = (select twinql.organisation_id(''OWNER''))) with check (organisation_id = (select twinql.organisation_id(''OWNER'')))',
            tenant || '_update', tenant
        );
    end loop;
end
$$;
grant insert (organisation_id, name, contact) on suppliers to authenticated;
grant update (name, contact, archived_at) on suppliers to authenticated;
-- What its prices mean never changes: another direction, currency or unit is another tariff.
grant insert (organisation_id, supplier_id, name, direction, currency, unit) on tariffs to authenticated;
grant update (supplier_id, name, archived_at) on tariffs to authenticated;
grant insert on tariff_revisions to service_role, twinql_worker;
grant insert (organisation_id, tariff_id, valid_from, recorded_by, reason, terms) on tariff_revisions to authenticated;
create policy tariff_revisions_insert on tariff_revisions for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')) and recorded_by = (select twinql.subject()));
grant insert (organisation_id, meter_id, tariff_id, valid_from, valid_until), update (valid_from, valid_until), delete on agreements to authenticated;
create policy agreements_delete on agreements for delete to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')));
grant insert, update on register_events to service_role, twinql_worker;
grant insert (organisation_id, channel_id, at, type, final_value, start_value, note, recorded_by), update (retracted_at, retracted_by)
    on register_events to authenticated;
create policy register_events_insert on register_events for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')) and recorded_by = (select twinql.subject()));
-- Taken back once, in one's own name.
create policy register_events_update on register_events for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OPERATOR')) and retracted_at is null)
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')) and retracted_by = (select twinql.subject()));

grant insert (register, multiplier), update (register, multiplier) on channels to authenticated;
grant insert (billing_day, calorific_value, volume_correction), update (billing_day, calorific_value, volume_correction)
    on meters to authenticated;
-- Supabase grants every new sequence in public to its API roles by default.
revoke all on sequence agreement_history_number_seq from public, anon, authenticated;
revoke all on all functions in schema twinql_private from public;
