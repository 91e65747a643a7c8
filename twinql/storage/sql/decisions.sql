-- name: standing
-- $1 asset_id uuid, $2 channel_id uuid, $3 rule text
-- The newest decision of a rule on a channel, whether open or settled.
select id, action::text, urgency::text, status::text, settled_at
from decisions
where asset_id = $1::uuid and channel_id = $2::uuid and rule = $3::text
order by status = 'OPEN' desc, made_at desc, id
limit 1;

-- name: insert
-- $1 organisation_id uuid, $2 asset_id uuid, $3 channel_id uuid, $4 forecast_id uuid, $5 rule text, $6 action text, $7 urgency text,
-- $8 confidence float8, $9 reasons jsonb, $10 alternatives jsonb, $11 expected_impact jsonb, $12 made_at timestamptz,
-- $13 valid_until timestamptz, $14 proposal jsonb, $15 automation_rule_id uuid
-- Makes a decision, unless the same rule already has one open there.
insert into decisions (
    organisation_id, asset_id, channel_id, forecast_id, rule, action, urgency, confidence, reasons, alternatives, expected_impact,
    made_at, valid_until, proposal, automation_rule_id
)
values (
    $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::text, ($6::text)::decision_action, ($7::text)::urgency, $8::float8, $9::jsonb,
    $10::jsonb, $11::jsonb, $12::timestamptz, $13::timestamptz, $14::jsonb, $15::uuid
)
on conflict (asset_id, rule, channel_id) where status = 'OPEN' do nothing
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

-- name: proposal
-- $1 id uuid
-- The command that would carry a decision out, and why.
select proposal, rule, reasons -> 0 ->> 'message' as why from decisions where id = $1::uuid;

-- name: prolong
-- $1 id uuid, $2 valid_until timestamptz, $3 step interval
-- Keeps an open decision worth acting on; rarely enough that followers are not told the same for ever.
update decisions set valid_until = $2::timestamptz
where id = $1::uuid and status = 'OPEN' and valid_until < $2::timestamptz - $3::interval
returning id;

-- name: expire
-- $1 now timestamptz
-- Closes what nobody acted on while it was worth it.
update decisions set status = 'EXPIRED', settled_at = $1::timestamptz
where status = 'OPEN' and valid_until <= $1::timestamptz
returning id;

-- name: actuators
-- $1 asset_id uuid, $2 since timestamptz
-- Writable channels of an asset, of its parent and of its parts, with what they last read, and when they were last switched on if
-- they were seen to be off since then.
select
    c.key, case when a.id = $1::uuid then c.name else a.name || ': ' || c.name end as name, c.quantity::text,
    coalesce(lower(a.attributes ->> 'role') = 'cooling', false) or a.name ~* 'cool' or c.name ~* 'cool' as cools,
    latest.value, switched.on_at as switched_on_at, c.unit::text
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
where me.id = $1::uuid
order by a.id = $1::uuid desc, c.key;
