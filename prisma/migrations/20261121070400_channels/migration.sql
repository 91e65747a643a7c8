-- Channels: the measured and controlled quantities of assets and sites.

create type reading_kind as enum ('INSTANTANEOUS', 'INTERVAL', 'CUMULATIVE', 'STATE');
comment on type reading_kind is 'How the values of a channel are to be read.';

create type flow_direction as enum ('IMPORT', 'EXPORT');
comment on type flow_direction is 'Which way energy or matter flows, seen from the site: IMPORT comes in.';

create type quantity as enum (
    'ENERGY',
    'POWER',
    'VOLTAGE',
    'CURRENT',
    'FREQUENCY',
    'TEMPERATURE',
    'HUMIDITY',
    'PRESSURE',
    'VOLUME',
    'FLOW',
    'ROTATIONAL_SPEED',
    'VIBRATION',
    'LATENCY',
    'ERROR_RATE',
    'EFFICIENCY',
    'WEAR',
    'LOAD',
    'DURATION',
    'STATE',
    'SWITCH',
    'PRICE',
    'CARBON_INTENSITY',
    'IRRADIANCE',
    'COUNT',
    'OTHER'
);
comment on type quantity is 'The physical quantity of a channel.';

create type unit as enum (
    'KILOWATT_HOUR',
    'WATT_HOUR',
    'MEGAWATT_HOUR',
    'MEGAJOULE',
    'WATT',
    'KILOWATT',
    'MEGAWATT',
    'VOLT',
    'AMPERE',
    'HERTZ',
    'DEGREE_CELSIUS',
    'DEGREE_FAHRENHEIT',
    'KELVIN',
    'PERCENT',
    'RATIO',
    'PASCAL',
    'BAR',
    'CUBIC_METRE',
    'LITRE',
    'CUBIC_METRE_PER_HOUR',
    'LITRE_PER_MINUTE',
    'REVOLUTION_PER_MINUTE',
    'MILLIMETRE_PER_SECOND',
    'MILLISECOND',
    'SECOND',
    'MINUTE',
    'HOUR',
    'WATT_PER_SQUARE_METRE',
    'CURRENCY_PER_KILOWATT_HOUR',
    'GRAM_PER_KILOWATT_HOUR',
    'ONE'
);
comment on type unit is 'The unit in which a channel''s values are stored.';

create type plausibility_action as enum ('REJECT', 'MARK_UNCERTAIN');
comment on type plausibility_action is 'What happens to a value that is not plausible.';

create table channels (
    id uuid not null default gen_random_uuid(),
    number serial not null,
    organisation_id uuid not null,
    organisation_number integer not null,
    site_id uuid not null,
    asset_id uuid,
    key text not null,
    name text not null,
    quantity quantity not null,
    unit unit not null,
    kind reading_kind not null,
    direction flow_direction,
    resolution_seconds integer,
    writable boolean not null default false,
    schedule boolean not null default false,
    states jsonb,
    register_maximum double precision,
    limit_low_low double precision,
    limit_low double precision,
    limit_high double precision,
    limit_high_high double precision,
    plausible_minimum double precision,
    plausible_maximum double precision,
    plausible_rate_per_minute double precision,
    plausibility_action plausibility_action not null default 'MARK_UNCERTAIN',
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint channels_pkey primary key (id)
);

