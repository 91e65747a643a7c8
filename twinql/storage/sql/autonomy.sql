-- name: set
-- $1 site_id uuid, $2 organisation_id uuid, $3 level text, $4 commands_per_hour int4, $5 weekdays int2[], $6 first_minute int2,
-- $7 last_minute int2, $8 now timestamptz, $9 subject text
-- Says how far TwinQL may act by itself on a site; what made it fall back before is not held against it.
update site_autonomy
set
    level = ($3::text)::autonomy_level, commands_per_hour = $4::int4, weekdays = $5::int2[], first_minute = $6::int2,
    last_minute = $7::int2, set_at = $8::timestamptz, set_by = $9::text, fell_back_at = null, fell_back_because = null,
    fell_back_channel_id = null, trusted_since = $8::timestamptz
where site_id = $1::uuid and organisation_id = $2::uuid
returning site_id;

-- name: setting
-- $1 site_id uuid, $2 organisation_id uuid
-- What was set for a site, held until it is changed.
select level::text, commands_per_hour, weekdays, first_minute, last_minute
from site_autonomy
where site_id = $1::uuid and organisation_id = $2::uuid
for update;

-- name: pause
-- $1 site_id uuid, $2 organisation_id uuid, $3 now timestamptz, $4 subject text, $5 reason text
-- Stops what TwinQL does by itself on a site; who stopped it first is kept.
update site_autonomy
set paused_at = $3::timestamptz, paused_by = $4::text, pause_reason = $5::text
where site_id = $1::uuid and organisation_id = $2::uuid and paused_at is null
returning site_id;

-- name: resume
-- $1 site_id uuid, $2 organisation_id uuid, $3 now timestamptz
-- Lets TwinQL go on; what made it fall back before is not held against it.
update site_autonomy
set
    paused_at = null, paused_by = null, pause_reason = null, fell_back_at = null, fell_back_because = null,
    fell_back_channel_id = null, trusted_since = $3::timestamptz
where site_id = $1::uuid and organisation_id = $2::uuid
returning site_id;

-- name: trust_rules
-- $1 site_id uuid, $2 organisation_id uuid
-- Lets TwinQL act again on the rules of a site that it had given up.
update automation_rules set fell_back_at = null, fell_back_because = null, fell_back_channel_id = null
where site_id = $1::uuid and organisation_id = $2::uuid and fell_back_at is not null;

-- name: is_paused
-- $1 site_id uuid
-- Whether a site that whoever asks may see is stopped.
select paused_at is not null from site_autonomy where site_id = $1::uuid;

-- name: standing
-- $1 site_id uuid, $2 since timestamptz
-- How a site stands, held so that of several who act on it one acts after the other; and how much was asked for since then.
select
    s.level::text, s.commands_per_hour, s.weekdays, s.first_minute, s.last_minute, s.paused_at is not null as paused,
    s.fell_back_at is not null as fell_back, (select time_zone from sites where id = s.site_id) as time_zone,
    (
        select count(*)
        from autonomy_records as r
        where r.site_id = s.site_id and r.command_id is not null and r.outcome <> 'REFUSED' and r.updated_at > $2::timestamptz
    ) as asked
from site_autonomy as s
where s.site_id = $1::uuid
for update of s;

-- name: waiting
-- $1 now timestamptz, $2 tried_before timestamptz
-- Open decisions that propose a command, with what was done about each so far; one that was refused only if that was before then.
select
    d.id, d.organisation_id, a.site_id, d.channel_id, d.automation_rule_id, coalesce(r.level::text, 'AUTO') as rule_level,
    coalesce(r.fell_back_at is not null, false) as rule_fell_back, rec.level::text as level, rec.outcome::text as outcome,
    s.level::text as site_level, s.paused_at is not null as paused, s.fell_back_at is not null as fell_back
from decisions as d
join assets as a on a.id = d.asset_id
join site_autonomy as s on s.site_id = a.site_id
left join automation_rules as r on r.id = d.automation_rule_id
left join autonomy_records as rec on rec.decision_id = d.id
where d.status = 'OPEN' and d.proposal is not null and coalesce(d.valid_until > $1::timestamptz, true)
    and (rec.outcome is null or rec.outcome not in ('ISSUED', 'ASKED_FOR_APPROVAL', 'REFUSED')
        or (rec.outcome = 'REFUSED' and rec.updated_at <= $2::timestamptz))
order by d.made_at, d.id;

-- name: is_open
-- $1 decision_id uuid
-- Whether a decision still stands, and its rule for it, held so that nobody settles it meanwhile.
select d.status = 'OPEN' and coalesce(r.archived_at is null and r.phase = 'FIRED', true)
from decisions as d
left join automation_rules as r on r.id = d.automation_rule_id
where d.id = $1::uuid
for update of d;

