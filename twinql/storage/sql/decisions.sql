-- name: standing
-- $1 channel_ids uuid[], $2 rule text
-- The newest decision of a rule on each channel, whether open or settled, when its newest command was asked for, unless that failed, and
-- whether somebody has set what it had set to another value since.
select newest.*
from unnest($1::uuid[]) as asked (id)
cross join lateral (
    select
        d.channel_id, d.id, d.action::text, d.urgency::text, d.status::text, d.settled_at,
        (
            select max(c.requested_at) from commands as c
            where c.decision_id = d.id and c.organisation_id = d.organisation_id
                and c.status not in ('REJECTED', 'FAILED', 'EXPIRED', 'CANCELLED', 'TIMED_OUT', 'NOT_OBSERVED')
        ) as commanded_at,
        exists (
            select from commands as c
            join commands as later using (channel_id, organisation_id)
            where c.decision_id = d.id and c.organisation_id = d.organisation_id and later.requested_at > c.requested_at
                and later.desired <> c.desired and later.status in ('EXECUTED', 'VERIFIED')
        ) as undone
    from decisions as d
    where d.channel_id = asked.id and d.rule = $2::text
    order by d.status = 'OPEN' desc, d.made_at desc, d.id
    limit 1
) as newest;

-- name: open_of
-- $1 rule text
-- The channels on which a rule has an open decision.
select channel_id from decisions where rule = $1::text and status = 'OPEN' and channel_id is not null;

-- name: insert
-- $1 rows jsonb
-- Makes decisions, unless the same rule already has one open there.
insert into decisions (
    organisation_id, asset_id, channel_id, forecast_id, rule, action, urgency, confidence, reasons, alternatives, expected_impact,
    made_at, valid_until, proposal, automation_rule_id
)
select
    n.organisation_id, n.asset_id, n.channel_id, n.forecast_id, n.rule, (n.action)::decision_action, (n.urgency)::urgency, n.confidence,
    n.reasons, n.alternatives, n.expected_impact, n.made_at, n.valid_until, nullif(n.proposal, 'null'), n.automation_rule_id
from jsonb_to_recordset($1::jsonb) as n (
    organisation_id uuid, asset_id uuid, channel_id uuid, forecast_id uuid, rule text, action text, urgency text, confidence float8,
    reasons jsonb, alternatives jsonb, expected_impact jsonb, made_at timestamptz, valid_until timestamptz, proposal jsonb,
    automation_rule_id uuid
)
on conflict (asset_id, rule, channel_id) where status = 'OPEN' do nothing
returning id;

-- name: settle_all
-- $1 ids uuid[], $2 status text, $3 settled_at timestamptz
-- Closes open decisions; one that is already closed stays as it is.
update decisions set status = ($2::text)::decision_status, settled_at = $3::timestamptz
where id = any($1::uuid[]) and status = 'OPEN'
returning id;

-- name: settle
-- $1 id uuid, $2 status text, $3 settled_at timestamptz, $4 settled_by text, $5 settled_reason text
-- Closes an open decision; one that is already closed stays as it is.
update decisions
set status = ($2::text)::decision_status, settled_at = $3::timestamptz, settled_by = $4::text, settled_reason = $5::text
where id = $1::uuid and status = 'OPEN'
returning id;

-- name: status
-- $1 id uuid
-- Where a decision stands.
select status::text from decisions where id = $1::uuid;

-- name: carried_out
-- $1 id uuid, $2 settled_by text
-- The newest command that carries out a decision which somebody has accepted.
select c.id
from decisions as d
join commands as c on c.decision_id = d.id and c.organisation_id = d.organisation_id
where d.id = $1::uuid and d.status = 'ACCEPTED' and d.settled_by = $2::text and starts_with(c.idempotency_key, 'decision:' || d.id)
order by c.requested_at desc, c.id
limit 1;

-- name: proposal
-- $1 id uuid
-- The command that would carry a decision out, and why; and how many came to nothing before any device heard of them.
select
    d.proposal, coalesce((select r.name from automation_rules as r where r.id = d.automation_rule_id), d.rule) as rule,
    d.reasons -> 0 ->> 'message' as why,
    (
        select count(*)
        from commands as c
        where c.decision_id = d.id and c.organisation_id = d.organisation_id and starts_with(c.idempotency_key, 'decision:' || d.id)
            and c.status in ('REJECTED', 'CANCELLED', 'EXPIRED')
            and not exists (select from command_transitions as t where t.command_id = c.id and t.status = 'SENT')
    ) as in_vain
from decisions as d
where d.id = $1::uuid;

-- name: prolong
-- $1 ids uuid[], $2 valid_until timestamptz, $3 step interval
-- Keeps open decisions worth acting on; rarely enough that followers are not told the same for ever.
update decisions set valid_until = $2::timestamptz
where id = any($1::uuid[]) and status = 'OPEN' and valid_until < $2::timestamptz - $3::interval
returning id;

-- name: expire
-- $1 now timestamptz
-- Closes what nobody acted on while it was worth it.
update decisions set status = 'EXPIRED', settled_at = $1::timestamptz
where status = 'OPEN' and valid_until <= $1::timestamptz
returning id;

-- name: actuators
-- $1 asset_ids uuid[], $2 since timestamptz
-- Writable channels of assets, of their parents and of their parts, with what they last read and take, the state that switches them on,
-- and when they were last switched on if they were seen to be off since then.
select
    me.id as near_id, c.id, c.key, case when a.id = me.id then c.name else a.name || ': ' || c.name end as name, c.quantity::text,
    coalesce(lower(a.attributes ->> 'role') = 'cooling', false) or a.name ~* 'cool' or c.name ~* 'cool' as cools,
    latest.value, switched.on_at as switched_on_at, c.unit::text,
    greatest(c.plausible_minimum, c.limit_low_low, c.limit_low) as minimum,
    least(c.plausible_maximum, c.limit_high_high, c.limit_high) as maximum,
    on_state.code as on_code, on_state.label as on_label
from assets as me
join assets as a on a.id = me.id or a.parent_id = me.id or a.id = me.parent_id
join channels as c on c.asset_id = a.id and c.writable and c.archived_at is null
left join lateral (
    select r.value
    from readings as r
    where r.channel_number = c.number and r.quality <> 'BAD'
    order by r.observed_at desc
    limit 1
) as latest on true
left join lateral (
    select min(r.observed_at) as on_at
    from readings as r
    where r.channel_number = c.number and r.quality <> 'BAD' and r.value >= 0.5 and r.observed_at > (
        select max(o.observed_at)
        from readings as o
        where o.channel_number = c.number and o.quality <> 'BAD' and o.value < 0.5 and o.observed_at >= $2::timestamptz
    )
) as switched on c.kind = 'STATE'
left join lateral (
    select (s ->> 'code')::float8 as code, s ->> 'label' as label
    from jsonb_array_elements(coalesce(c.states, '[]')) as s
    where c.kind = 'STATE' and (s ->> 'code')::float8 >= 0.5
    order by 1
    limit 1
) as on_state on true
where me.id = any($1::uuid[])
order by me.id, a.id = me.id desc, c.key;
