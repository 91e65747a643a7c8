-- name: insert
-- $1 organisation_id uuid, $2 supplier_id uuid, $3 name text, $4 direction flow_direction, $5 currency text, $6 unit unit
-- A new tariff, of which nothing is said yet.
insert into tariffs (organisation_id, supplier_id, name, direction, currency, unit)
values ($1::uuid, $2::uuid, $3::text, $4::text::flow_direction, $5::text, $6::text::unit)
returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What is said of a tariff as a whole, held until it is changed.
select supplier_id, name, direction::text, currency, unit::text, archived_at is not null as archived
from tariffs
where id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: update
-- $1 id uuid, $2 name text, $3 supplier_id uuid
-- Says something else of it; what its prices mean never changes.
update tariffs set name = $2::text, supplier_id = $3::uuid where id = $1::uuid;

-- name: archive
-- $1 id uuid, $2 organisation_id uuid
-- Takes a tariff out of use, or leaves it so.
update tariffs set archived_at = coalesce(archived_at, now()) where id = $1::uuid and organisation_id = $2::uuid returning id;

-- name: unarchive
-- $1 id uuid, $2 organisation_id uuid
-- Takes a tariff back into use, or leaves it so.
update tariffs set archived_at = null where id = $1::uuid and organisation_id = $2::uuid returning id;

-- name: revise
-- $1 organisation_id uuid, $2 tariff_id uuid, $3 valid_from date, $4 recorded_by text, $5 reason text, $6 terms jsonb
-- Says what a tariff costs from a day on; without terms, that what was said for the day is withdrawn.
insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, reason, terms)
values ($1::uuid, $2::uuid, $3::date, $4::text, $5::text, $6::jsonb)
returning id;

-- name: day_of
-- $1 id uuid, $2 organisation_id uuid
-- Of which tariff a revision is, and from which day on it holds.
select tariff_id, valid_from from tariff_revisions where id = $1::uuid and organisation_id = $2::uuid;

-- name: holds
-- $1 id uuid
-- Whether a revision holds: it was recorded last for its day, and withdraws nothing.
select it.terms is not null and not exists (
    select
    from tariff_revisions as later
    where later.tariff_id = it.tariff_id and later.valid_from = it.valid_from
        and (later.recorded_at, later.id) > (it.recorded_at, it.id)
) as holds
from tariff_revisions as it
where it.id = $1::uuid;

-- name: price_channels
-- $1 channel_ids uuid[], $2 organisation_id uuid
-- Those of these channels that can tell prices.
select id
from channels
where id = any($1::uuid[]) and organisation_id = $2::uuid and quantity = 'PRICE' and kind in ('INTERVAL', 'INSTANTANEOUS');

-- name: of_ids
-- $1 ids uuid[]
-- What is said of tariffs as a whole; archived ones charged too.
select id, name, direction::text, currency, unit::text from tariffs where id = any($1::uuid[]);

-- name: revisions
-- $1 tariff_ids uuid[], $2 as_of timestamptz
-- What tariffs say and from which day on, as far as it was recorded at a time (empty for now), in the order of recording.
select id, tariff_id, valid_from, recorded_at, terms
from tariff_revisions
where tariff_id = any($1::uuid[]) and ($2::timestamptz is null or recorded_at <= $2::timestamptz)
order by tariff_id, recorded_at, id;
