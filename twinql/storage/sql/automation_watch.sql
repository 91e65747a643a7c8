-- name: rules
-- The rules of people in use, with what each remembers.
select
    r.id, r.organisation_id, r.site_id, r.asset_id, r.name, r.level::text, r.urgency::text, r.holds_for_seconds,
    r.minimum_between_seconds, r.weekdays, r.first_minute, r.last_minute, r.set_channel_id, r.desired, r.expires_in_seconds,
    r.expect_channel_id, r.expect_direction::text, r.expect_by, r.expect_value, r.expect_within_seconds, r.phase::text,
    r.holding_since, r.fired_at, r.outcome::text, r.fell_back_at is not null as rule_fell_back, s.time_zone,
    a.level::text as site_level, a.paused_at is not null as paused, a.fell_back_at is not null as fell_back,
    (select c.states from channels as c where c.id = r.set_channel_id) as set_states
from automation_rules as r
join sites as s on s.id = r.site_id
join site_autonomy as a on a.site_id = r.site_id
where r.archived_at is null and s.archived_at is null
order by r.id;

-- name: conditions
-- What has to hold for them, in order, with the newest reading of each channel.
select
    k.rule_id, k.position, k.channel_id, k.measure::text, k.comparison::text, k.threshold, k.hysteresis, k.within_seconds,
    k.max_age_seconds, k.holds, c.number, c.key, c.name, c.unit::text, c.states, c.resolution_seconds, c.archived_at is not null as archived, latest.observed_at,
    latest.value, coalesce(latest.quality = 'BAD', false) as bad
from automation_conditions as k
join automation_rules as r on r.id = k.rule_id and r.archived_at is null
join channels as c on c.id = k.channel_id
left join lateral (
    select e.observed_at, e.value, e.quality from readings as e where e.channel_number = c.number order by e.observed_at desc limit 1
) as latest on true
order by k.rule_id, k.position;

-- name: remember
-- $1 rule_id uuid, $2 phase text, $3 holding_since timestamptz, $4 fired_at timestamptz, $5 outcome text, $6 message text,
-- $7 now timestamptz, $8 phase_before text, $9 outcome_before text
-- What a look at a rule came to, unless somebody changed or archived the rule meanwhile.
update automation_rules
set
    phase = ($2::text)::automation_phase, holding_since = $3::timestamptz, fired_at = $4::timestamptz,
    outcome_at = case when outcome is distinct from ($5::text)::automation_outcome then $7::timestamptz else outcome_at end,
    outcome = ($5::text)::automation_outcome, message = $6::text
where id = $1::uuid and archived_at is null and phase = ($8::text)::automation_phase
    and outcome is not distinct from ($9::text)::automation_outcome
returning id;

-- name: remember_conditions
-- $1 rule_id uuid, $2 holds bool[]
-- Which of its conditions held, in their order.
update automation_conditions as k set holds = each.holds
from unnest($2::bool[]) with ordinality as each (holds, place)
where k.rule_id = $1::uuid and k.position = each.place - 1 and k.holds <> each.holds;

-- name: prolong
-- $1 rule_ids uuid[], $2 valid_until timestamptz, $3 step interval
-- Keeps the open decisions of rules worth acting on; rarely enough that followers are not told the same for ever.
update decisions set valid_until = $2::timestamptz
where automation_rule_id = any($1::uuid[]) and status = 'OPEN' and valid_until < $2::timestamptz - $3::interval;

-- name: release
-- $1 rule_id uuid, $2 now timestamptz, $3 reason text
-- Closes the open decision of a rule whose ground is gone.
update decisions set status = 'EXPIRED', settled_at = $2::timestamptz, settled_reason = $3::text
where automation_rule_id = $1::uuid and status = 'OPEN';
