-- name: meter
-- $1 id uuid, $2 organisation_id uuid
-- What a meter measures, and whether it is archived.
select m.commodity::text, a.archived_at is not null as archived
from meters as m
join assets as a on a.id = m.id
where m.id = $1::uuid and m.organisation_id = $2::uuid;

-- name: tariff
-- $1 id uuid, $2 organisation_id uuid
-- What a tariff's prices are for, and whether it is archived.
select unit::text, archived_at is not null as archived from tariffs where id = $1::uuid and organisation_id = $2::uuid;

-- name: insert
-- $1 organisation_id uuid, $2 meter_id uuid, $3 tariff_id uuid, $4 valid_from date, $5 valid_until date
-- A new agreement.
insert into agreements (organisation_id, meter_id, tariff_id, valid_from, valid_until)
values ($1::uuid, $2::uuid, $3::uuid, $4::date, $5::date)
returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What is said of an agreement, held until it is changed.
select meter_id, tariff_id, valid_from, valid_until
from agreements
where id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: update
-- $1 id uuid, $2 valid_from date, $3 valid_until date
-- Says otherwise when it holds.
update agreements set valid_from = $2::date, valid_until = $3::date where id = $1::uuid;

-- name: remove
-- $1 id uuid, $2 organisation_id uuid
-- Removes an agreement; its history keeps what it said.
delete from agreements where id = $1::uuid and organisation_id = $2::uuid returning id;

-- name: overlapping
-- $1 id uuid, $2 meter_id uuid, $3 tariff_id uuid, $4 valid_from date, $5 valid_until date
-- The first agreement of the meter, in the direction of the tariff, that would overlap one with these days.
select t.name, a.valid_from, a.valid_until
from agreements as a
join tariffs as t on t.id = a.tariff_id
where a.meter_id = $2::uuid and a.id is distinct from $1::uuid
    and t.direction = (select direction from tariffs where id = $3::uuid)
    and daterange(a.valid_from, a.valid_until) && daterange($4::date, $5::date)
order by a.valid_from nulls first
limit 1;

-- name: known
-- $1 meter_ids uuid[], $2 as_of timestamptz
-- By what meters were charged as it was known at a time (empty for now): what was said by then and changed later, or not at all.
select id, meter_id, tariff_id, valid_from, valid_until
from agreements
where meter_id = any($1::uuid[]) and ($2::timestamptz is null or recorded_at <= $2::timestamptz)
union all
select agreement_id, meter_id, tariff_id, former_valid_from, former_valid_until
from agreement_history
where meter_id = any($1::uuid[]) and former_recorded_at <= $2::timestamptz and changed_at > $2::timestamptz
order by meter_id, valid_from nulls first, id;
