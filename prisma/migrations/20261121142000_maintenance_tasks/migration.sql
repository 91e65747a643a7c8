-- What is to be done to meters, machines and sensors, and what was done: also when a machine ran to its failure.

create type maintenance_kind as enum ('INSPECTION', 'SERVICE', 'REPAIR', 'REPLACEMENT', 'CALIBRATION');
comment on type maintenance_kind is 'What is done to a meter, a machine or a sensor.';

create type maintenance_status as enum ('OPEN', 'SCHEDULED', 'DONE', 'CANCELLED');
comment on type maintenance_status is 'Where a maintenance task stands.';

create table maintenance_tasks (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    asset_id uuid,
    channel_id uuid,
    kind maintenance_kind not null,
    status maintenance_status not null default 'OPEN',
    title text not null,
    note text,
    due_at timestamptz(6),
    scheduled_for timestamptz(6),
    done_at timestamptz(6),
    done_by text,
    findings text,
    failed boolean,
    calibration_id uuid,
    cancelled_at timestamptz(6),
    cancelled_by text,
    created_at timestamptz(6) not null default current_timestamp,
    created_by text not null,

    constraint maintenance_tasks_pkey primary key (id)
);

comment on table maintenance_tasks is 'What is to be done to a meter, a machine or one of its sensors, and what was done.';
comment on column maintenance_tasks.id is 'Identity outside: opaque, never reused.';
comment on column maintenance_tasks.organisation_id is 'The organisation that owns it.';
comment on column maintenance_tasks.asset_id is 'The meter or machine; empty for a sensor of the site itself.';
comment on column maintenance_tasks.channel_id is 'The channel whose sensor it is about; empty where it is about the asset itself.';
comment on column maintenance_tasks.kind is 'What is done.';
comment on column maintenance_tasks.status is 'Where it stands.';
comment on column maintenance_tasks.title is 'What is to be done, in a few words.';
comment on column maintenance_tasks.note is 'What else is to be known before it is done.';
comment on column maintenance_tasks.due_at is 'By when it is to be done; empty where nobody said.';
comment on column maintenance_tasks.scheduled_for is 'For when it is planned; empty where it is not.';
comment on column maintenance_tasks.done_at is 'When it was done; empty where it was not.';
comment on column maintenance_tasks.done_by is 'Who did it: a person or a firm.';
comment on column maintenance_tasks.findings is 'What was found, in any words.';
comment on column maintenance_tasks.failed is 'Of a repair or a replacement: whether the thing had failed, which ends a run to failure, or was renewed before it could.';
comment on column maintenance_tasks.calibration_id is 'The calibration that was recorded with it.';
comment on column maintenance_tasks.cancelled_at is 'When it was cancelled, or taken back; empty where it was not.';
comment on column maintenance_tasks.cancelled_by is 'Who did that: the subject of the token.';
comment on column maintenance_tasks.created_at is 'When the row was made.';
comment on column maintenance_tasks.created_by is 'Who made it: the subject of the token, or the database role.';

create index maintenance_tasks_asset_id_organisation_id_created_at_id_idx on maintenance_tasks (asset_id, organisation_id, created_at desc, id);
create index maintenance_tasks_channel_id_organisation_id_idx on maintenance_tasks (channel_id, organisation_id);
create index maintenance_tasks_organisation_id_created_at_id_idx on maintenance_tasks (organisation_id, created_at desc, id);
create index maintenance_tasks_calibration_id_organisation_id_idx on maintenance_tasks (calibration_id, organisation_id);
comment on index maintenance_tasks_asset_id_organisation_id_created_at_id_idx is 'Serves the tasks of an asset, newest first.';
comment on index maintenance_tasks_channel_id_organisation_id_idx is 'Serves the tasks of a channel, and its deletion.';
comment on index maintenance_tasks_organisation_id_created_at_id_idx is 'Serves the list of tasks, newest first.';
comment on index maintenance_tasks_calibration_id_organisation_id_idx is 'Serves the deletion of calibrations: which task led to one.';

create unique index calibrations_id_organisation_id_key on calibrations (id, organisation_id);

alter table maintenance_tasks add constraint maintenance_tasks_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table maintenance_tasks add constraint maintenance_tasks_asset_fkey
    foreign key (asset_id, organisation_id) references assets(id, organisation_id) on delete restrict on update cascade;
alter table maintenance_tasks add constraint maintenance_tasks_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table maintenance_tasks add constraint maintenance_tasks_calibration_fkey
    foreign key (calibration_id, organisation_id) references calibrations(id, organisation_id) on delete restrict on update cascade;

-- What is still to be done is few rows among many.
create index maintenance_tasks_waiting_idx on maintenance_tasks (organisation_id, due_at) where status in ('OPEN', 'SCHEDULED');
comment on index maintenance_tasks_waiting_idx is 'Serves what is still to be done.';
alter table maintenance_tasks add constraint maintenance_tasks_place_check check (num_nonnulls(asset_id, channel_id) > 0);
alter table maintenance_tasks add constraint maintenance_tasks_words_check check (
    length(btrim(title)) between 1 and 200 and length(note) <= 2000 and length(btrim(done_by)) between 1 and 200 and length(findings) <= 10000
);
alter table maintenance_tasks add constraint maintenance_tasks_status_check check (
    case status
        when 'OPEN' then scheduled_for is null and done_at is null and cancelled_at is null
        when 'SCHEDULED' then scheduled_for is not null and done_at is null and cancelled_at is null
        when 'DONE' then done_at is not null and cancelled_at is null
        else cancelled_at is not null
    end
);
alter table maintenance_tasks add constraint maintenance_tasks_done_check check (
    (done_at is null) = (done_by is null) and (done_at is not null or (findings is null and failed is null and calibration_id is null))
);
alter table maintenance_tasks add constraint maintenance_tasks_failed_check check (
    done_at is null or (failed is not null) = (kind in ('REPAIR', 'REPLACEMENT'))
);
alter table maintenance_tasks add constraint maintenance_tasks_cancelled_check check ((cancelled_at is null) = (cancelled_by is null));
alter table maintenance_tasks add constraint maintenance_tasks_calibration_check check (
    calibration_id is null or (kind = 'CALIBRATION' and channel_id is not null)
);

alter table maintenance_tasks enable row level security;
revoke all on maintenance_tasks from public, anon, authenticated, service_role, twinql_server;
grant select, insert, update, delete on maintenance_tasks to service_role, twinql_worker;
grant select on maintenance_tasks to authenticated;
grant insert (
    organisation_id, asset_id, channel_id, kind, status, title, note, due_at, scheduled_for, done_at, done_by, findings, failed,
    calibration_id, created_by
) on maintenance_tasks to authenticated;
-- What a task is about and who made it never changes.
grant update (
    status, title, note, due_at, scheduled_for, done_at, done_by, findings, failed, calibration_id, cancelled_at, cancelled_by
) on maintenance_tasks to authenticated;
create policy maintenance_tasks_service on maintenance_tasks for all to twinql_worker, service_role using (true) with check (true);
create policy maintenance_tasks_read on maintenance_tasks for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));
create policy maintenance_tasks_insert on maintenance_tasks for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')) and created_by = (select twinql.subject()));
create policy maintenance_tasks_update on maintenance_tasks for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OPERATOR')))
    with check (
        organisation_id = (select twinql.organisation_id('OPERATOR'))
        and (cancelled_by is null or cancelled_by = (select twinql.subject()))
    );
