-- name: place
-- How far was announced, and of which life of the feed that is a place.
select position, epoch, read_at from twinql_private.kafka_place;

-- name: go_to
-- $1 position int8, $2 epoch uuid, $3 read_at timestamptz
-- Says how far was announced.
insert into twinql_private.kafka_place (position, epoch, read_at) values ($1::int8, $2::uuid, $3::timestamptz)
on conflict (only_one) do update set position = excluded.position, epoch = excluded.epoch, read_at = excluded.read_at;

-- name: read_on
-- $1 after int8, $2 most int4
-- The decisions and commands that were made or changed after a position, in commit order, with the state of the feed in the same
-- snapshot. Nothing else of the outbox is unpacked.
select
    f.epoch, f.pruned_position, now() as read_at,
    greatest(f.pruned_position, (select max(position) from twinql_private.outbox)) as newest_position,
    o.position, o.kind, o.ids
from twinql_private.feed as f
left join lateral (
    select position, kind, array(select jsonb_array_elements_text(payload::jsonb -> 'id')::uuid) as ids
    from twinql_private.outbox
    where position > $1::int8 and kind in ('DECISIONS', 'COMMANDS')
    order by position
    limit $2::int4
) as o on true
order by o.position;

-- name: changed_since
-- $1 since timestamptz
-- The decisions and commands that were made or changed since, and a minute before: clocks differ. Each at its last change.
select kind, id
from (
    select 'COMMANDS' as kind, command_id as id, max(at) as at
    from command_transitions
    where at >= $1::timestamptz - interval '1 minute'
    group by command_id
    union all
    select 'DECISIONS', id, greatest(made_at, settled_at, realised_at)
    from decisions
    where greatest(made_at, settled_at, realised_at) >= $1 - interval '1 minute'
) as changed
order by at, id;

-- name: commands
-- $1 ids uuid[]
-- Commands as they are announced.
select
    c.id, c.organisation_id, ch.site_id, ch.asset_id, a.kind::text as asset_kind, c.channel_id, ch.key as channel_key,
    ch.unit::text as channel_unit, c.decision_id, c.desired, c.action, c.status::text, c.requested_by, c.reason, c.requested_at,
    c.not_before, c.expires_at,
    (
        select jsonb_agg(
            jsonb_build_object('status', t.status, 'at', t.at, 'actor', t.actor, 'detail', t.detail) order by t.sequence
        )
        from command_transitions as t
        where t.command_id = c.id
    ) as transitions
from commands as c
join channels as ch on ch.id = c.channel_id
left join assets as a on a.id = ch.asset_id
where c.id = any($1::uuid[]);

-- name: decisions
-- $1 ids uuid[]
-- Decisions as they are announced.
select
    d.id, d.organisation_id, a.site_id, d.asset_id, a.kind::text as asset_kind, d.channel_id, ch.key as channel_key,
    ch.unit::text as channel_unit, d.rule, d.action::text, d.status::text, d.urgency::text, d.confidence, d.reasons, d.proposal,
    d.made_at, d.valid_until, d.settled_at, d.settled_by, d.settled_reason
from decisions as d
join assets as a on a.id = d.asset_id
left join channels as ch on ch.id = d.channel_id
where d.id = any($1::uuid[]);
