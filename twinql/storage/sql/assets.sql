-- name: insert
-- $1 organisation_id uuid, $2 kind asset_kind, $3 site_id uuid, $4 parent_id uuid, $5 name text, $6 external_id text, $7 attributes jsonb
-- A new asset, without its particulars.
insert into assets (organisation_id, kind, site_id, parent_id, name, external_id, attributes)
values ($1::uuid, $2::text::asset_kind, $3::uuid, $4::uuid, $5::text, $6::text, $7::jsonb)
returning id;

-- name: insert_meter
-- $1 id uuid, $2 organisation_id uuid, $3 serial_number text, $4 commodity commodity, $5 billing_day int2, $6 calorific_value numeric,
-- $7 volume_correction numeric
-- The particulars of a meter.
insert into meters (id, organisation_id, serial_number, commodity, billing_day, calorific_value, volume_correction)
values ($1::uuid, $2::uuid, $3::text, $4::text::commodity, $5::int2, $6::numeric, $7::numeric);

-- name: insert_machine
-- $1 id uuid, $2 organisation_id uuid, $3 manufacturer text, $4 model text
-- The particulars of a machine.
insert into machines (id, organisation_id, manufacturer, model) values ($1::uuid, $2::uuid, $3::text, $4::text);

-- name: meter_definition
-- $1 id uuid, $2 organisation_id uuid
-- What is said of a meter, held until it is changed.
select a.site_id, a.parent_id, a.name, a.external_id, a.attributes, m.serial_number, m.commodity::text, m.billing_day,
    m.calorific_value, m.volume_correction
from assets as a
join meters as m on m.id = a.id
where a.id = $1::uuid and a.organisation_id = $2::uuid
for update;

-- name: machine_definition
-- $1 id uuid, $2 organisation_id uuid
-- What is said of a machine, held until it is changed.
select a.site_id, a.parent_id, a.name, a.external_id, a.attributes, m.manufacturer, m.model
from assets as a
join machines as m on m.id = a.id
where a.id = $1::uuid and a.organisation_id = $2::uuid
for update;

-- name: update
-- $1 id uuid, $2 site_id uuid, $3 parent_id uuid, $4 name text, $5 external_id text, $6 attributes jsonb
-- Says something else of an asset.
update assets
set site_id = $2::uuid, parent_id = $3::uuid, name = $4::text, external_id = $5::text, attributes = $6::jsonb
where id = $1::uuid;

-- name: update_meter
-- $1 id uuid, $2 serial_number text, $3 commodity commodity, $4 billing_day int2, $5 calorific_value numeric, $6 volume_correction numeric
-- Says something else of a meter's particulars.
update meters
set
    serial_number = $2::text, commodity = $3::text::commodity, billing_day = $4::int2, calorific_value = $5::numeric,
    volume_correction = $6::numeric
where id = $1::uuid;

-- name: update_machine
-- $1 id uuid, $2 manufacturer text, $3 model text
-- Says something else of a machine's particulars.
update machines set manufacturer = $2::text, model = $3::text where id = $1::uuid;

-- name: parent
-- $1 id uuid, $2 organisation_id uuid, $3 part_id uuid
-- What a parent must be asked: where it stands, and whether it is the part itself or stands beneath it.
with recursive above as (
    select id, parent_id from assets where id = $1::uuid
    union
    select a.id, a.parent_id from above join assets as a on a.id = above.parent_id
)
select
    p.site_id, p.archived_at is not null as archived, exists (select from above where above.id = $3::uuid) as beneath
from assets as p
where p.id = $1::uuid and p.organisation_id = $2::uuid;

-- name: move_beneath
-- $1 id uuid, $2 site_id uuid
-- Takes the parts of an asset, and all of their channels and its own, to its new site.
with recursive beneath as (
    select $1::uuid as id
    union
    select a.id from beneath join assets as a on a.parent_id = beneath.id
),
moved as (
    update assets set site_id = $2::uuid from beneath where assets.id = beneath.id and site_id <> $2::uuid returning 1
),
moved_channels as (
    update channels set site_id = $2::uuid from beneath where asset_id = beneath.id returning 1
)
select (select count(*) from moved) as assets, (select count(*) from moved_channels) as channels;

-- name: archive
-- $1 id uuid, $2 organisation_id uuid, $3 kind asset_kind
-- It and all that is in use beneath it go out of use at one instant, by which they can be told from what went before.
with recursive found as (
    select id, archived_at from assets
    where id = $1::uuid and organisation_id = $2::uuid and kind = $3::text::asset_kind
),
beneath as (
    select id from found where archived_at is null
    union
    select a.id from beneath join assets as a on a.parent_id = beneath.id
),
archived as (
    update assets set archived_at = now() from beneath where assets.id = beneath.id and archived_at is null
    returning assets.id
),
with_channels as (
    update channels set archived_at = now() from beneath where asset_id = beneath.id and archived_at is null returning 1
)
select
    (select count(*) from archived where id <> $1::uuid) as assets,
    (select count(*) from with_channels) as channels
from found;

-- name: above
-- $1 id uuid, $2 organisation_id uuid, $3 kind asset_kind
-- Whether what an asset stands on, or is a part of, is archived.
select s.archived_at is not null as site_archived, p.archived_at is not null as parent_archived
from assets as a
join sites as s on s.id = a.site_id
left join assets as p on p.id = a.parent_id
where a.id = $1::uuid and a.organisation_id = $2::uuid and a.kind = $3::text::asset_kind;

-- name: unarchive
-- $1 id uuid
-- What went out of use at the same instant comes back with it; what went before stays.
with recursive found as (
    select id, archived_at as went_at from assets where id = $1::uuid
),
beneath as (
    select id, went_at from found where went_at is not null
    union
    select a.id, beneath.went_at from beneath join assets as a on a.parent_id = beneath.id and a.archived_at = beneath.went_at
),
back as (
    update assets set archived_at = null from beneath where assets.id = beneath.id returning assets.id
),
with_channels as (
    update channels set archived_at = null from beneath where asset_id = beneath.id and archived_at = beneath.went_at returning 1
)
select
    (select count(*) from back where id <> $1::uuid) as assets,
    (select count(*) from with_channels) as channels
from found;
