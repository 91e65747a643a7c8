-- What commands must pass: interlocks that people lay down for a channel, and emergency stops of a site.

create type interlock_kind as enum (
    'RANGE',
    'RATE_OF_CHANGE',
    'MINIMUM_ON_TIME',
    'MINIMUM_OFF_TIME',
    'MUTUAL_EXCLUSION',
    'CONDITION',
    'COMMANDS_PER_HOUR',
    'INPUT_QUALITY'
);
comment on type interlock_kind is 'What an interlock that people lay down looks at.';

create table interlocks (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    channel_id uuid not null,
    kind interlock_kind not null,
    name text not null,
    minimum double precision,
    maximum double precision,
    rate_per_minute double precision,
    hold_seconds integer,
    on_above double precision,
    other_channel_id uuid,
    per_hour integer,
    max_age_seconds integer,
    applies_from double precision,
    applies_to double precision,
    created_at timestamptz(6) not null default current_timestamp,
    created_by text not null,
    archived_at timestamptz(6),

    constraint interlocks_pkey primary key (id)
);

comment on table interlocks is 'What a command to a channel must pass, laid down by people beside what is built in.';
comment on column interlocks.id is 'Identity outside: opaque, never reused.';
comment on column interlocks.organisation_id is 'The organisation that owns the channel.';
comment on column interlocks.channel_id is 'The channel whose commands it judges.';
comment on column interlocks.kind is 'What it looks at.';
comment on column interlocks.name is 'What people call it.';
comment on column interlocks.minimum is 'For RANGE: the least value that may be asked for; for CONDITION: the least that the other channel may read. In the unit of that channel; empty for no lower end.';
comment on column interlocks.maximum is 'For RANGE: the greatest value that may be asked for; for CONDITION: the greatest that the other channel may read. In the unit of that channel; empty for no upper end.';
comment on column interlocks.rate_per_minute is 'For RATE_OF_CHANGE: how far the values asked for or read within a minute may lie apart, in the unit of the channel.';
comment on column interlocks.hold_seconds is 'For MINIMUM_ON_TIME and MINIMUM_OFF_TIME: for so many seconds it stays on, or off.';
comment on column interlocks.on_above is 'For MINIMUM_ON_TIME, MINIMUM_OFF_TIME and MUTUAL_EXCLUSION: a channel is on while its value lies further from zero than this, in its unit.';
comment on column interlocks.other_channel_id is 'For MUTUAL_EXCLUSION, CONDITION and INPUT_QUALITY: the channel that it looks at; empty for the channel itself.';
comment on column interlocks.per_hour is 'For COMMANDS_PER_HOUR: how many commands may be sent within an hour.';
comment on column interlocks.max_age_seconds is 'How old the reading may be that it looks at, in seconds; empty for three resolutions of that channel, at least five minutes.';
comment on column interlocks.applies_from is 'It judges commands for this value and above, in the unit of the channel; empty for no lower end.';
comment on column interlocks.applies_to is 'It judges commands for this value and below, in the unit of the channel; empty for no upper end.';
comment on column interlocks.created_at is 'When it was made.';
comment on column interlocks.created_by is 'Who made it: the subject of the token.';
comment on column interlocks.archived_at is 'When it was taken out of use; empty while in use.';

create index interlocks_organisation_id_created_at_id_idx on interlocks (organisation_id, created_at desc, id);
create index interlocks_channel_id_organisation_id_created_at_id_idx on interlocks (channel_id, organisation_id, created_at desc, id);
create index interlocks_other_channel_id_organisation_id_idx on interlocks (other_channel_id, organisation_id);
comment on index interlocks_organisation_id_created_at_id_idx is 'Serves the list of interlocks, newest first.';
comment on index interlocks_channel_id_organisation_id_created_at_id_idx is 'Serves the interlocks of a channel, whenever a command to it is judged.';
comment on index interlocks_other_channel_id_organisation_id_idx is 'Serves what excludes a channel, whenever a command to it is judged.';

