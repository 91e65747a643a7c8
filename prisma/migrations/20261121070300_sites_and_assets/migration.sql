-- Sites, and the meters and machines that stand on them.
-- Each table names its organisation, and every reference carries it: no row can point into another tenant.

create type asset_kind as enum ('METER', 'MACHINE');
comment on type asset_kind is 'What kind of thing is twinned.';

create type commodity as enum ('ELECTRICITY', 'GAS', 'WATER', 'HEAT', 'COOLING');
comment on type commodity is 'What a meter measures.';

create table sites (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    name text not null,
    time_zone text not null,
    latitude double precision,
    longitude double precision,
    attributes jsonb not null default '{}',
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint sites_pkey primary key (id)
);

comment on table sites is 'A place with a time zone, where assets stand.';
comment on column sites.id is 'Identity outside: opaque, never reused.';
comment on column sites.organisation_id is 'The organisation that owns it.';
comment on column sites.name is 'What people call it.';
comment on column sites.time_zone is 'IANA time zone in which its days, weeks and months are counted.';
comment on column sites.latitude is 'Degrees north, WGS 84.';
comment on column sites.longitude is 'Degrees east, WGS 84.';
comment on column sites.attributes is 'Anything that no column foresees, as a JSON object.';
comment on column sites.created_at is 'When the row was made.';
comment on column sites.archived_at is 'When it was taken out of use; empty while in use.';

create index sites_organisation_id_name_id_idx on sites (organisation_id, name, id);
create unique index sites_id_organisation_id_key on sites (id, organisation_id);
alter table sites add constraint sites_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;

create table assets (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    site_id uuid not null,
    parent_id uuid,
    kind asset_kind not null,
    name text not null,
    external_id text,
    attributes jsonb not null default '{}',
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint assets_pkey primary key (id)
);

comment on table assets is 'A thing that is twinned; its particulars are in `meters` or `machines` under the same id.';
comment on column assets.id is 'Identity outside: opaque, never reused.';
comment on column assets.organisation_id is 'The organisation that owns it.';
comment on column assets.site_id is 'The site on which it stands.';
comment on column assets.parent_id is 'The asset of which it is a part: the machine of a pump, the main meter of a sub-meter.';
comment on column assets.kind is 'Which of the two tables holds its particulars.';
comment on column assets.name is 'What people call it.';
comment on column assets.external_id is 'Its name in another system, unique within the organisation.';
comment on column assets.attributes is 'Anything that no column foresees, as a JSON object.';
comment on column assets.created_at is 'When the row was made.';
comment on column assets.archived_at is 'When it was taken out of use; empty while in use.';

create index assets_organisation_id_kind_name_id_idx on assets (organisation_id, kind, name, id);
create index assets_site_id_idx on assets (site_id);
create index assets_parent_id_idx on assets (parent_id);
create unique index assets_id_organisation_id_key on assets (id, organisation_id);
create unique index assets_id_organisation_id_kind_key on assets (id, organisation_id, kind);
create unique index assets_organisation_id_external_id_key on assets (organisation_id, external_id);
alter table assets add constraint assets_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table assets add constraint assets_parent_fkey
    foreign key (parent_id, organisation_id) references assets(id, organisation_id) on delete restrict on update cascade;

create table meters (
    id uuid not null,
    organisation_id uuid not null,
    kind asset_kind not null default 'METER',
    serial_number text not null,
    commodity commodity not null,

    constraint meters_pkey primary key (id)
);

comment on table meters is 'The particulars of an asset that measures a commodity.';
comment on column meters.id is 'The asset.';
comment on column meters.organisation_id is 'The organisation that owns it.';
comment on column meters.kind is 'Always METER: holds the row to an asset of that kind.';
comment on column meters.serial_number is 'What is printed on it, unique within the organisation.';
comment on column meters.commodity is 'What it measures.';

create unique index meters_id_organisation_id_kind_key on meters (id, organisation_id, kind);
create unique index meters_organisation_id_serial_number_key on meters (organisation_id, serial_number);
alter table meters add constraint meters_asset_fkey
    foreign key (id, organisation_id, kind) references assets(id, organisation_id, kind) on delete cascade on update cascade;

create table machines (
    id uuid not null,
    organisation_id uuid not null,
    kind asset_kind not null default 'MACHINE',
    manufacturer text,
    model text,

    constraint machines_pkey primary key (id)
);

comment on table machines is 'The particulars of an asset that works.';
comment on column machines.id is 'The asset.';
comment on column machines.organisation_id is 'The organisation that owns it.';
comment on column machines.kind is 'Always MACHINE: holds the row to an asset of that kind.';
comment on column machines.manufacturer is 'Who built it.';
comment on column machines.model is 'The maker''s name for its type.';

create unique index machines_id_organisation_id_kind_key on machines (id, organisation_id, kind);
alter table machines add constraint machines_asset_fkey
    foreign key (id, organisation_id, kind) references assets(id, organisation_id, kind) on delete cascade on update cascade;


alter table sites add constraint sites_name_check check (length(btrim(name)) between 1 and 200);
alter table sites add constraint sites_latitude_check check (latitude between -90 and 90);
alter table sites add constraint sites_longitude_check check (longitude between -180 and 180);
alter table sites add constraint sites_attributes_check check (jsonb_typeof(attributes) = 'object');
alter table assets add constraint assets_name_check check (length(btrim(name)) between 1 and 200);
alter table assets add constraint assets_attributes_check check (jsonb_typeof(attributes) = 'object');
alter table assets add constraint assets_parent_check check (parent_id <> id);
alter table meters add constraint meters_kind_check check (kind = 'METER');
alter table meters add constraint meters_serial_number_check check (length(btrim(serial_number)) between 1 and 100);
alter table machines add constraint machines_kind_check check (kind = 'MACHINE');

comment on index sites_organisation_id_name_id_idx is 'Serves the list of sites by name.';
comment on index assets_organisation_id_kind_name_id_idx is 'Serves the lists of meters and machines by name.';
comment on index assets_site_id_idx is 'Serves the assets of a site.';
comment on index assets_parent_id_idx is 'Serves the parts of an asset.';
