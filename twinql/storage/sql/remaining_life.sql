-- name: fleet
-- $1 machine_ids uuid[]
-- The machines of the same organisation, maker and model as each, in use or not; of one without a model, itself alone.
select asked.place, other.id
from unnest($1::uuid[]) with ordinality as asked (id, place)
join machines as m on m.id = asked.id
join machines as other on other.id = m.id or (
    other.organisation_id = m.organisation_id and other.model = m.model and other.manufacturer is not distinct from m.manufacturer
)
order by asked.place, other.id;

-- name: channels
-- $1 asset_ids uuid[]
-- What diagnosis must know of the measuring channels of assets, in use or not, since a machine that was taken away has a past too; those
-- of states, of registers that count up, and of plans and prices are left out.
select
    c.number, c.id, c.site_id, c.asset_id, c.key, c.name, c.kind::text, c.quantity::text, c.unit::text, c.resolution_seconds,
    c.schedule, c.writable, c.direction::text, c.multiplier, c.target_minimum, c.target_maximum, c.limit_low_low, c.limit_low,
    c.limit_high, c.limit_high_high, c.states
from channels as c
where c.asset_id = any ($1::uuid[]) and c.kind in ('INSTANTANEOUS', 'INTERVAL') and not c.schedule
order by c.key, c.number;
