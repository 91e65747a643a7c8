-- name: channels
-- $1 organisation_id uuid, $2 external_ids text[]
-- The channels of assets with these names, and those of the sites on which they stand; archived with what they belong to.
select
    a.external_id, c.key, c.number, c.site_id,
    coalesce(c.archived_at, a.archived_at, s.archived_at) is not null as archived
from channels as c
join sites as s on s.id = c.site_id
left join assets as a on a.id = c.asset_id
where c.organisation_id = $1::uuid
    and (
        a.external_id = any($2::text[])
        or (
            c.asset_id is null
            and c.site_id in (select site_id from assets where organisation_id = $1::uuid and external_id = any($2::text[]))
        )
    );

-- name: lock
-- One at a time makes a demo site.
select pg_advisory_xact_lock(7205010);

-- name: make_site
-- $1 organisation_id uuid, $2 name text, $3 time_zone text, $4 latitude float8, $5 longitude float8, $6 attributes jsonb
-- Makes a site.
insert into sites (organisation_id, name, time_zone, latitude, longitude, attributes)
values ($1, $2, $3, $4, $5, $6)
returning id;

-- name: asset_channels
-- $1 site_id uuid
-- The channels of a site's assets, by the names of those in another system.
select a.external_id, c.key, c.id from channels as c join assets as a on a.id = c.asset_id where a.site_id = $1::uuid;

-- name: make_asset
-- $1 organisation_id uuid, $2 site_id uuid, $3 kind text, $4 name text, $5 external_id text, $6 parent text, $7 attributes jsonb
-- Makes an asset; its parent is named by its external id.
insert into assets (organisation_id, site_id, kind, name, external_id, parent_id, attributes)
values (
    $1, $2, ($3::text)::asset_kind, $4, $5,
    (select id from assets where organisation_id = $1 and external_id = $6::text), $7
)
returning id;

-- name: make_meter
-- $1 id uuid, $2 organisation_id uuid, $3 serial_number text, $4 commodity text, $5 billing_day int2, $6 calorific_value numeric, $7 volume_correction numeric
-- Makes an asset a meter.
insert into meters (id, organisation_id, serial_number, commodity, billing_day, calorific_value, volume_correction)
values ($1, $2, $3, ($4::text)::commodity, $5::int2, $6::numeric, $7::numeric);

-- name: make_machine
-- $1 id uuid, $2 organisation_id uuid, $3 manufacturer text, $4 model text
-- Makes an asset a machine.
insert into machines (id, organisation_id, manufacturer, model)
values ($1, $2, $3, $4);

-- name: make_channel
-- $1 organisation_id uuid, $2 site_id uuid, $3 asset_id uuid, $4 key text, $5 name text, $6 quantity text, $7 unit text, $8 kind text,
-- $9 direction text, $10 resolution_seconds int4, $11 writable boolean, $12 schedule boolean, $13 register_maximum float8,
-- $14 states jsonb, $15 limits jsonb, $16 plausible jsonb, $17 multiplier numeric, $18 register text, $19 target jsonb
-- Makes a channel.
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, direction,
    resolution_seconds, writable, schedule, register_maximum, states, limit_low_low, limit_low, limit_high, limit_high_high,
    plausible_minimum, plausible_maximum, plausible_rate_per_minute, plausibility_action, multiplier, register,
    limit_deadband, target_minimum, target_maximum
)
values (
    $1, (select number from organisations where id = $1), $2, $3, $4, $5, ($6::text)::quantity, ($7::text)::unit,
    ($8::text)::reading_kind, ($9::text)::flow_direction, $10, $11, $12, $13, $14,
    ($15::jsonb ->> 'low_low')::float8, ($15 ->> 'low')::float8, ($15 ->> 'high')::float8, ($15 ->> 'high_high')::float8,
    ($16::jsonb ->> 'minimum')::float8, ($16 ->> 'maximum')::float8, ($16 ->> 'rate_per_minute')::float8,
    coalesce(($16 ->> 'action')::plausibility_action, 'MARK_UNCERTAIN'), $17::numeric, $18::text,
    ($15 ->> 'deadband')::float8, ($19::jsonb ->> 'minimum')::float8, ($19 ->> 'maximum')::float8
);