comment on table channels is 'One measured or controlled quantity of an asset or of a site.';
comment on column channels.id is 'Identity outside: opaque, never reused.';
comment on column channels.number is 'Identity inside, on readings; never leaves the database''s own tables.';
comment on column channels.organisation_id is 'The organisation that owns it.';
comment on column channels.organisation_number is 'The number of that organisation.';
comment on column channels.site_id is 'The site to which it belongs.';
comment on column channels.asset_id is 'The asset to which it belongs; empty for what belongs to the site itself, such as outside temperature.';
comment on column channels.key is 'A short name, unique on its asset or site, such as `spindle_temperature`.';
comment on column channels.name is 'What people call it.';
comment on column channels.quantity is 'The physical quantity.';
comment on column channels.unit is 'The unit of every stored value.';
comment on column channels.kind is 'How its values are to be read.';
comment on column channels.direction is 'Which way it counts, for energy and matter.';
comment on column channels.resolution_seconds is 'Seconds between two readings when all is well; for an INTERVAL channel, the length of its intervals.';
comment on column channels.writable is 'Whether commands may set it.';
comment on column channels.schedule is 'Whether its readings may lie in the future, as prices and plans do.';
comment on column channels.states is 'For STATE channels: a JSON array of objects with `code` and `label`.';
comment on column channels.register_maximum is 'For CUMULATIVE channels: the value at which the register starts again from zero.';
comment on column channels.limit_low_low is 'Alarm limit, lowest, in the unit of the channel.';
comment on column channels.limit_low is 'Alarm limit, low, in the unit of the channel.';
comment on column channels.limit_high is 'Alarm limit, high, in the unit of the channel.';
comment on column channels.limit_high_high is 'Alarm limit, highest, in the unit of the channel.';
comment on column channels.plausible_minimum is 'A value below this cannot be right, in the unit of the channel.';
comment on column channels.plausible_maximum is 'A value above this cannot be right, in the unit of the channel.';
comment on column channels.plausible_rate_per_minute is 'A faster change than this cannot be right, in the unit of the channel per minute.';
comment on column channels.plausibility_action is 'What happens to a value that is not plausible.';
comment on column channels.created_at is 'When the row was made.';
comment on column channels.archived_at is 'When it was taken out of use; empty while in use.';

create unique index channels_number_key on channels (number);
create index channels_site_id_idx on channels (site_id);
create index channels_organisation_id_idx on channels (organisation_id);
create unique index channels_id_organisation_id_key on channels (id, organisation_id);
create unique index channels_number_organisation_number_key on channels (number, organisation_number);
create unique index channels_asset_id_key_key on channels (asset_id, key);
alter table channels add constraint channels_organisation_fkey
    foreign key (organisation_id, organisation_number) references organisations(id, number) on delete restrict on update cascade;
alter table channels add constraint channels_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table channels add constraint channels_asset_fkey
    foreign key (asset_id, organisation_id) references assets(id, organisation_id) on delete restrict on update cascade;


-- On a site itself (outside temperature, price) the key is unique among the site's own channels.
create unique index channels_site_id_key_key on channels (site_id, key) where asset_id is null;

alter table channels add constraint channels_key_check check (key ~ '^[a-z][a-z0-9_]{0,62}$');
alter table channels add constraint channels_name_check check (length(btrim(name)) between 1 and 200);
alter table channels add constraint channels_resolution_check check (resolution_seconds between 1 and 31622400);
alter table channels add constraint channels_interval_check check (kind <> 'INTERVAL' or resolution_seconds is not null);
alter table channels add constraint channels_states_check
    check ((kind = 'STATE') = (states is not null) and (states is null or jsonb_typeof(states) = 'array'));
alter table channels add constraint channels_register_check
    check (register_maximum is null or (kind = 'CUMULATIVE' and register_maximum > 0));
alter table channels add constraint channels_limits_check check (
    limit_low_low <= coalesce(limit_low, limit_high, limit_high_high, limit_low_low)
    and limit_low <= coalesce(limit_high, limit_high_high, limit_low)
    and limit_high <= coalesce(limit_high_high, limit_high)
    is not false
);
alter table channels add constraint channels_plausible_check check (plausible_minimum <= plausible_maximum);
alter table channels add constraint channels_plausible_rate_check check (plausible_rate_per_minute > 0);

comment on index channels_asset_id_key_key is 'Serves the channels of an asset, and keeps their keys apart.';
comment on index channels_site_id_key_key is 'Keeps the keys of a site''s own channels apart.';
comment on index channels_site_id_idx is 'Serves the channels of a site.';
comment on index channels_organisation_id_idx is 'Serves the channels of an organisation.';
