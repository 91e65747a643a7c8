-- What readings said before they were changed, and readings that were refused.

create table reading_corrections (
    number bigserial not null,
    channel_number integer not null,
    organisation_number integer not null,
    observed_at timestamptz(6) not null,
    former_value double precision,
    former_quality reading_quality not null,
    former_source reading_source not null,
    former_recorded_at timestamptz(6) not null,
    corrected_at timestamptz(6) not null default current_timestamp,
    corrected_by text not null,
    reason text,

    constraint reading_corrections_pkey primary key (number)
);

comment on table reading_corrections is 'What a reading said before it was changed. Written by a trigger, whoever changes it.';
comment on column reading_corrections.number is 'Order of the changes.';
comment on column reading_corrections.channel_number is 'The number of the channel.';
comment on column reading_corrections.organisation_number is 'The number of the channel''s organisation.';
comment on column reading_corrections.observed_at is 'Which reading was changed.';
comment on column reading_corrections.former_value is 'The value before, in the unit of the channel.';
comment on column reading_corrections.former_quality is 'The quality before.';
comment on column reading_corrections.former_source is 'The source before.';
comment on column reading_corrections.former_recorded_at is 'When TwinQL had learned the value before.';
comment on column reading_corrections.corrected_at is 'When it was changed.';
comment on column reading_corrections.corrected_by is 'Who changed it: the subject of the token, or the database role.';
comment on column reading_corrections.reason is 'Why, in the words of whoever changed it.';

create index reading_corrections_channel_number_observed_at_number_idx on reading_corrections (channel_number, observed_at, number);

create table rejected_readings (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    channel_id uuid,
    reference text not null,
    observed_at text not null,
    value text not null,
    code text not null,
    message text not null,
    source reading_source not null,
    origin text,
    rejected_at timestamptz(6) not null default current_timestamp,
    resolved_at timestamptz(6),

    constraint rejected_readings_pkey primary key (id)
);

comment on table rejected_readings is 'A reading that was refused, as it was sent, until somebody mends it.';
comment on column rejected_readings.id is 'Identity outside: opaque, never reused.';
comment on column rejected_readings.organisation_id is 'The organisation for which it was sent.';
comment on column rejected_readings.channel_id is 'The channel, where it could be told.';
comment on column rejected_readings.reference is 'The channel as the sender named it.';
comment on column rejected_readings.observed_at is 'The time as it was sent.';
comment on column rejected_readings.value is 'The value as it was sent.';
comment on column rejected_readings.code is 'Why it was refused, as a stable code.';
comment on column rejected_readings.message is 'Why it was refused, in a sentence, and what to do.';
comment on column rejected_readings.source is 'The way by which it came in.';
comment on column rejected_readings.origin is 'Where in that source: a file and line, or empty.';
comment on column rejected_readings.rejected_at is 'When it was refused.';
comment on column rejected_readings.resolved_at is 'When somebody mended or dismissed it; empty while it waits.';

create index rejected_readings_organisation_id_rejected_at_id_idx on rejected_readings (organisation_id, rejected_at desc, id);
create unique index rejected_readings_once_key on rejected_readings (organisation_id, source, reference, observed_at, value, code);
alter table rejected_readings add constraint rejected_readings_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table rejected_readings add constraint rejected_readings_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;


comment on index reading_corrections_channel_number_observed_at_number_idx is 'Serves the corrections of a reading, oldest first.';
comment on index rejected_readings_organisation_id_rejected_at_id_idx is 'Serves the list of rejected readings, newest first.';

-- Whoever changes a reading, by whichever door: what it said is kept. The reason comes from the setting twinql.reason.
create function twinql_private.keep_former_readings() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    insert into public.reading_corrections (
        channel_number, organisation_number, observed_at, former_value, former_quality, former_source, former_recorded_at,
        corrected_by, reason
    )
    select
        former.channel_number, former.organisation_number, former.observed_at, former.value, former.quality, former.source,
        former.recorded_at,
        -- The session's own role where no token spoke: inside a definer's function current_user is the owner.
        coalesce(auth.jwt() ->> 'sub', session_user), nullif(current_setting('twinql.reason', true), '')
    from old_rows as former
    left join new_rows as n on n.channel_number = former.channel_number and n.observed_at = former.observed_at
    where n.channel_number is null
        or (n.value, n.quality, n.source) is distinct from (former.value, former.quality, former.source);
    return null;
end
$$;
comment on function twinql_private.keep_former_readings() is 'Writes what readings said before an update.';
create trigger readings_keep_former after update on readings
    referencing old table as old_rows new table as new_rows
    for each statement execute function twinql_private.keep_former_readings();
