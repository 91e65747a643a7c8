-- name: insert
-- $1 channel_id uuid, $2 performed_at timestamptz, $3 valid_until timestamptz, $4 performed_by text, $5 certificate text,
-- $6 deviation float8, $7 note text, $8 recorded_by text
-- That the sensor of a channel was compared with a reference.
insert into calibrations (
    organisation_id, channel_id, performed_at, valid_until, performed_by, certificate, deviation, note, recorded_by
)
select
    organisation_id, id, $2::timestamptz, $3::timestamptz, $4::text, $5::text, $6::float8, $7::text, $8::text
from channels
where id = $1::uuid
returning id;