-- name: record
-- $1 decision_id uuid, $2 organisation_id uuid, $3 site_id uuid, $4 automation_rule_id uuid, $5 level text, $6 outcome text,
-- $7 message text, $8 interlocks jsonb, $9 command_id uuid, $10 now timestamptz
-- Says what was done with a decision; that the shadow would have acted on it is never forgotten.
insert into autonomy_records (
    decision_id, organisation_id, site_id, automation_rule_id, level, outcome, message, interlocks, command_id, recorded_at, updated_at,
    shadowed_at
)
values (
    $1::uuid, $2::uuid, $3::uuid, $4::uuid, ($5::text)::autonomy_level, ($6::text)::autonomy_outcome, $7::text, $8::jsonb, $9::uuid,
    $10::timestamptz, $10::timestamptz, case when $6::text = 'WOULD_ISSUE' then $10::timestamptz end
)
on conflict (decision_id) do update
set
    level = excluded.level, outcome = excluded.outcome, message = excluded.message, interlocks = excluded.interlocks,
    command_id = case when excluded.outcome = 'REFUSED' then coalesce(excluded.command_id, autonomy_records.command_id)
        else excluded.command_id end,
    updated_at = excluded.updated_at, shadowed_at = coalesce(autonomy_records.shadowed_at, excluded.shadowed_at);

-- name: failed
-- $1 since timestamptz
-- Commands that TwinQL asked for by itself since then and that showed no effect, the first on each site that still trusts it.
select distinct on (s.site_id) s.site_id, s.organisation_id, c.id as command_id, c.channel_id, c.status::text, ch.name, c.desired,
    ch.unit::text, ch.states, t.at, t.detail
from site_autonomy as s
join autonomy_records as r on r.site_id = s.site_id and r.command_id is not null
    and r.updated_at > greatest(s.trusted_since, $1::timestamptz)
-- That another command came before its effect could show is no sign that the plant does not obey.
join commands as c on c.id = r.command_id and c.status in ('NOT_OBSERVED', 'FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED')
    and c.verification ->> 'superseded_at' is null
join channels as ch on ch.id = c.channel_id
cross join lateral (
    select st.at, st.detail from command_transitions as st where st.command_id = c.id order by st.sequence desc limit 1
) as t
where s.fell_back_at is null
    -- What interlocks refused or nobody approved in time says nothing of the plant.
    and (c.status not in ('EXPIRED', 'REJECTED') or exists (
        select from command_transitions as st
        where st.command_id = c.id and st.status = case when c.status = 'EXPIRED' then 'QUEUED'::command_status else 'SENT' end
    ))
order by s.site_id, t.at;

-- name: flapping
-- $1 since timestamptz, $2 commands int4
-- Channels to which the newest commands that TwinQL issued by itself since then all undid the one before them, with what they asked
-- for in turn, and which rules of people asked; one on each site that still trusts it.
with asked as (
    select
        s.site_id, c.channel_id, c.desired, c.requested_at, r.automation_rule_id,
        lag(c.desired) over turns as before, lag(c.desired, 2) over turns as before_that,
        row_number() over (partition by c.channel_id order by c.requested_at desc, c.id desc) as place
    from site_autonomy as s
    join autonomy_records as r on r.site_id = s.site_id and r.command_id is not null and r.outcome = 'ISSUED'
        and r.updated_at > greatest(s.trusted_since, $1::timestamptz)
    join commands as c on c.id = r.command_id
    where s.fell_back_at is null
    window turns as (partition by c.channel_id order by c.requested_at, c.id)
), undone as (
    select
        site_id, channel_id, array_agg(distinct desired) as desired, array_agg(distinct automation_rule_id) as rules,
        min(requested_at) as first_at, max(requested_at) as last_at
    from asked
    where place <= $2::int4
    group by site_id, channel_id
    having count(*) = $2::int4 and bool_and(place > $2::int4 - 2 or (desired = before_that and desired <> before))
)
select distinct on (u.site_id)
    u.site_id, u.channel_id, ch.name, ch.unit::text, ch.states, u.desired, u.first_at, u.last_at,
    (select array_agg(rule.name order by rule.name) from automation_rules as rule where rule.id = any(u.rules)) as rules
from undone as u
join channels as ch on ch.id = u.channel_id
order by u.site_id, u.last_at desc;

