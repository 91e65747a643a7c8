-- name: facts_by_id
-- $1 ids uuid[]
-- What recording must know of these channels, as far as the actor may see them.
select
    c.id, c.number, c.organisation_number, c.key, c.kind::text, c.quantity::text, c.unit::text, s.time_zone, c.resolution_seconds,
    c.schedule, c.register_maximum, c.plausible_minimum, c.plausible_maximum, c.plausible_rate_per_minute,
    c.plausibility_action::text, c.states, c.archived_at is not null as archived
from channels as c
join sites as s on s.id = c.site_id
where c.id = any($1::uuid[]);

-- name: facts_by_number
-- $1 numbers int4[]
-- The same, by the numbers that readings carry.
select
    c.id, c.number, c.organisation_number, c.key, c.kind::text, c.quantity::text, c.unit::text, s.time_zone, c.resolution_seconds,
    c.schedule, c.register_maximum, c.plausible_minimum, c.plausible_maximum, c.plausible_rate_per_minute,
    c.plausibility_action::text, c.states, c.archived_at is not null as archived
from channels as c
join sites as s on s.id = c.site_id
where c.number = any($1::int4[]);

-- name: number_of_organisation
-- $1 id uuid
-- The number under which readings know an organisation.
select number from organisations where id = $1::uuid;
