-- A channel that is made may bill its meter from then on, and the past too: amounts over intervals come before registers.

create function twinql_private.announce_new_channels() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    perform twinql_private.announce_meters((
        select array_agg(distinct n.asset_id)
        from new_rows as n
        where n.asset_id is not null and n.kind in ('INTERVAL', 'CUMULATIVE')
    ));
    return null;
end
$$;
comment on function twinql_private.announce_new_channels() is 'Announces the meters that got a channel which may change what they were charged.';

create trigger channels_announce_new_ones after insert on channels
    referencing new table as new_rows for each statement execute function twinql_private.announce_new_channels();

revoke all on all functions in schema twinql_private from public;
