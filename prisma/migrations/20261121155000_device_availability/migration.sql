-- Whether a device is there, as it says itself, or as its broker says for it: by its last will.

create type device_availability as enum ('ONLINE', 'OFFLINE');
comment on type device_availability is 'Whether a device is there.';

alter table api_keys add column availability device_availability;
alter table api_keys add column availability_at timestamptz(6);
comment on column api_keys.availability is 'Whether the device is there, as last heard; empty where it never said.';
comment on column api_keys.availability_at is 'Since when; empty where it never said.';

alter table api_keys add constraint api_keys_availability_at_check
    check ((availability is null) = (availability_at is null));

grant select (availability, availability_at) on api_keys to authenticated;
