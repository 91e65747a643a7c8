-- Loads that can wait, what a site may take in at most, and plans that say when the loads run.

alter table sites add column limit_kw double precision;
comment on column sites.limit_kw is 'What it may take in at most, a mean over a quarter of an hour, in kW; empty for no limit.';
alter table sites add constraint sites_limit_check check (limit_kw > 0 and limit_kw < 1e7);
grant insert (limit_kw), update (limit_kw) on sites to authenticated;

create type load_plan_objective as enum ('COST', 'CARBON', 'PEAK');
comment on type load_plan_objective is 'What a plan of loads makes as small as it can.';

create table deferrable_loads (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    site_id uuid not null,
    meter_id uuid not null,
    channel_id uuid,
    name text not null,
    power_kw double precision not null,
    run_seconds integer,
    energy_kwh double precision,
    earliest_minute smallint not null default 0,
    latest_minute smallint not null default 1440,
    usual_minute smallint,
    interruptible boolean not null default false,
    minimum_run_seconds integer,
    counted boolean not null default false,
    on_value double precision not null default 1,
    off_value double precision not null default 0,
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint deferrable_loads_pkey primary key (id)
);

comment on table deferrable_loads is 'Loads that have to run once a day and may choose when.';
comment on column deferrable_loads.id is 'Identity outside: opaque, never reused.';
comment on column deferrable_loads.organisation_id is 'The organisation that owns it.';
comment on column deferrable_loads.site_id is 'The site of its meter.';
comment on column deferrable_loads.meter_id is 'The meter behind which it is, and whose tariff it runs by.';
comment on column deferrable_loads.channel_id is 'The writable channel that switches it; empty where only people do.';
comment on column deferrable_loads.name is 'What people call it.';
comment on column deferrable_loads.power_kw is 'What it takes while it runs, in kW.';
comment on column deferrable_loads.run_seconds is 'How long it runs a day, in seconds; empty where its energy is said.';
comment on column deferrable_loads.energy_kwh is 'What it needs a day, in kWh; empty where its run time is said.';
comment on column deferrable_loads.earliest_minute is 'From which minute of the day by the clock of its site it may run.';
comment on column deferrable_loads.latest_minute is 'By which minute of the day it is done; not after the earliest, it is that of the next day.';
comment on column deferrable_loads.usual_minute is 'With which minute of the day it begins if nobody plans; empty for as soon as it may.';
comment on column deferrable_loads.interruptible is 'Whether it may pause.';
comment on column deferrable_loads.minimum_run_seconds is 'How long it runs before it may pause, at least, in seconds; empty for any time.';
comment on column deferrable_loads.counted is 'Whether what its meter is expected to take in contains it already, at its usual time.';
comment on column deferrable_loads.on_value is 'What its channel is set to for it to run.';
comment on column deferrable_loads.off_value is 'What its channel is set to for it to stop.';
comment on column deferrable_loads.created_at is 'When the row was made.';
comment on column deferrable_loads.archived_at is 'When it was taken out of use; empty while in use.';

create table load_plans (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    site_id uuid not null,
    meter_id uuid not null,
    name text not null,
    objective load_plan_objective not null,
    starts_at timestamptz(6) not null,
    step_seconds integer not null,
    limit_kw double precision,
    optimal boolean not null,
    gap double precision not null,
    elapsed_seconds double precision not null,
    currency text,
    baseline_import_kw double precision[],
    baseline_export_kw double precision[],
    planned_import_kw double precision[],
    planned_export_kw double precision[],
    loads jsonb not null,
    findings jsonb not null,
    created_at timestamptz(6) not null default current_timestamp,
    created_by text not null,

    constraint load_plans_pkey primary key (id)
);

comment on table load_plans is 'When loads of a day run, as it was worked out, beside what happens if nobody plans; never changed.';
comment on column load_plans.id is 'Identity outside: opaque, never reused.';
comment on column load_plans.organisation_id is 'The organisation that owns the meter.';
comment on column load_plans.site_id is 'The site of the meter.';
comment on column load_plans.meter_id is 'The meter behind which the loads are, and whose tariff counts.';
comment on column load_plans.name is 'What people call it.';
comment on column load_plans.objective is 'What it makes as small as it can.';
comment on column load_plans.starts_at is 'Start of the first step.';
comment on column load_plans.step_seconds is 'Length of a step in seconds.';
comment on column load_plans.limit_kw is 'What may be taken in at most, in kW; empty for no limit.';
comment on column load_plans.optimal is 'Whether nothing better is possible.';
comment on column load_plans.gap is 'By which share of what the loads cost, emit or peak at something better may be possible.';
comment on column load_plans.elapsed_seconds is 'How long it was looked for, in seconds.';
comment on column load_plans.currency is 'The currency of its costs, ISO 4217; empty where nobody charges the meter.';
comment on column load_plans.baseline_import_kw is 'What is taken in if nobody plans, the mean of each step in kW.';
comment on column load_plans.baseline_export_kw is 'What is fed in if nobody plans, the mean of each step in kW.';
comment on column load_plans.planned_import_kw is 'What is taken in by the plan, the mean of each step in kW.';
comment on column load_plans.planned_export_kw is 'What is fed in by the plan, the mean of each step in kW.';
comment on column load_plans.loads is 'When each load runs by the plan, and when it would if nobody planned.';
comment on column load_plans.findings is 'What the plan and doing nothing cost, emit and peak at.';
comment on column load_plans.created_at is 'When it was worked out; nothing after this was known to it.';
comment on column load_plans.created_by is 'Who asked: the subject of the token.';