-- name: make_supplier
-- $1 organisation_id uuid, $2 name text
-- Makes a supplier.
insert into suppliers (organisation_id, name) values ($1, $2) returning id;

-- name: make_tariff
-- $1 organisation_id uuid, $2 supplier_id uuid, $3 name text, $4 direction text, $5 currency text, $6 unit text
-- Makes a tariff that says nothing yet.
insert into tariffs (organisation_id, supplier_id, name, direction, currency, unit)
values ($1, $2, $3, ($4::text)::flow_direction, $5, ($6::text)::unit)
returning id;

-- name: make_revision
-- $1 organisation_id uuid, $2 tariff_id uuid, $3 valid_from date, $4 recorded_by text, $5 terms jsonb
-- Says what a tariff says from a day on.
insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, terms) values ($1, $2, $3, $4, $5);

-- name: make_agreements
-- $1 organisation_id uuid, $2 tariff_id uuid, $3 external_ids text[]
-- Charges meters by a tariff, from always on.
insert into agreements (organisation_id, meter_id, tariff_id)
select $1, a.id, $2 from assets as a where a.organisation_id = $1 and a.external_id = any($3::text[]);

-- name: site_channels
-- $1 site_id uuid
-- The channels of a site itself.
select id, key from channels where site_id = $1 and asset_id is null;

-- name: memory
-- $1 site_id uuid
-- What the simulator keeps for the next start, and what it is told.
select coalesce(attributes -> 'simulation', '{}') as memory from sites where id = $1::uuid;

-- name: remember
-- $1 site_id uuid, $2 memory jsonb, $3 former jsonb
-- Keeps it, beside whatever else the site's attributes hold, unless somebody else was quicker.
update sites set attributes = attributes || jsonb_build_object('simulation', $2::jsonb)
where id = $1::uuid and coalesce(attributes -> 'simulation', '{}') = $3::jsonb
returning true as kept;

-- name: history
-- $1 channel_numbers int4[], $2 organisation_number int4, $3 first_us int8 (microseconds since 1970), $4 step_us int8,
-- $5 readings of each channel int8, $6 values float8[] (channel after channel)
-- Evenly spaced readings of several channels. What is there already stays.
insert into readings (channel_number, organisation_number, observed_at, value, quality, source)
select
    ($1::int4[])[1 + (i.place - 1) / $5::int8], $2::int4,
    timestamptz 'epoch' + ($3::int8 + ((i.place - 1) % $5::int8) * $4::int8) * interval '1 microsecond',
    i.value, 'GOOD', 'SIMULATION'
from unnest($6::float8[]) with ordinality as i (value, place)
on conflict (channel_number, observed_at) do nothing;

-- name: present
-- $1 channel_number int4, $2 observed_at timestamptz[]
-- Which of these instants a channel has a reading for.
select observed_at from readings where channel_number = $1 and observed_at = any($2::timestamptz[]);

-- name: last
-- $1 channel_numbers int4[]
-- The newest reading of each channel.
select n.number, extract(epoch from r.observed_at)::float8 as at_s, r.value
from unnest($1::int4[]) as n (number)
cross join lateral (
    select observed_at, value
    from readings
    where channel_number = n.number and value is not null
    order by observed_at desc
    limit 1
) as r;

-- name: forget_for_good
-- Says for this transaction that what is deleted leaves no trace.
select set_config('twinql.forget', 'on', true);

-- name: forget
-- $1 channel_numbers int4[], $2 before timestamptz, $3 most int8
-- Deletes simulated readings that are too old, at most so many at once.
delete from readings
where (channel_number, observed_at) in (
    select channel_number, observed_at
    from readings
    where channel_number = any($1::int4[]) and observed_at < $2 and source = 'SIMULATION'
    limit $3
);

-- name: whereabouts
-- $1 external_id text
-- The site on which an asset stands, of whichever organisation; the oldest where there are several.
select site_id from assets where external_id = $1::text order by created_at, id limit 1;