-- name: answered
-- $1 since timestamptz, $2 now timestamptz, $3 subject text, $4 reason text
-- Accepts open decisions for whose command TwinQL asked since then, and that a person has approved.
update decisions as d set status = 'ACCEPTED', settled_at = $2::timestamptz, settled_by = $3::text, settled_reason = $4::text
from autonomy_records as r
join commands as c on c.id = r.command_id
where r.decision_id = d.id and r.outcome = 'ASKED_FOR_APPROVAL' and r.command_id is not null and r.updated_at > $1::timestamptz
    and d.status = 'OPEN' and c.status not in ('REQUESTED', 'AWAITING_APPROVAL', 'REJECTED', 'EXPIRED', 'CANCELLED');

-- name: take_back
-- $1 since timestamptz, $2 now timestamptz, $3 actor text, $4 detail text
-- Takes back the commands that TwinQL asked for since then and that still wait for a person, where their decision no longer stands.
with waiting as (
    select c.id, c.organisation_id
    from commands as c
    where c.status = 'AWAITING_APPROVAL' and c.id in (
        select r.command_id
        from autonomy_records as r
        join decisions as d on d.id = r.decision_id and d.status in ('REJECTED', 'SUPERSEDED', 'EXPIRED')
        where r.outcome = 'ASKED_FOR_APPROVAL' and r.command_id is not null and r.updated_at > $1::timestamptz
    )
    for update of c
)
insert into command_transitions (command_id, organisation_id, status, at, actor, detail)
select id, organisation_id, 'CANCELLED', $2::timestamptz, $3::text, $4::text from waiting;

-- name: fall_back
-- $1 site_id uuid, $2 now timestamptz, $3 because text, $4 channel_id uuid
-- Stops what TwinQL does by itself on a site, until a person lets it go on.
update site_autonomy set fell_back_at = $2::timestamptz, fell_back_because = $3::text, fell_back_channel_id = $4::uuid
where site_id = $1::uuid and fell_back_at is null
returning site_id;

-- name: rule_falls_back
-- $1 rule_id uuid, $2 now timestamptz, $3 because text, $4 channel_id uuid
-- Stops what TwinQL does by itself on a rule, until a person lets it go on.
update automation_rules set fell_back_at = $2::timestamptz, fell_back_because = $3::text, fell_back_channel_id = $4::uuid
where id = $1::uuid and fell_back_at is null
returning id;

-- name: cancel
-- $1 site_id uuid, $2 now timestamptz, $3 actor text, $4 detail text, $5 level text
-- Takes back the commands of a site that TwinQL asked for by itself at a higher level than this and that were not sent; what waited
-- for a person may be asked again.
with waiting as (
    select c.id, c.organisation_id
    from commands as c
    where c.id in (select r.command_id from autonomy_records as r where r.site_id = $1::uuid and r.level > ($5::text)::autonomy_level)
        and c.status in ('REQUESTED', 'AWAITING_APPROVAL', 'QUEUED')
    for update of c
), advised as (
    update autonomy_records as r set outcome = 'ADVISED', updated_at = $2::timestamptz
    from waiting as w
    where r.command_id = w.id and r.outcome = 'ASKED_FOR_APPROVAL'
)
insert into command_transitions (command_id, organisation_id, status, at, actor, detail)
select id, organisation_id, 'CANCELLED', $2::timestamptz, $3::text, $4::text from waiting
returning command_id;

-- name: cancel_rule
-- $1 rule_id uuid, $2 now timestamptz, $3 actor text, $4 detail text
-- Takes back the commands that TwinQL asked for by itself on a rule and that were not sent; what waited for a person may be asked again.
with waiting as (
    select c.id, c.organisation_id
    from commands as c
    where c.id in (select r.command_id from autonomy_records as r where r.automation_rule_id = $1::uuid)
        and c.status in ('REQUESTED', 'AWAITING_APPROVAL', 'QUEUED')
    for update of c
), advised as (
    update autonomy_records as r set outcome = 'ADVISED', updated_at = $2::timestamptz
    from waiting as w
    where r.command_id = w.id and r.outcome = 'ASKED_FOR_APPROVAL'
)
insert into command_transitions (command_id, organisation_id, status, at, actor, detail)
select id, organisation_id, 'CANCELLED', $2::timestamptz, $3::text, $4::text from waiting;

-- name: close_ended
-- $1 now timestamptz
-- Closes open decisions of rules that were archived since, or say something else.
update decisions as d
set
    status = 'EXPIRED', settled_at = $1::timestamptz,
    settled_reason = format('The rule “%s” was %s.', r.name, case when r.archived_at is null then 'changed' else 'archived' end)
from automation_rules as r
where r.id = d.automation_rule_id and d.status = 'OPEN' and (r.archived_at is not null or r.phase <> 'FIRED');

