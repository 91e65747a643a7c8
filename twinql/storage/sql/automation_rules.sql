-- name: channels
-- $1 channel_ids uuid[], $2 site_id uuid
-- What must be known of channels that a rule names, as far as whoever asks may see them and they are in use on its site.
select
    c.id, c.name, c.kind::text, c.quantity::text, c.unit::text, c.asset_id, c.states, c.writable, c.plausible_minimum, c.plausible_maximum,
    greatest(c.plausible_minimum, c.limit_low_low, c.limit_low) as minimum,
    least(c.plausible_maximum, c.limit_high_high, c.limit_high) as maximum
from channels as c
where c.id = any($1::uuid[]) and c.site_id = $2::uuid and c.archived_at is null;

-- name: insert
-- $1 organisation_id uuid, $2 site_id uuid, $3 asset_id uuid, $4 name text, $5 level text, $6 urgency text, $7 holds_for_seconds int4,
-- $8 minimum_between_seconds int4, $9 weekdays int2[], $10 first_minute int2, $11 last_minute int2, $12 set_channel_id uuid,
-- $13 desired float8, $14 expires_in_seconds int4, $15 expect_channel_id uuid, $16 expect_direction text, $17 expect_by float8,
-- $18 expect_value float8, $19 expect_within_seconds int4
-- A new rule.
insert into automation_rules (
    organisation_id, site_id, asset_id, name, level, urgency, holds_for_seconds, minimum_between_seconds, weekdays, first_minute,
    last_minute, set_channel_id, desired, expires_in_seconds, expect_channel_id, expect_direction, expect_by, expect_value,
    expect_within_seconds
)
values (
    $1::uuid, $2::uuid, $3::uuid, $4::text, ($5::text)::autonomy_level, ($6::text)::urgency, $7::int4, $8::int4, $9::int2[],
    $10::int2, $11::int2, $12::uuid, $13::float8, $14::int4, $15::uuid, ($16::text)::effect_direction, $17::float8, $18::float8,
    $19::int4
)
returning id;

-- name: insert_conditions
-- $1 rule_id uuid, $2 organisation_id uuid, $3 conditions jsonb
-- What has to hold for a rule.
insert into automation_conditions (
    rule_id, position, organisation_id, channel_id, measure, comparison, threshold, hysteresis, within_seconds, max_age_seconds
)
select
    $1::uuid, each.position, $2::uuid, each.channel_id, each.measure::automation_measure, each.comparison::automation_comparison,
    each.threshold, each.hysteresis, each.within_seconds, each.max_age_seconds
from jsonb_to_recordset($3::jsonb) as each (
    position int2, channel_id uuid, measure text, comparison text, threshold float8, hysteresis float8, within_seconds int4,
    max_age_seconds int4
);

-- name: delete_conditions
-- $1 rule_id uuid
-- Forgets what had to hold for a rule, and what it remembered of that.
delete from automation_conditions where rule_id = $1::uuid;

-- name: definition
-- $1 id uuid, $2 organisation_id uuid
-- What a rule says, held until it is changed.
select
    r.site_id, r.name, r.level::text, r.urgency::text, r.holds_for_seconds, r.minimum_between_seconds, r.weekdays, r.first_minute,
    r.last_minute, r.set_channel_id, r.desired, r.expires_in_seconds, r.expect_channel_id, r.expect_direction::text, r.expect_by,
    r.expect_value, r.expect_within_seconds, r.archived_at is not null as archived,
    (
        select json_agg(json_build_object(
            'channel_id', c.channel_id, 'measure', c.measure, 'comparison', c.comparison, 'threshold', c.threshold,
            'hysteresis', c.hysteresis, 'within_seconds', c.within_seconds, 'max_age_seconds', c.max_age_seconds
        ) order by c.position)
        from automation_conditions as c
        where c.rule_id = r.id
    ) as conditions
from automation_rules as r
where r.id = $1::uuid and r.organisation_id = $2::uuid
for update of r;

-- name: update
-- $1 id uuid, $2 asset_id uuid, $3 name text, $4 level text, $5 urgency text, $6 holds_for_seconds int4,
-- $7 minimum_between_seconds int4, $8 weekdays int2[], $9 first_minute int2, $10 last_minute int2, $11 set_channel_id uuid,
-- $12 desired float8, $13 expires_in_seconds int4, $14 expect_channel_id uuid, $15 expect_direction text, $16 expect_by float8,
-- $17 expect_value float8, $18 expect_within_seconds int4, $19 anew bool
-- Says something else in a rule, which then begins anew where it is to; when it fired last is never forgotten.
update automation_rules
set
    asset_id = $2::uuid, name = $3::text, level = ($4::text)::autonomy_level, urgency = ($5::text)::urgency,
    holds_for_seconds = $6::int4, minimum_between_seconds = $7::int4, weekdays = $8::int2[], first_minute = $9::int2,
    last_minute = $10::int2, set_channel_id = $11::uuid, desired = $12::float8, expires_in_seconds = $13::int4,
    expect_channel_id = $14::uuid, expect_direction = ($15::text)::effect_direction, expect_by = $16::float8,
    expect_value = $17::float8, expect_within_seconds = $18::int4,
    phase = case when $19::bool then 'WAITING' else phase end, holding_since = case when $19::bool then null else holding_since end,
    outcome = case when $19::bool then null else outcome end, message = case when $19::bool then null else message end,
    outcome_at = case when $19::bool then null else outcome_at end, fell_back_at = null, fell_back_because = null,
    fell_back_channel_id = null
where id = $1::uuid;

-- name: archive
-- $1 id uuid
-- Takes a rule out of use, or leaves it so; what it had come to is forgotten.
update automation_rules
set
    archived_at = coalesce(archived_at, now()), phase = 'WAITING', holding_since = null, outcome = null, message = null,
    outcome_at = null, fell_back_at = null, fell_back_because = null, fell_back_channel_id = null
where id = $1::uuid;

-- name: unarchive
-- $1 id uuid
-- Takes a rule back into use.
update automation_rules set archived_at = null where id = $1::uuid;

-- name: states
-- $1 channel_id uuid
-- The states of a channel in use that whoever asks may see.
select name, states from channels where id = $1::uuid and archived_at is null;
