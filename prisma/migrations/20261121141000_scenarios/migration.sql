-- What would happen if: scenarios as they were worked out, each beside what happens if nobody does anything.

create type scenario_kind as enum ('TEMPERATURE', 'LOAD_SHIFT');
comment on type scenario_kind is 'What a scenario asks about.';

create table scenarios (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    site_id uuid not null,
    asset_id uuid,
    channel_id uuid not null,
    kind scenario_kind not null,
    name text not null,
    starts_at timestamptz(6) not null,
    step_seconds integer not null,
    level double precision not null,
    asked jsonb not null,
    baseline_p10 double precision[],
    baseline_p50 double precision[],
    baseline_p90 double precision[],
    alternative_p10 double precision[],
    alternative_p50 double precision[],
    alternative_p90 double precision[],
    findings jsonb not null,
    created_at timestamptz(6) not null default current_timestamp,
    created_by text not null,

    constraint scenarios_pkey primary key (id)
);

comment on table scenarios is 'What would happen if, as it was worked out; never changed.';
comment on column scenarios.id is 'Identity outside: opaque, never reused.';
comment on column scenarios.organisation_id is 'The organisation that owns the channel.';
comment on column scenarios.site_id is 'The site of the channel.';
comment on column scenarios.asset_id is 'The asset of the channel, or the meter whose load is shifted; empty for a channel of the site itself.';
comment on column scenarios.channel_id is 'The channel whose values it foresees, or that counts the load that is shifted.';
comment on column scenarios.kind is 'What it asks about.';
comment on column scenarios.name is 'What people call it.';
comment on column scenarios.starts_at is 'Start of the first step.';
comment on column scenarios.step_seconds is 'Length of a step in seconds.';
comment on column scenarios.level is 'The share of outcomes that should lie between p10 and p90.';
comment on column scenarios.asked is 'What was assumed: values of channels, or moves of load.';
comment on column scenarios.baseline_p10 is 'Lower bounds if nobody does anything, one a step; none where nothing is uncertain.';
comment on column scenarios.baseline_p50 is 'Medians if nobody does anything, one a step.';
comment on column scenarios.baseline_p90 is 'Upper bounds if nobody does anything, one a step; none where nothing is uncertain.';
comment on column scenarios.alternative_p10 is 'Lower bounds if what was assumed happens, one a step; none where nothing is uncertain.';
comment on column scenarios.alternative_p50 is 'Medians if what was assumed happens, one a step.';
comment on column scenarios.alternative_p90 is 'Upper bounds if what was assumed happens, one a step; none where nothing is uncertain.';
comment on column scenarios.findings is 'What follows: crossings of thresholds, overshoot and the fit, or costs.';
comment on column scenarios.created_at is 'When it was worked out; nothing after this was known to it.';
comment on column scenarios.created_by is 'Who asked: the subject of the token.';

create index scenarios_organisation_id_created_at_id_idx on scenarios (organisation_id, created_at desc, id);
create index scenarios_site_id_organisation_id_created_at_id_idx on scenarios (site_id, organisation_id, created_at desc, id);
create index scenarios_asset_id_organisation_id_created_at_id_idx on scenarios (asset_id, organisation_id, created_at desc, id);
create index scenarios_channel_id_organisation_id_created_at_id_idx on scenarios (channel_id, organisation_id, created_at desc, id);

alter table scenarios add constraint scenarios_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table scenarios add constraint scenarios_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table scenarios add constraint scenarios_asset_fkey
    foreign key (asset_id, organisation_id) references assets(id, organisation_id) on delete restrict on update cascade;
alter table scenarios add constraint scenarios_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;

comment on index scenarios_organisation_id_created_at_id_idx is 'Serves the list of scenarios, newest first.';
comment on index scenarios_site_id_organisation_id_created_at_id_idx is 'Serves the scenarios of a site, newest first.';
comment on index scenarios_asset_id_organisation_id_created_at_id_idx is 'Serves the scenarios of an asset, newest first.';
comment on index scenarios_channel_id_organisation_id_created_at_id_idx is 'Serves the scenarios of a channel, newest first.';

alter table scenarios add constraint scenarios_name_check check (length(btrim(name)) between 1 and 200);
alter table scenarios add constraint scenarios_step_check check (step_seconds between 1 and 86400);
alter table scenarios add constraint scenarios_level_check check (level > 0 and level < 1);
alter table scenarios add constraint scenarios_instants_check check (isfinite(starts_at) and isfinite(created_at));
alter table scenarios add constraint scenarios_paths_check check (
    cardinality(baseline_p50) between 1 and 1000 and cardinality(alternative_p50) = cardinality(baseline_p50)
    and cardinality(baseline_p10) in (0, cardinality(baseline_p50)) and cardinality(baseline_p90) = cardinality(baseline_p10)
    and cardinality(alternative_p10) in (0, cardinality(baseline_p50)) and cardinality(alternative_p90) = cardinality(alternative_p10)
);

-- TwinQL itself works them out and keeps them, in the name of who asked; people read them, and delete what they no longer need.
alter table scenarios enable row level security;
revoke all on scenarios from public, anon, authenticated, service_role, twinql_server;
grant select, insert, update, delete on scenarios to service_role, twinql_worker;
create policy scenarios_service on scenarios for all to twinql_worker, service_role using (true) with check (true);
grant select, delete on scenarios to authenticated;
create policy scenarios_read on scenarios for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));
create policy scenarios_delete on scenarios for delete to authenticated
    using (organisation_id = (select twinql.organisation_id('OPERATOR')));
