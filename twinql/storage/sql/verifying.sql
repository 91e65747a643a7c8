-- name: executed
-- $1 clocks_differ interval, $2 now timestamptz
-- Executed commands that wait for readings which show their effect, with those of their channel from when they were sent until one for
-- another value was sent to it: what is read after that is the other one's doing. One that the device refused has done nothing, and one
-- for the same value asks for the same effect. The clocks of devices differ from ours by a little: a reading that came after the command
-- was sent counts, if it was not observed long before; one that is dated ahead counts once that instant has come. Where a device reads
-- the channel, what people write shows nothing.
select
    c.id, c.desired, ch.unit::text, ch.states, c.expectation, life.sent_at, life.executed_at, superseded.at as superseded_at,
    exists (
        select from readings as r where r.channel_number = ch.number and r.quality <> 'BAD'
            and r.observed_at between superseded.at and $2::timestamptz
    ) as is_over,
    (
        select min(r.observed_at)
        from readings as r
        where r.channel_number = ch.number and r.quality in ('GOOD', 'EDITED') and r.observed_at between life.since and $2::timestamptz
            and r.recorded_at >= life.sent_at and r.observed_at < coalesce(superseded.at, 'infinity')
            and (r.source in ('DEVICE', 'SIMULATION') or not device.reads)
            and abs(r.value - c.desired) <= tolerance.of
    ) as shown_at,
    latest.value as last_value, latest.observed_at as last_observed_at
from commands as c
join channels as ch on ch.id = c.channel_id
cross join lateral (select twinql.is_read_by_device(ch.id) as reads) as device
-- The least value that a product may have is 2e-308, below which Postgres refuses to go.
cross join lateral (select 1e-9 + 1e-6 * greatest(abs(c.desired), 1e-9) as of) as tolerance
cross join lateral (
    select
        min(t.at) filter (where t.status = 'SENT') as sent_at,
        min(t.at) filter (where t.status = 'SENT') - $1::interval as since,
        min(t.at) filter (where t.status = 'EXECUTED') as executed_at
    from command_transitions as t
    where t.command_id = c.id
) as life
cross join lateral (
    select min(t.at) as at
    from commands as later
    join command_transitions as t on t.command_id = later.id and t.status = 'SENT'
    where later.channel_id = c.channel_id and later.status <> 'REJECTED' and abs(later.desired - c.desired) > tolerance.of
        -- None lives longer than a day, so one that was sent later was not due more than a day before.
        and coalesce(later.not_before, later.requested_at) > life.sent_at - interval '1 day'
        and (t.at, later.requested_at, later.id) > (life.sent_at, c.requested_at, c.id)
) as superseded
left join lateral (
    select r.value, r.observed_at
    from readings as r
    where r.channel_number = ch.number and r.quality in ('GOOD', 'EDITED') and r.observed_at between life.since and $2::timestamptz
        and r.recorded_at >= life.sent_at and r.observed_at < coalesce(superseded.at, 'infinity')
        and (r.source in ('DEVICE', 'SIMULATION') or not device.reads)
    order by r.observed_at desc
    limit 1
) as latest on true
where c.status = 'EXECUTED'
for update of c skip locked;

-- name: effect
-- $1 channel_id uuid, $2 sent_at timestamptz, $3 until timestamptz, $4 since timestamptz, $5 most int4
-- What a channel read last before a command was sent, and the first readings from `since` on; before first. Null where there was none
-- before. Where a device reads the channel, what people write shows nothing.
select r.observed_at as at, r.value, false as is_after
from channels as c
cross join lateral (select twinql.is_read_by_device(c.id) as reads) as device
cross join lateral (
    select observed_at, value
    from readings
    where channel_number = c.number and quality in ('GOOD', 'EDITED') and observed_at < $2::timestamptz
        and observed_at >= $2::timestamptz - interval '7 days'
        and (source in ('DEVICE', 'SIMULATION') or not device.reads)
    order by observed_at desc
    limit 1
) as r
where c.id = $1::uuid
union all
(
    select r.observed_at, r.value, true
    from channels as c
    cross join lateral (select twinql.is_read_by_device(c.id) as reads) as device
    join readings as r on r.channel_number = c.number
    where c.id = $1::uuid and r.quality in ('GOOD', 'EDITED') and r.observed_at >= $4::timestamptz
        and r.recorded_at >= $2::timestamptz and r.observed_at <= $3::timestamptz
        and (r.source in ('DEVICE', 'SIMULATION') or not device.reads)
    order by r.observed_at
    limit $5::int4
);

-- name: keep
-- $1 id uuid, $2 verification jsonb
-- Keeps what was found of a command's effect.
update commands set verification = $2::jsonb where id = $1::uuid;
