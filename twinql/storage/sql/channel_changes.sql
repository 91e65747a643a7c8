-- name: insert
-- $1 organisation_id uuid, $2 site_id uuid, $3 asset_id uuid, $4 key text, $5 name text, $6 quantity quantity, $7 unit unit, $8 kind reading_kind,
-- $9 direction flow_direction, $10 resolution_seconds int4, $11 writable bool, $12 schedule bool, $13 states jsonb, $14 register_maximum float8,
-- $15-$18 limits from the lowest to the highest float8, $19-$21 plausible minimum, maximum and rate float8, $22 action plausibility_action,
-- $23 multiplier numeric, $24 register text, $25 deadband float8, $26-$27 target minimum and maximum float8, $28 needs_approval bool
-- A new channel.
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, direction, resolution_seconds, writable, schedule,
    states, register_maximum, limit_low_low, limit_low, limit_high, limit_high_high,
    plausible_minimum, plausible_maximum, plausible_rate_per_minute, plausibility_action, multiplier, register,
    limit_deadband, target_minimum, target_maximum, needs_approval
)
select
    o.id, o.number, $2::uuid, $3::uuid, $4::text, $5::text, $6::text::quantity, $7::text::unit, $8::text::reading_kind,
    $9::text::flow_direction, $10::int4, $11::bool, $12::bool, $13::jsonb, $14::float8, $15::float8, $16::float8, $17::float8, $18::float8,
    $19::float8, $20::float8, $21::float8, $22::text::plausibility_action, $23::numeric, $24::text,
    $25::float8, $26::float8, $27::float8, $28::bool
from organisations as o
where o.id = $1::uuid
returning id;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What is said of a channel, held until it is changed.
select
    number, key, name, quantity::text, unit::text, kind::text, direction::text, resolution_seconds, writable, schedule, states,
    register_maximum, limit_low_low, limit_low, limit_high, limit_high_high,
    plausible_minimum, plausible_maximum, plausible_rate_per_minute, plausibility_action::text, multiplier, register,
    limit_deadband, target_minimum, target_maximum, needs_approval
from channels
where id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: has_readings
-- $1 number int4
-- Whether anything was ever read.
select exists (select from readings where channel_number = $1::int4);

-- name: update
-- $1 id uuid, $2 key text, $3 name text, $4 quantity quantity, $5 unit unit, $6 kind reading_kind, $7 direction flow_direction,
-- $8 resolution_seconds int4, $9 writable bool, $10 schedule bool, $11 states jsonb, $12 register_maximum float8,
-- $13-$16 limits from the lowest to the highest float8, $17-$19 plausible minimum, maximum and rate float8, $20 action plausibility_action,
-- $21 multiplier numeric, $22 register text, $23 deadband float8, $24-$25 target minimum and maximum float8, $26 needs_approval bool
-- Says something else of a channel.
update channels
set
    key = $2::text, name = $3::text, quantity = $4::text::quantity, unit = $5::text::unit, kind = $6::text::reading_kind,
    direction = $7::text::flow_direction, resolution_seconds = $8::int4, writable = $9::bool, schedule = $10::bool, states = $11::jsonb,
    register_maximum = $12::float8, limit_low_low = $13::float8, limit_low = $14::float8, limit_high = $15::float8,
    limit_high_high = $16::float8, plausible_minimum = $17::float8, plausible_maximum = $18::float8,
    plausible_rate_per_minute = $19::float8, plausibility_action = $20::text::plausibility_action,
    multiplier = $21::numeric, register = $22::text,
    limit_deadband = $23::float8, target_minimum = $24::float8, target_maximum = $25::float8, needs_approval = $26::bool
where id = $1::uuid;

-- name: asset
-- $1 id uuid, $2 organisation_id uuid
-- Where an asset stands, and whether it is in use.
select site_id, archived_at is not null as archived from assets where id = $1::uuid and organisation_id = $2::uuid;

-- name: archive
-- $1 id uuid, $2 organisation_id uuid
-- Takes a channel out of use, or leaves it so.
update channels set archived_at = coalesce(archived_at, now()) where id = $1::uuid and organisation_id = $2::uuid returning id;

-- name: above
-- $1 id uuid, $2 organisation_id uuid
-- Whether what a channel belongs to is archived.
select s.archived_at is not null as site_archived, a.archived_at is not null as asset_archived
from channels as c
join sites as s on s.id = c.site_id
left join assets as a on a.id = c.asset_id
where c.id = $1::uuid and c.organisation_id = $2::uuid;

-- name: resting_on
-- $1 id uuid
-- What looks at a channel, sets it or expects an effect on it, while in use: interlocks of other channels, and rules of people.
select
    array(
        select i.id
        from interlocks as i
        where i.archived_at is null
            and (i.other_channel_id = $1::uuid or (i.channel_id = $1::uuid and i.kind = 'MUTUAL_EXCLUSION'))
        order by i.created_at, i.id
    ) as interlocks,
    array(
        select r.id
        from automation_rules as r
        where r.archived_at is null
            and (
                $1::uuid in (r.set_channel_id, r.expect_channel_id)
                or exists (select from automation_conditions as k where k.rule_id = r.id and k.channel_id = $1::uuid)
            )
        order by r.created_at, r.id
    ) as rules;

-- name: unarchive
-- $1 id uuid
-- Takes a channel back into use.
update channels set archived_at = null where id = $1::uuid and archived_at is not null;
