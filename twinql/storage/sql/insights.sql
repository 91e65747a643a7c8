-- name: alarms
-- $1 site_id uuid, $2 most int8
-- What is open on a site and wants somebody, the heaviest first.
select
    m.id, m.channel_id, c.asset_id, coalesce(a.name || ', ', '') || c.name as place, m.cause::text, m.severity::text,
    m.acknowledged_at is not null as acknowledged, m.condition_holds as holds, m.occurrences, m.message, m.score, m.raised_at, m.evidence
from alarms as m
join channels as c on c.id = m.channel_id
left join assets as a on a.id = c.asset_id
where m.site_id = $1::uuid and m.closed_at is null and m.state not in ('SHELVED', 'OUT_OF_SERVICE')
order by m.severity desc, m.raised_at desc
limit $2;

-- name: decisions
-- $1 site_id uuid, $2 most int8
-- Recommendations for a site that wait for somebody, with the steps before the forecast on which they rest.
select
    d.id, d.channel_id, d.asset_id, coalesce(a.name || coalesce(', ' || c.name, ''), '') as place, d.action::text, d.urgency::text,
    d.confidence, d.made_at, d.reasons, coalesce(f.starts_at, d.made_at) as looked_until,
    coalesce(f.step_seconds, 60) as step_seconds
from decisions as d
join assets as a on a.id = d.asset_id
left join channels as c on c.id = d.channel_id
left join forecasts as f on f.id = d.forecast_id
where a.site_id = $1::uuid and d.status = 'OPEN'
order by d.urgency desc, d.made_at desc
limit $2;

-- name: refused
-- $1 site_id uuid, $2 most int8
-- Refused readings of a site's channels that wait to be mended, by channel and reason.
select
    (array_agg(r.id order by r.rejected_at desc, r.id))[1] as newest, r.channel_id, c.asset_id,
    coalesce(a.name || ', ', '') || c.name as place, count(*)::int4 as readings,
    (array_agg(r.message order by r.rejected_at desc, r.id))[1] as message, min(r.rejected_at) as since
from rejected_readings as r
join channels as c on c.id = r.channel_id
left join assets as a on a.id = c.asset_id
where c.site_id = $1::uuid and r.resolved_at is null
group by r.channel_id, c.asset_id, a.name, c.name, r.code
order by readings desc
limit $2;

-- name: channels
-- $1 site_id uuid, $2 most int8
-- The channels of a site that are in use, plans and prices left out, with what people call them.
select c.number, coalesce(a.name || ', ', '') || c.name as place
from channels as c
left join assets as a on a.id = c.asset_id
where c.site_id = $1::uuid and c.archived_at is null and a.archived_at is null and not c.schedule
order by c.number
limit $2;

-- name: calibrations
-- $1 channel_ids uuid[], $2 now timestamptz
-- The calibration of each channel that counts: the one performed last.
select distinct on (channel_id) channel_id, id, performed_at
from calibrations
where channel_id = any ($1::uuid[]) and performed_at <= $2::timestamptz
order by channel_id, performed_at desc, recorded_at desc, id desc;

-- name: overdue
-- $1 site_id uuid, $2 now timestamptz, $3 most int8
-- Maintenance tasks of a site that were due, or planned where nobody said by when, and are not done, the longest overdue first.
select
    t.id, t.channel_id, coalesce(t.asset_id, c.asset_id) as asset_id, concat_ws(', ', a.name, c.name) as place, t.title,
    coalesce(t.due_at, t.scheduled_for) as due_at, t.scheduled_for
from maintenance_tasks as t
left join assets as a on a.id = t.asset_id
left join channels as c on c.id = t.channel_id
where t.status in ('OPEN', 'SCHEDULED') and coalesce(t.due_at, t.scheduled_for) < $2::timestamptz and coalesce(a.site_id, c.site_id) = $1::uuid
    and a.archived_at is null and c.archived_at is null
order by coalesce(t.due_at, t.scheduled_for), t.id
limit $3;
