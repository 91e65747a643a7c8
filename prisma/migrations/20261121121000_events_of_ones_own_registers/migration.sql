-- A device sees what happened to its own registers: without that, what they counted cannot be told.

create policy register_events_device on register_events for select to twinql_device
    using (channel_id in (select c.id from channels as c));
grant select (id, organisation_id, channel_id, at, type, final_value, start_value, recorded_at, retracted_at)
    on register_events to twinql_device;
