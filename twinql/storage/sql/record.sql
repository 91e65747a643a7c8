-- name: insert
-- $1 channel_numbers text, $2 organisation_number int4, $3 observed_us text (microseconds since 1970), $4 values text, $5 qualities
-- text (place in the enum, from 0), $6 source text. The columns are arrays written as text: asyncpg takes a microsecond to write
-- a number of an array, and longer than the database takes to store the row.
-- Repeating a reading is harmless: the first one stays. Answers the places (from 1) of the rows that are new; null where all are.
with incoming as (
    select
        i.channel_number,
        timestamptz 'epoch' + i.observed_us * interval '1 microsecond' as observed_at,
        nullif(i.value, 'NaN') as value,
        (select enum_range(null::reading_quality))[i.quality + 1] as quality,
        i.place
    from unnest(($1::text)::int4[], ($3::text)::int8[], ($4::text)::float8[], ($5::text)::int2[])
        with ordinality as i (channel_number, observed_us, value, quality, place)
),
inserted as (
    insert into readings (channel_number, organisation_number, observed_at, value, quality, source)
    select channel_number, $2::int4, observed_at, value, quality, ($6::text)::reading_source
    from incoming
    on conflict (channel_number, observed_at) do nothing
    returning channel_number, observed_at
)
select case
    when (select count(*) from inserted) < (select count(*) from incoming)
    then array(select i.place from inserted join incoming as i using (channel_number, observed_at))
end as places;

-- name: existing
-- $1 channel_numbers int4[], $2 observed_us int8[]
-- What is stored for these instants; place counts from 1, rows that are missing are left out.
select i.place, coalesce(r.value, 'NaN') as value, array_position((select enum_range(null::reading_quality)), r.quality) - 1 as quality
from unnest($1::int4[], $2::int8[]) with ordinality as i (channel_number, observed_us, place)
cross join lateral (
    select value, quality
    from readings
    where channel_number = i.channel_number and observed_at = timestamptz 'epoch' + i.observed_us * interval '1 microsecond'
) as r
order by i.place;

-- name: hold
-- $1 channel_numbers int4[], $2 observed_us int8[]
-- Keeps what is stored for these instants as it is until the transaction ends: whoever would correct it waits, and then sees
-- what became of it. Callers name the instants in one order, so that no two wait for each other.
select 1
from unnest($1::int4[], $2::int8[]) with ordinality as i (channel_number, observed_us, place)
cross join lateral (
    select 1
    from readings
    where channel_number = i.channel_number and observed_at = timestamptz 'epoch' + i.observed_us * interval '1 microsecond'
    for update
) as r
order by i.place;

-- name: correct
-- $1 channel_numbers int4[], $2 observed_us int8[], $3 values float8[], $4 qualities int2[], $5 source text
-- Puts other values in the place of what is stored; a trigger keeps the former ones.
update readings as r
set
    value = nullif(i.value, 'NaN'),
    quality = (select enum_range(null::reading_quality))[i.quality + 1],
    source = ($5::text)::reading_source,
    recorded_at = now()
from unnest($1::int4[], $2::int8[], $3::float8[], $4::int2[]) as i (channel_number, observed_us, value, quality)
where r.channel_number = i.channel_number
    and r.observed_at = timestamptz 'epoch' + i.observed_us * interval '1 microsecond';

-- name: before
-- $1 channel_numbers int4[], $2 observed_us int8[]
-- The last trusted reading of each channel before an instant; place counts from 1.
select i.place, (extract(epoch from r.observed_at) * 1000000)::int8 as observed_us, r.value
from unnest($1::int4[], $2::int8[]) with ordinality as i (channel_number, observed_us, place)
cross join lateral (
    select observed_at, value
    from readings
    where channel_number = i.channel_number
        and observed_at < timestamptz 'epoch' + i.observed_us * interval '1 microsecond'
        and quality in ('GOOD', 'EDITED') and value is not null
    order by observed_at desc
    limit 1
) as r;

-- name: keep_rejected
-- $1 organisation_id uuid, $2 channel_ids uuid[], $3 references text[], $4 observed_at text[], $5 values text[], $6 codes text[],
-- $7 messages text[], $8 origins text[], $9 source text
-- Keeps refused rows as they were sent; the same row refused again for the same reason is kept once, and waits again.
insert into rejected_readings (organisation_id, channel_id, reference, observed_at, value, code, message, origin, source)
select distinct on (reference, observed_at, value, code)
    $1::uuid, channel_id, reference, observed_at, value, code, message, origin, ($9::text)::reading_source
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    as i (channel_id, reference, observed_at, value, code, message, origin)
on conflict (organisation_id, source, reference, observed_at, value, code) do update set resolved_at = null, rejected_at = now();

-- name: explain
-- $1 reason text, $2 announce text
-- Says for this transaction why readings change, and whether followers get rows or ranges.
select set_config('twinql.reason', $1::text, true), set_config('twinql.announce', $2::text, true);
