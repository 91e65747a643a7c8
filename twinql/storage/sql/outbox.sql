-- name: state
-- The life of the feed, the last position that is no longer kept, the newest one, and what seals cursors.
select
    f.epoch, f.pruned_position,
    greatest(f.pruned_position, (select max(position) from twinql_private.outbox)) as newest_position,
    f.cursor_secret
from twinql_private.feed as f;

-- name: read_on
-- $1 after int8, $2 most int4
-- What came after a position. The state of the feed is told in the same snapshot, also where nothing came.
select f.epoch, f.pruned_position, o.position, o.organisation_number, o.written_at, o.kind, o.payload
from twinql_private.feed as f
left join lateral (
    select position, organisation_number, written_at, kind, payload::text
    from twinql_private.outbox
    where position > $1::int8
    order by position
    limit $2::int4
) as o on true
order by o.position;

-- name: read_back
-- $1 after int8, $2 most int4, $3 until int8, $4 organisation_number int4, $5 kinds text[]
-- The same up to a position, of one organisation and of some kinds.
select f.epoch, f.pruned_position, o.position, o.organisation_number, o.written_at, o.kind, o.payload
from twinql_private.feed as f
left join lateral (
    select position, organisation_number, written_at, kind, payload::text
    from twinql_private.outbox
    where position > $1::int8 and position <= $3::int8 and organisation_number = $4::int4 and kind = any($5::text[])
    order by position
    limit $2::int4
) as o on true
order by o.position;

-- name: prune
-- $1 before timestamptz, $2 most int4
-- Deletes the oldest events, up to the first one written since. What was a long transaction's stays with its neighbours.
with oldest as (
    select position, written_at
    from twinql_private.outbox
    where position is not null
    order by position
    limit $2::int4
),
gone as (
    delete from twinql_private.outbox
    where position in (select position from oldest)
        and position < coalesce((select min(position) from oldest where written_at >= $1::timestamptz), 9223372036854775807)
    returning position
),
marked as (
    update twinql_private.feed
    set pruned_position = greatest(pruned_position, (select max(position) from gone))
    where exists (select from gone)
)
select count(*)::int4 as pruned from gone;

-- name: places
-- $1 numbers int4[]
-- Where these channels belong.
select number, site_id, asset_id
from channels
where number = any($1::int4[]);