-- name: over
-- Alarms that TwinQL fell back, whose condition holds although a person let it go on.
select a.channel_id
from alarms as a
where a.cause = 'AUTONOMY_FELL_BACK' and a.closed_at is null and a.condition_holds
    and not exists (select from site_autonomy as s where s.fell_back_channel_id = a.channel_id)
    and not exists (select from automation_rules as r where r.fell_back_channel_id = a.channel_id);

-- name: alarm_rule
-- $1 channel_id uuid
-- The alarm rule of the narrowest place that says how a channel tells that TwinQL fell back.
select r.id, r.enabled, r.severity::text
from channels as c
join alarm_rules as r on r.organisation_id = c.organisation_id and r.cause = 'AUTONOMY_FELL_BACK' and r.archived_at is null
    and coalesce(r.channel_id = c.id, r.asset_id = c.asset_id, r.site_id = c.site_id, true)
where c.id = $1::uuid
order by r.channel_id is not null desc, r.asset_id is not null desc, r.site_id is not null desc
limit 1;

-- name: newest
-- $1 channel_id uuid
-- When a channel was last read, how often it should be, and whether it was taken out of use.
select c.name, c.resolution_seconds, c.archived_at is not null as archived, latest.observed_at
from channels as c
left join lateral (
    select r.observed_at from readings as r where r.channel_number = c.number order by r.observed_at desc limit 1
) as latest on true
where c.id = $1::uuid;

-- name: of_sites
-- $1 site_ids uuid[], $2 since timestamptz
-- How sites stand, as far as whoever asks may see them, and how much TwinQL asked for since then.
select
    s.site_id, s.level::text, s.commands_per_hour, s.weekdays, s.first_minute, s.last_minute, s.set_at, s.set_by, s.paused_at, s.paused_by,
    s.pause_reason, s.fell_back_at, s.fell_back_because, s.fell_back_channel_id, sites.time_zone,
    (
        select count(*)
        from autonomy_records as r
        where r.site_id = s.site_id and r.command_id is not null and r.outcome <> 'REFUSED' and r.updated_at > $2::timestamptz
    ) as asked
from site_autonomy as s
join sites on sites.id = s.site_id
where s.site_id = any($1::uuid[]);

-- name: tallies
-- $1 site_ids uuid[], $2 since timestamptz[], $3 one_cause interval
-- Decisions since an instant that proposed a command, alike ones together, with what was expected and measured of them. Of what
-- one rule said of one channel again, soon after it was over, the shadow counts the first alone: acting on it spares the others.
select
    asked.place, r.level::text, r.outcome::text, r.shadowed, c.status::text as status, gone.queued, gone.sent, d.expected_impact ->> 'currency' as currency,
    d.realised_impact ->> 'currency' as realised_currency, count(*) as decisions,
    sum((d.expected_impact ->> 'energy_kwh')::float8) as energy_kwh, count(d.expected_impact ->> 'energy_kwh') as energy_known,
    max((d.expected_impact ->> 'peak_kw')::float8) as peak_kw, count(d.expected_impact ->> 'peak_kw') as peak_known,
    sum((d.expected_impact ->> 'cost')::numeric) as cost, count(d.expected_impact ->> 'cost') as cost_known,
    sum((d.realised_impact ->> 'energy_kwh')::float8) as realised_energy_kwh,
    count(d.realised_impact ->> 'energy_kwh') as realised_energy_known,
    max((d.realised_impact ->> 'peak_kw')::float8) as realised_peak_kw, count(d.realised_impact ->> 'peak_kw') as realised_peak_known,
    sum((d.realised_impact ->> 'cost')::numeric) as realised_cost, count(d.realised_impact ->> 'cost') as realised_cost_known
from unnest($1::uuid[], $2::timestamptz[]) with ordinality as asked (site_id, since, place)
cross join lateral (
    select
        a.decision_id, a.level, a.outcome, a.command_id,
        a.shadowed_at is not null and coalesce(
            said.made_at > $3::interval + lag(coalesce(said.settled_at, said.valid_until, 'infinity')) over (
                partition by said.rule, said.asset_id, said.channel_id, a.shadowed_at is not null order by said.made_at, said.id
            ),
            true
        ) as shadowed
    from autonomy_records as a
    join decisions as said on said.id = a.decision_id
    where a.site_id = asked.site_id and a.recorded_at >= asked.since
) as r
join decisions as d on d.id = r.decision_id
left join commands as c on c.id = r.command_id
cross join lateral (
    select coalesce(bool_or(t.status = 'QUEUED'), false) as queued, coalesce(bool_or(t.status = 'SENT'), false) as sent
    from command_transitions as t
    where t.command_id = c.id
) as gone
group by asked.place, r.level, r.outcome, r.shadowed, c.status, gone.queued, gone.sent, currency, realised_currency;