alter table interlocks add constraint interlocks_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table interlocks add constraint interlocks_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table interlocks add constraint interlocks_other_channel_fkey
    foreign key (other_channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;

create table emergency_stops (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    site_id uuid not null,
    triggered_at timestamptz(6) not null default current_timestamp,
    triggered_by text not null,
    reason text not null,
    released_at timestamptz(6),
    released_by text,
    release_reason text,

    constraint emergency_stops_pkey primary key (id)
);

comment on table emergency_stops is 'A time in which nothing on a site is commanded: anybody who commands may begin it, an owner alone ends it.';
comment on column emergency_stops.id is 'Identity outside: opaque, never reused.';
comment on column emergency_stops.organisation_id is 'The organisation that owns the site.';
comment on column emergency_stops.site_id is 'The site.';
comment on column emergency_stops.triggered_at is 'When it was triggered.';
comment on column emergency_stops.triggered_by is 'Who triggered it: the subject of the token.';
comment on column emergency_stops.reason is 'Why, in their words.';
comment on column emergency_stops.released_at is 'When it was released; empty while it holds.';
comment on column emergency_stops.released_by is 'Who released it: the subject of the token.';
comment on column emergency_stops.release_reason is 'Why it was safe to, in their words.';

create index emergency_stops_site_id_organisation_id_triggered_at_id_idx on emergency_stops (site_id, organisation_id, triggered_at desc, id);
create index emergency_stops_organisation_id_triggered_at_id_idx on emergency_stops (organisation_id, triggered_at desc, id);
comment on index emergency_stops_site_id_organisation_id_triggered_at_id_idx is 'Serves the emergency stops of a site, newest first.';
comment on index emergency_stops_organisation_id_triggered_at_id_idx is 'Serves the list of emergency stops, newest first.';

alter table emergency_stops add constraint emergency_stops_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table emergency_stops add constraint emergency_stops_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;

-- What was sent of late, among all that a channel was ever asked for: none is sent after it expired.
create index commands_channel_id_expires_at_idx on commands (channel_id, expires_at);
comment on index commands_channel_id_expires_at_idx is 'Serves interlocks: commands to a channel that are or were of late on their way.';

create unique index emergency_stops_open_key on emergency_stops (site_id) where released_at is null;
comment on index emergency_stops_open_key is 'Keeps one emergency stop at a time for a site.';

-- A bound that is no number bounds nothing, and one that is missing refuses nothing: neither can be laid down.
alter table interlocks add constraint interlocks_name_check check (length(btrim(name)) between 1 and 200);
alter table interlocks add constraint interlocks_numbers_check check (
    (minimum is null or minimum between -1.7976931348623157e308 and 1.7976931348623157e308)
    and (maximum is null or maximum between -1.7976931348623157e308 and 1.7976931348623157e308)
    and (applies_from is null or applies_from between -1.7976931348623157e308 and 1.7976931348623157e308)
    and (applies_to is null or applies_to between -1.7976931348623157e308 and 1.7976931348623157e308)
    and (rate_per_minute is null or (rate_per_minute > 0 and rate_per_minute <= 1.7976931348623157e308))
    and (on_above is null or on_above between 0 and 1.7976931348623157e308)
    and (hold_seconds is null or hold_seconds between 1 and 86400)
    and (per_hour is null or per_hour between 1 and 3600)
    and (max_age_seconds is null or max_age_seconds between 1 and 2592000)
    and (minimum is null or maximum is null or minimum <= maximum)
    and (applies_from is null or applies_to is null or applies_from <= applies_to)
);
alter table interlocks add constraint interlocks_kind_check check (
    (kind in ('RANGE', 'CONDITION')) = (num_nonnulls(minimum, maximum) > 0)
    and (kind = 'RATE_OF_CHANGE') = (rate_per_minute is not null)
    and (kind in ('MINIMUM_ON_TIME', 'MINIMUM_OFF_TIME')) = (hold_seconds is not null)
    and (kind in ('MINIMUM_ON_TIME', 'MINIMUM_OFF_TIME', 'MUTUAL_EXCLUSION')) = (on_above is not null)
    and (kind = 'COMMANDS_PER_HOUR') = (per_hour is not null)
    and (kind in ('MUTUAL_EXCLUSION', 'CONDITION') or kind = 'INPUT_QUALITY' or other_channel_id is null)
    and (kind not in ('MUTUAL_EXCLUSION', 'CONDITION') or other_channel_id is not null)
    and (kind not in ('RANGE', 'COMMANDS_PER_HOUR') or max_age_seconds is null)
    and (kind in ('RATE_OF_CHANGE', 'CONDITION', 'COMMANDS_PER_HOUR', 'INPUT_QUALITY') or num_nonnulls(applies_from, applies_to) = 0)
    and other_channel_id is distinct from channel_id
);
alter table emergency_stops add constraint emergency_stops_reason_check check (
    length(btrim(reason)) between 1 and 1000 and length(btrim(release_reason)) between 1 and 1000
);
alter table emergency_stops add constraint emergency_stops_released_check check (
    num_nonnulls(released_at, released_by, release_reason) in (0, 3) and released_at >= triggered_at
);

do $$
declare
    tenant text;
begin
    foreach tenant in array array['interlocks', 'emergency_stops'] loop
        execute format('alter table public.%I enable row level security', tenant);
        execute format('revoke all on public.%I from public, anon, authenticated, service_role, twinql_server', tenant);
        execute format('grant select, insert, update, delete on public.%I to service_role, twinql_worker', tenant);
        execute format('grant select on public.%I to authenticated', tenant);
        execute format('create policy %I on public.%I for all to twinql_worker, service_role using (true) with check (true)', tenant || '_service', tenant);
        execute format('create policy %I on public.%I for select to authenticated using (organisation_id = (select twinql.organisation_id()))', tenant || '_read', tenant);
    end loop;
end
$$;

-- A limit that keeps the plant whole is not part of daily work: an owner lays it down, changes it and takes it away.
grant insert (
    organisation_id, channel_id, kind, name, minimum, maximum, rate_per_minute, hold_seconds, on_above, other_channel_id, per_hour,
    max_age_seconds, applies_from, applies_to, created_by
) on interlocks to authenticated;
grant update (
    name, minimum, maximum, rate_per_minute, hold_seconds, on_above, per_hour, max_age_seconds, applies_from, applies_to, archived_at
) on interlocks to authenticated;
create policy interlocks_insert on interlocks for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')) and created_by = (select twinql.subject()));
create policy interlocks_update on interlocks for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')))
    with check (organisation_id = (select twinql.organisation_id('OWNER')));

-- Whoever commands may stop everything; an owner alone lets it go on.
grant insert (organisation_id, site_id, triggered_by, reason) on emergency_stops to authenticated;
grant update (released_at, released_by, release_reason) on emergency_stops to authenticated;
create policy emergency_stops_insert on emergency_stops for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')) and triggered_by = (select twinql.subject()));
create policy emergency_stops_update on emergency_stops for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')))
    with check (organisation_id = (select twinql.organisation_id('OWNER')) and released_by = (select twinql.subject()));

create function twinql_private.keep_released_stop() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new is distinct from old then
        raise exception 'an emergency stop that was released stays as it is' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end
$$;
comment on function twinql_private.keep_released_stop() is 'Refuses changes of emergency stops that were released.';
create trigger emergency_stops_released before update on emergency_stops
    for each row when (old.released_at is not null) execute function twinql_private.keep_released_stop();

-- Whoever moves a command, and by whatever way: nothing waits and nothing is sent while its site is stopped.
create function twinql_private.refuse_while_stopped() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    if exists (
        select
        from public.commands as c
        join public.channels as ch on ch.id = c.channel_id
        join public.emergency_stops as e on e.site_id = ch.site_id and e.released_at is null
        where c.id = new.command_id
    ) then
        raise exception 'an emergency stop holds on the site' using errcode = 'check_violation', constraint = 'command_transitions_stopped';
    end if;
    return new;
end
$$;
comment on function twinql_private.refuse_while_stopped() is 'Refuses to queue or send a command while an emergency stop holds on its site.';
create trigger command_transitions_stopped before insert on command_transitions
    for each row when (new.status in ('AWAITING_APPROVAL', 'QUEUED', 'SENT')) execute function twinql_private.refuse_while_stopped();
revoke all on function twinql_private.keep_released_stop(), twinql_private.refuse_while_stopped() from public;
