-- name: hold
-- $1 command_id uuid, $2 key_id uuid
-- Where a command stands, whether a device that is good still has its channel, and whether its site was stopped since it was asked for,
-- also where that was released; held until this transaction ends.
select
    c.status::text,
    exists (
        select
        from api_keys as k
        join api_key_channels as opened on opened.api_key_id = k.id
        where k.id = $2::uuid and opened.channel_id = c.channel_id
            and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
    ) as has_device,
    exists (
        select
        from channels as ch
        join emergency_stops as e on e.site_id = ch.site_id
        where ch.id = c.channel_id and e.triggered_at >= c.requested_at
    ) as was_stopped
from commands as c
where c.id = $1::uuid
for update of c;

-- name: reached_nobody
-- $1 command_id uuid
-- Notes that a command was sent, and that what was tried reached nobody.
insert into twinql_private.untold_commands (command_id)
values ($1::uuid)
on conflict (command_id) do update set trying = false;

-- name: begin
-- $1 command_id uuid
-- Notes that an attempt begins. One that was begun before and never ended may have reached the device.
with unsure as (
    delete from twinql_private.untold_commands where command_id = $1::uuid and trying
)
update twinql_private.untold_commands set trying = true where command_id = $1::uuid and not trying;

-- name: came_to_nothing
-- $1 command_id uuid
-- Notes that the attempt which was begun reached nobody.
update twinql_private.untold_commands set trying = false where command_id = $1::uuid and trying;

-- name: forget
-- $1 command_id uuid
-- Says whether a command has certainly reached nobody, and knows nothing of it any more.
delete from twinql_private.untold_commands where command_id = $1::uuid returning not trying;