create index deferrable_loads_organisation_id_name_id_idx on deferrable_loads (organisation_id, name, id);
create index deferrable_loads_site_id_organisation_id_name_id_idx on deferrable_loads (site_id, organisation_id, name, id);
create index deferrable_loads_meter_id_organisation_id_idx on deferrable_loads (meter_id, organisation_id);
create index deferrable_loads_channel_id_organisation_id_idx on deferrable_loads (channel_id, organisation_id);
create index load_plans_organisation_id_created_at_id_idx on load_plans (organisation_id, created_at desc, id);
create index load_plans_site_id_organisation_id_created_at_id_idx on load_plans (site_id, organisation_id, created_at desc, id);
create index load_plans_meter_id_organisation_id_created_at_id_idx on load_plans (meter_id, organisation_id, created_at desc, id);

alter table deferrable_loads add constraint deferrable_loads_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table deferrable_loads add constraint deferrable_loads_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table deferrable_loads add constraint deferrable_loads_meter_fkey
    foreign key (meter_id, organisation_id) references meters(id, organisation_id) on delete restrict on update cascade;
alter table deferrable_loads add constraint deferrable_loads_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table load_plans add constraint load_plans_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table load_plans add constraint load_plans_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table load_plans add constraint load_plans_meter_fkey
    foreign key (meter_id, organisation_id) references meters(id, organisation_id) on delete restrict on update cascade;

comment on index deferrable_loads_organisation_id_name_id_idx is 'Serves the list of loads, by name.';
comment on index deferrable_loads_site_id_organisation_id_name_id_idx is 'Serves the loads of a site, by name.';
comment on index deferrable_loads_meter_id_organisation_id_idx is 'Serves the loads that a plan is made for.';
comment on index deferrable_loads_channel_id_organisation_id_idx is 'Serves the question which load a channel switches.';
comment on index load_plans_organisation_id_created_at_id_idx is 'Serves the list of plans, newest first.';
comment on index load_plans_site_id_organisation_id_created_at_id_idx is 'Serves the plans of a site, newest first.';
comment on index load_plans_meter_id_organisation_id_created_at_id_idx is 'Serves the plans of a meter, newest first.';

alter table deferrable_loads add constraint deferrable_loads_name_check check (length(btrim(name)) between 1 and 200);
alter table deferrable_loads add constraint deferrable_loads_needs_check check (
    power_kw > 0 and power_kw <= 1e5
    and (run_seconds is null) <> (energy_kwh is null)
    and run_seconds between 1 and 86400 and energy_kwh > 0 and energy_kwh <= 24 * power_kw * (1 + 1e-9)
    and minimum_run_seconds between 1 and 86400
);
alter table deferrable_loads add constraint deferrable_loads_window_check check (
    earliest_minute between 0 and 1439 and latest_minute between 1 and 1440 and usual_minute between 0 and 1439
);
alter table deferrable_loads add constraint deferrable_loads_values_check check (
    on_value <> off_value and abs(on_value) < 'infinity' and abs(off_value) < 'infinity'
);
alter table load_plans add constraint load_plans_name_check check (length(btrim(name)) between 1 and 200);
alter table load_plans add constraint load_plans_step_check check (step_seconds between 1 and 86400);
alter table load_plans add constraint load_plans_instants_check check (isfinite(starts_at) and isfinite(created_at));
alter table load_plans add constraint load_plans_courses_check check (
    cardinality(baseline_import_kw) between 1 and 1000
    and cardinality(baseline_export_kw) = cardinality(baseline_import_kw)
    and cardinality(planned_import_kw) = cardinality(baseline_import_kw)
    and cardinality(planned_export_kw) = cardinality(baseline_import_kw)
);

-- OWNERs describe loads. TwinQL itself works plans out and keeps them, in the name of who asked; people read and delete them.
alter table deferrable_loads enable row level security;
alter table load_plans enable row level security;
revoke all on deferrable_loads, load_plans from public, anon, authenticated, service_role, twinql_server;
grant select, insert, update, delete on deferrable_loads, load_plans to service_role, twinql_worker;
create policy deferrable_loads_service on deferrable_loads for all to twinql_worker, service_role using (true) with check (true);
create policy load_plans_service on load_plans for all to twinql_worker, service_role using (true) with check (true);

grant select on deferrable_loads to authenticated;
grant insert (
    organisation_id, site_id, meter_id, channel_id, name, power_kw, run_seconds, energy_kwh, earliest_minute, latest_minute,
    usual_minute, interruptible, minimum_run_seconds, counted, on_value, off_value
) on deferrable_loads to authenticated;
grant update (
    channel_id, name, power_kw, run_seconds, energy_kwh, earliest_minute, latest_minute, usual_minute, interruptible,
    minimum_run_seconds, counted, on_value, off_value, archived_at
) on deferrable_loads to authenticated;
create policy deferrable_loads_read on deferrable_loads for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));
create policy deferrable_loads_insert on deferrable_loads for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')));
create policy deferrable_loads_update on deferrable_loads for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')))
    with check (organisation_id = (select twinql.organisation_id('OWNER')));

grant select, delete on load_plans to authenticated;
create policy load_plans_read on load_plans for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));
create policy load_plans_delete on load_plans for delete to authenticated
    using (organisation_id = (select twinql.organisation_id('OPERATOR')));
