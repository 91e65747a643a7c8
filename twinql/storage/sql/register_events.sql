-- name: around
-- $1 channel_id uuid, $2 organisation_id uuid, $3 at timestamptz
-- A channel, and what its registers showed last before an instant and first from then on, by a reading or by another event.
select
    c.kind::text, c.unit::text, c.register_maximum,
    before.at as before_at, before.value as before_value, after.at as after_at, after.value as after_value
from channels as c
left join lateral (
    select each.at, each.value
    from (
        (
            select observed_at as at, value, 1 as later
            from readings
            where channel_number = c.number and observed_at < $3::timestamptz and value is not null and quality <> 'BAD'
            order by observed_at desc limit 1
        )
        union all
        (
            select at, start_value, 0
            from register_events
            where channel_id = c.id and at < $3::timestamptz and retracted_at is null
            order by at desc limit 1
        )
    ) as each
    order by each.at desc, each.later desc
    limit 1
) as before on true
left join lateral (
    select each.at, each.value
    from (
        (
            select observed_at as at, value, 1 as later
            from readings
            where channel_number = c.number and observed_at >= $3::timestamptz and value is not null and quality <> 'BAD'
            order by observed_at limit 1
        )
        union all
        (
            select at, final_value, 0
            from register_events
            where channel_id = c.id and at > $3::timestamptz and retracted_at is null
            order by at limit 1
        )
    ) as each
    order by each.at, each.later
    limit 1
) as after on true
where c.id = $1::uuid and c.organisation_id = $2::uuid;

-- name: insert
-- $1 organisation_id uuid, $2 channel_id uuid, $3 at timestamptz, $4 type register_event_type, $5 final_value float8, $6 start_value float8,
-- $7 note text, $8 recorded_by text
-- What happened to a register.
insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, note, recorded_by)
values ($1::uuid, $2::uuid, $3::timestamptz, $4::text::register_event_type, $5::float8, $6::float8, $7::text, $8::text)
returning id;

-- name: is_retracted
-- $1 id uuid, $2 organisation_id uuid
-- Whether an event was taken back.
select retracted_at is not null as retracted from register_events where id = $1::uuid and organisation_id = $2::uuid;

-- name: retract
-- $1 id uuid, $2 organisation_id uuid, $3 retracted_by text
-- Takes back what was said of a register; when, the database says.
update register_events
set retracted_at = now(), retracted_by = $3::text
where id = $1::uuid and organisation_id = $2::uuid and retracted_at is null
returning id;

-- name: known
-- $1 channel_numbers int4[], $2 as_of timestamptz
-- What happened to registers as it was known at a time (empty for now): what was recorded by then and not yet taken back.
select c.number, e.id, e.at, e.type::text, e.final_value, e.start_value
from channels as c
join register_events as e on e.channel_id = c.id
where c.number = any($1::int4[])
    and case
        when $2::timestamptz is null then e.retracted_at is null
        else e.recorded_at <= $2::timestamptz and coalesce(e.retracted_at > $2::timestamptz, true)
    end
order by c.number, e.at, e.id;
