-- What is wrong, and who has seen it: limits with a deadband, targets, calibrations, and alarms as ISA-18.2 knows them.

create type alarm_cause as enum ('LIMIT_LOW_LOW', 'LIMIT_LOW', 'LIMIT_HIGH', 'LIMIT_HIGH_HIGH', 'SPIKE', 'DIP', 'STUCK', 'RAPID_CHANGE', 'DRIFT', 'LEVEL_SHIFT', 'OUTLIER_TAMPER', 'STALE', 'CLOCK_OFF');
comment on type alarm_cause is 'What can be wrong with a channel.';

create type alarm_state as enum ('NORMAL', 'ACTIVE_UNACKNOWLEDGED', 'ACTIVE_ACKNOWLEDGED', 'RETURNED_UNACKNOWLEDGED', 'SHELVED', 'OUT_OF_SERVICE');
comment on type alarm_state is 'Where an alarm stands, as ISA-18.2 knows it.';

create type severity as enum ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL');
comment on type severity is 'How much an alarm matters; the order is that of weight.';

create type alarm_action as enum ('RAISED', 'RETURNED', 'RAISED_AGAIN', 'ACKNOWLEDGED', 'COMMENTED', 'SHELVED', 'UNSHELVED', 'TAKEN_OUT_OF_SERVICE', 'RETURNED_TO_SERVICE', 'ESCALATED');
comment on type alarm_action is 'What moved an alarm.';

create type alarm_target_kind as enum ('WEBHOOK', 'EMAIL');
comment on type alarm_target_kind is 'How somebody is told of an alarm.';

create type notification_status as enum ('PENDING', 'DELIVERED', 'FAILED');
comment on type notification_status is 'What became of telling somebody.';

alter table channels
    add column target_minimum double precision,
    add column target_maximum double precision,
    add column limit_deadband double precision;
comment on column channels.target_minimum is 'The lowest value at which it should be, in the unit of the channel; empty for no lower end.';
comment on column channels.target_maximum is 'The highest value at which it should be, in the unit of the channel; empty for no upper end.';
comment on column channels.limit_deadband is 'How far back inside an alarm limit a value must come before the alarm returns, in the unit of the channel.';

create table calibrations (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    channel_id uuid not null,
    performed_at timestamptz(6) not null,
    valid_until timestamptz(6),
    performed_by text not null,
    certificate text,
    deviation double precision,
    note text,
    recorded_at timestamptz(6) not null default current_timestamp,
    recorded_by text not null,

    constraint calibrations_pkey primary key (id)
);

comment on table calibrations is 'That a sensor was compared with a reference, and until when that counts.';
comment on column calibrations.id is 'Identity outside: opaque, never reused.';
comment on column calibrations.organisation_id is 'The organisation that owns it.';
comment on column calibrations.channel_id is 'The channel whose sensor was calibrated.';
comment on column calibrations.performed_at is 'When it was done.';
comment on column calibrations.valid_until is 'From then on it no longer counts; empty where nobody said.';
comment on column calibrations.performed_by is 'Who did it: a person or a laboratory.';
comment on column calibrations.certificate is 'The number of its certificate; empty where there is none.';
comment on column calibrations.deviation is 'By how much the sensor read more than the reference, in the unit of the channel; empty where nobody said.';
comment on column calibrations.note is 'What else is to be known, in any words.';
comment on column calibrations.recorded_at is 'When TwinQL learned it.';
comment on column calibrations.recorded_by is 'Who said so: the subject of the token, or the database role.';

create table alarm_rules (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    name text not null,
    cause alarm_cause not null,
    site_id uuid,
    asset_id uuid,
    channel_id uuid,
    enabled boolean not null default true,
    severity severity not null,
    limit_value double precision,
    deadband double precision,
    sensitivity double precision not null default 1,
    on_delay_seconds integer not null default 0,
    off_delay_seconds integer not null default 0,
    escalate_after_seconds integer,
    escalate_to severity,
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint alarm_rules_pkey primary key (id)
);

comment on table alarm_rules is 'How alarms of one cause are raised, for a channel, an asset, a site or the whole organisation: the narrowest holds.';
comment on column alarm_rules.id is 'Identity outside: opaque, never reused.';
comment on column alarm_rules.organisation_id is 'The organisation that owns it.';
comment on column alarm_rules.name is 'What people call it.';
comment on column alarm_rules.cause is 'The cause for which it holds.';
comment on column alarm_rules.site_id is 'The site for whose channels it holds; empty unless it is for a site.';
comment on column alarm_rules.asset_id is 'The asset for whose channels it holds; empty unless it is for an asset.';
comment on column alarm_rules.channel_id is 'The channel for which it holds; empty unless it is for a channel.';
comment on column alarm_rules.enabled is 'Whether such alarms are raised at all.';
comment on column alarm_rules.severity is 'How much such an alarm matters.';
comment on column alarm_rules.limit_value is 'For limits: the limit in the unit of the channel; empty for the channel''s own.';
comment on column alarm_rules.deadband is 'For limits: how far back inside a value must come, in the unit of the channel; empty for the channel''s own.';
comment on column alarm_rules.sensitivity is 'How readily detectors find something: 1 as usual, more finds more.';
comment on column alarm_rules.on_delay_seconds is 'For so many seconds the condition must hold before the alarm is raised.';
comment on column alarm_rules.off_delay_seconds is 'For so many seconds the condition must be gone before the alarm returns.';
comment on column alarm_rules.escalate_after_seconds is 'After so many seconds without acknowledgement it is escalated; empty for never.';
comment on column alarm_rules.escalate_to is 'The severity to which it is escalated.';
comment on column alarm_rules.created_at is 'When the row was made.';
comment on column alarm_rules.archived_at is 'When it was taken out of use; empty while in use.';

create table alarms (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    site_id uuid not null,
    asset_id uuid,
    channel_id uuid not null,
    rule_id uuid,
    cause alarm_cause not null,
    severity severity not null,
    state alarm_state not null default 'ACTIVE_UNACKNOWLEDGED',
    condition_holds boolean not null default true,
    message text not null,
    evidence jsonb not null default '[]',
    score double precision not null default 1,
    occurrences integer not null default 1,
    raised_at timestamptz(6) not null,
    returned_at timestamptz(6),
    acknowledged_at timestamptz(6),
    acknowledged_by text,
    shelved_until timestamptz(6),
    escalated_at timestamptz(6),
    closed_at timestamptz(6),
    updated_at timestamptz(6) not null default current_timestamp,

    constraint alarms_pkey primary key (id)
);

comment on table alarms is 'Something that is wrong with a channel, from its raising until it is back to normal and somebody has seen it.';
comment on column alarms.id is 'Identity outside: opaque, never reused.';
comment on column alarms.organisation_id is 'The organisation that owns the channel.';
comment on column alarms.site_id is 'The site of the channel.';
comment on column alarms.asset_id is 'The asset of the channel; empty for a channel of the site itself.';
comment on column alarms.channel_id is 'The channel on which it was found.';
comment on column alarms.rule_id is 'The rule by which it was raised; empty for what holds without one.';
comment on column alarms.cause is 'What is wrong.';
comment on column alarms.severity is 'How much it matters; escalation raises it.';
comment on column alarms.state is 'Where it stands: the state of its last transition.';
comment on column alarms.condition_holds is 'Whether the condition holds now, also while it is shelved or out of service.';
comment on column alarms.message is 'What is wrong, in a sentence.';
comment on column alarms.evidence is 'A JSON array of the numbers that show it.';
comment on column alarms.score is 'How far beyond its threshold: 1 is just at it.';
comment on column alarms.occurrences is 'How often the condition has come since it was raised, the first time included.';
comment on column alarms.raised_at is 'When the condition was first seen to hold: the time of the reading that shows it.';
comment on column alarms.returned_at is 'When the condition was last seen to have ended; empty while it holds.';
comment on column alarms.acknowledged_at is 'When somebody acknowledged it; empty while nobody has since it last came.';
comment on column alarms.acknowledged_by is 'Who did: the subject of the token.';
comment on column alarms.shelved_until is 'Until when it is shelved; empty where it is not.';
comment on column alarms.escalated_at is 'When it was escalated; empty where it was not.';
comment on column alarms.closed_at is 'When it was back to normal and acknowledged; empty while it is open.';
comment on column alarms.updated_at is 'When it last changed.';

create table alarm_transitions (
    alarm_id uuid not null,
    sequence integer not null default 0,
    organisation_id uuid not null,
    at timestamptz(6) not null default current_timestamp,
    action alarm_action not null,
    state alarm_state not null default 'NORMAL',
    severity severity not null default 'LOW',
    actor text not null,
    comment text,
    shelved_until timestamptz(6),
    observed_at timestamptz(6),
    evidence jsonb,

    constraint alarm_transitions_pkey primary key (alarm_id,sequence)
);

comment on table alarm_transitions is 'One step in the life of an alarm. Only ever added to, and refused where ISA-18.2 knows no such step.';
comment on column alarm_transitions.alarm_id is 'The alarm.';
comment on column alarm_transitions.sequence is 'Its place in the alarm''s life, from 1; given out by the database.';
comment on column alarm_transitions.organisation_id is 'The organisation that owns the alarm.';
comment on column alarm_transitions.at is 'When.';
comment on column alarm_transitions.action is 'What moved it.';
comment on column alarm_transitions.state is 'The state to which that led; found by the database.';
comment on column alarm_transitions.severity is 'How much it mattered from then on; for ESCALATED the new one, else found by the database.';
comment on column alarm_transitions.actor is 'Who or what moved it: the subject of the token, or a worker''s name.';
comment on column alarm_transitions.comment is 'What they had to say.';
comment on column alarm_transitions.shelved_until is 'For SHELVED: until when.';
comment on column alarm_transitions.observed_at is 'For RAISED_AGAIN and RETURNED: the time of the reading that shows it.';
comment on column alarm_transitions.evidence is 'For RAISED_AGAIN: a JSON array of the numbers that show it.';

create table alarm_targets (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    name text not null,
    kind alarm_target_kind not null,
    address text not null,
    secret text,
    site_id uuid,
    minimum_severity severity not null default 'LOW',
    enabled boolean not null default true,
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint alarm_targets_pkey primary key (id)
);

comment on table alarm_targets is 'Somebody, or something, that is told of alarms.';
comment on column alarm_targets.id is 'Identity outside: opaque, never reused.';
comment on column alarm_targets.organisation_id is 'The organisation that owns it.';
comment on column alarm_targets.name is 'What people call it.';
comment on column alarm_targets.kind is 'How it is told.';
comment on column alarm_targets.address is 'The address of the webhook, or the e-mail address.';
comment on column alarm_targets.secret is 'With what webhooks are signed; empty for e-mail.';
comment on column alarm_targets.site_id is 'The site of whose alarms it is told; empty for all.';
comment on column alarm_targets.minimum_severity is 'Alarms below are not told.';
comment on column alarm_targets.enabled is 'Whether it is told at all.';
comment on column alarm_targets.created_at is 'When the row was made.';
comment on column alarm_targets.archived_at is 'When it was taken out of use; empty while in use.';

create table alarm_notifications (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    target_id uuid not null,
    alarm_id uuid not null,
    sequence integer not null,
    status notification_status not null default 'PENDING',
    attempts integer not null default 0,
    next_attempt_at timestamptz(6) default current_timestamp,
    last_error text,
    created_at timestamptz(6) not null default current_timestamp,
    delivered_at timestamptz(6),

    constraint alarm_notifications_pkey primary key (id)
);

comment on table alarm_notifications is 'That a target is to be told of a step of an alarm, and what became of it.';
comment on column alarm_notifications.id is 'Identity outside: opaque, never reused.';
comment on column alarm_notifications.organisation_id is 'The organisation that owns the alarm.';
comment on column alarm_notifications.target_id is 'The target.';
comment on column alarm_notifications.alarm_id is 'The alarm.';
comment on column alarm_notifications.sequence is 'Which step of it.';
comment on column alarm_notifications.status is 'What became of it.';
comment on column alarm_notifications.attempts is 'How often it was tried.';
comment on column alarm_notifications.next_attempt_at is 'When it is tried next; empty where it is not.';
comment on column alarm_notifications.last_error is 'What went wrong the last time; empty where nothing did.';
comment on column alarm_notifications.created_at is 'When it was written.';
comment on column alarm_notifications.delivered_at is 'When it was taken by the other side; empty where it was not.';

create index calibrations_channel_id_organisation_id_performed_at_idx on calibrations (channel_id, organisation_id, performed_at desc);
create index calibrations_organisation_id_idx on calibrations (organisation_id);
create index alarm_rules_organisation_id_name_id_idx on alarm_rules (organisation_id, name, id);
create index alarm_rules_site_id_organisation_id_idx on alarm_rules (site_id, organisation_id);
create index alarm_rules_asset_id_organisation_id_idx on alarm_rules (asset_id, organisation_id);
create index alarm_rules_channel_id_organisation_id_idx on alarm_rules (channel_id, organisation_id);
create unique index alarm_rules_id_organisation_id_key on alarm_rules (id, organisation_id);
create index alarms_organisation_id_raised_at_id_idx on alarms (organisation_id, raised_at desc, id);
create index alarms_site_id_organisation_id_raised_at_id_idx on alarms (site_id, organisation_id, raised_at desc, id);
create index alarms_asset_id_organisation_id_raised_at_id_idx on alarms (asset_id, organisation_id, raised_at desc, id);
create index alarms_channel_id_organisation_id_raised_at_id_idx on alarms (channel_id, organisation_id, raised_at desc, id);
create index alarms_rule_id_organisation_id_idx on alarms (rule_id, organisation_id);
create unique index alarms_id_organisation_id_key on alarms (id, organisation_id);
create index alarm_transitions_organisation_id_idx on alarm_transitions (organisation_id);
create unique index alarm_transitions_alarm_id_sequence_organisation_id_key on alarm_transitions (alarm_id, sequence, organisation_id);
create index alarm_targets_organisation_id_name_id_idx on alarm_targets (organisation_id, name, id);
create index alarm_targets_site_id_organisation_id_idx on alarm_targets (site_id, organisation_id);
create unique index alarm_targets_id_organisation_id_key on alarm_targets (id, organisation_id);
create index alarm_notifications_alarm_id_sequence_organisation_id_idx on alarm_notifications (alarm_id, sequence, organisation_id);
create index alarm_notifications_target_id_organisation_id_idx on alarm_notifications (target_id, organisation_id);
create index alarm_notifications_organisation_id_created_at_id_idx on alarm_notifications (organisation_id, created_at desc, id);
create unique index alarm_notifications_target_id_alarm_id_sequence_key on alarm_notifications (target_id, alarm_id, sequence);

alter table calibrations add constraint calibrations_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table calibrations add constraint calibrations_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table alarm_rules add constraint alarm_rules_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table alarm_rules add constraint alarm_rules_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table alarm_rules add constraint alarm_rules_asset_fkey
    foreign key (asset_id, organisation_id) references assets(id, organisation_id) on delete restrict on update cascade;
alter table alarm_rules add constraint alarm_rules_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table alarms add constraint alarms_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table alarms add constraint alarms_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table alarms add constraint alarms_asset_fkey
    foreign key (asset_id, organisation_id) references assets(id, organisation_id) on delete restrict on update cascade;
alter table alarms add constraint alarms_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table alarms add constraint alarms_rule_fkey
    foreign key (rule_id, organisation_id) references alarm_rules(id, organisation_id) on delete restrict on update cascade;
alter table alarm_transitions add constraint alarm_transitions_alarm_fkey
    foreign key (alarm_id, organisation_id) references alarms(id, organisation_id) on delete cascade on update cascade;
alter table alarm_targets add constraint alarm_targets_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table alarm_targets add constraint alarm_targets_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table alarm_notifications add constraint alarm_notifications_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table alarm_notifications add constraint alarm_notifications_target_fkey
    foreign key (target_id, organisation_id) references alarm_targets(id, organisation_id) on delete restrict on update cascade;
alter table alarm_notifications add constraint alarm_notifications_transition_fkey
    foreign key (alarm_id, sequence, organisation_id) references alarm_transitions(alarm_id, sequence, organisation_id) on delete cascade on update cascade;

comment on index calibrations_channel_id_organisation_id_performed_at_idx is 'Serves the calibrations of a channel, newest first.';
comment on index calibrations_organisation_id_idx is 'Serves the calibrations of an organisation.';
comment on index alarm_rules_organisation_id_name_id_idx is 'Serves the list of alarm rules by name.';
comment on index alarm_rules_site_id_organisation_id_idx is 'Serves the alarm rules of a site.';
comment on index alarm_rules_asset_id_organisation_id_idx is 'Serves the alarm rules of an asset.';
comment on index alarm_rules_channel_id_organisation_id_idx is 'Serves the alarm rules of a channel.';
comment on index alarms_organisation_id_raised_at_id_idx is 'Serves the list of alarms, newest first.';
comment on index alarms_site_id_organisation_id_raised_at_id_idx is 'Serves the alarms of a site, newest first.';
comment on index alarms_asset_id_organisation_id_raised_at_id_idx is 'Serves the alarms of an asset, newest first.';
comment on index alarms_channel_id_organisation_id_raised_at_id_idx is 'Serves the alarms of a channel, newest first.';
comment on index alarms_rule_id_organisation_id_idx is 'Serves the alarms of a rule.';
comment on index alarm_transitions_organisation_id_idx is 'Serves the alarm transitions of an organisation.';
comment on index alarm_targets_organisation_id_name_id_idx is 'Serves the list of alarm targets by name.';
comment on index alarm_targets_site_id_organisation_id_idx is 'Serves the alarm targets of a site.';
comment on index alarm_notifications_alarm_id_sequence_organisation_id_idx is 'Serves the notifications of an alarm.';
comment on index alarm_notifications_target_id_organisation_id_idx is 'Serves the notifications of a target.';
comment on index alarm_notifications_organisation_id_created_at_id_idx is 'Serves the list of notifications, newest first.';

-- One open alarm for each cause, by an index and not by luck.
create unique index alarms_open_key on alarms (channel_id, cause) where closed_at is null;
comment on index alarms_open_key is 'Keeps one open alarm per channel and cause.';
create index alarms_open_idx on alarms (organisation_id, severity desc, raised_at desc) where closed_at is null;
comment on index alarms_open_idx is 'Serves the open alarms of an organisation, few rows among many.';
create unique index alarm_rules_scope_key on alarm_rules (
    organisation_id, cause, coalesce(channel_id, asset_id, site_id, organisation_id)
) where archived_at is null;
comment on index alarm_rules_scope_key is 'Keeps one rule in use per cause and place.';
create index alarm_notifications_waiting_idx on alarm_notifications (next_attempt_at) where status = 'PENDING';
comment on index alarm_notifications_waiting_idx is 'Serves those who tell: what still has to go out.';

alter table channels add constraint channels_target_check check (
    abs(target_minimum) <= 1e100 and abs(target_maximum) <= 1e100 and target_minimum <= target_maximum
);
alter table channels add constraint channels_limit_deadband_check check (limit_deadband between 0 and 1e100);
alter table calibrations add constraint calibrations_validity_check check (performed_at < valid_until);
alter table calibrations add constraint calibrations_words_check check (
    length(btrim(performed_by)) between 1 and 200 and length(certificate) <= 200 and length(note) <= 2000
);
alter table calibrations add constraint calibrations_deviation_check check (abs(deviation) <= 1e100);
alter table alarm_rules add constraint alarm_rules_name_check check (length(btrim(name)) between 1 and 200);
alter table alarm_rules add constraint alarm_rules_scope_check check (num_nonnulls(site_id, asset_id, channel_id) <= 1);
alter table alarm_rules add constraint alarm_rules_limit_check check (
    (cause in ('LIMIT_LOW_LOW', 'LIMIT_LOW', 'LIMIT_HIGH', 'LIMIT_HIGH_HIGH') or (limit_value is null and deadband is null))
    and abs(limit_value) <= 1e100 and deadband between 0 and 1e100
);
alter table alarm_rules add constraint alarm_rules_sensitivity_check check (sensitivity between 0.2 and 5);
alter table alarm_rules add constraint alarm_rules_delays_check check (
    on_delay_seconds between 0 and 604800 and off_delay_seconds between 0 and 604800 and escalate_after_seconds between 1 and 2592000
);
alter table alarm_rules add constraint alarm_rules_escalation_check check (
    (escalate_after_seconds is null) = (escalate_to is null) and escalate_to > severity
);
alter table alarms add constraint alarms_closed_check check ((state = 'NORMAL') = (closed_at is not null));
alter table alarms add constraint alarms_shelved_check check ((state = 'SHELVED') = (shelved_until is not null));
alter table alarms add constraint alarms_returned_check check (not condition_holds or returned_at is null);
alter table alarms add constraint alarms_acknowledged_check check ((acknowledged_at is null) = (acknowledged_by is null));
alter table alarms add constraint alarms_occurrences_check check (occurrences >= 1);
alter table alarm_transitions add constraint alarm_transitions_comment_check check (length(btrim(comment)) between 1 and 2000);
alter table alarm_targets add constraint alarm_targets_name_check check (length(btrim(name)) between 1 and 200);
alter table alarm_targets add constraint alarm_targets_address_check check (length(address) between 3 and 2000);
alter table alarm_notifications add constraint alarm_notifications_delivered_check
    check ((status = 'DELIVERED') = (delivered_at is not null) and (status = 'PENDING') = (next_attempt_at is not null));

-- The life of an alarm has one authority, whoever writes: a step is inserted, and it is refused or it moves the alarm.
create function twinql_private.step_alarm() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
    a public.alarms;
    known boolean;
begin
    -- Policies are asked only after this: nobody learns from a refusal how an alarm of others stands.
    if current_setting('role') in ('authenticated', 'twinql_device') and new.organisation_id is distinct from twinql.organisation_id('OPERATOR') then
        raise exception 'permission denied for table alarm_transitions' using errcode = 'insufficient_privilege';
    end if;
    select * into a from public.alarms
    where id = new.alarm_id and organisation_id = new.organisation_id
    for no key update;
    if not found then
        raise exception 'there is no such alarm' using errcode = 'foreign_key_violation', constraint = 'alarm_transitions_alarm_fkey';
    end if;
    select coalesce(max(t.sequence), 0) + 1 into new.sequence from public.alarm_transitions as t where t.alarm_id = new.alarm_id;
    known := case new.action
        when 'RAISED' then new.sequence = 1
        when 'RETURNED' then a.condition_holds and a.closed_at is null
        when 'RAISED_AGAIN' then not a.condition_holds and a.closed_at is null
        when 'ACKNOWLEDGED' then a.state in ('ACTIVE_UNACKNOWLEDGED', 'RETURNED_UNACKNOWLEDGED')
        when 'COMMENTED' then new.comment is not null
        when 'SHELVED' then a.closed_at is null and a.state <> 'OUT_OF_SERVICE'
            and new.shelved_until > new.at and new.shelved_until <= new.at + interval '7 days'
        when 'UNSHELVED' then a.state = 'SHELVED'
        when 'TAKEN_OUT_OF_SERVICE' then a.closed_at is null and a.state <> 'OUT_OF_SERVICE' and new.comment is not null
        when 'RETURNED_TO_SERVICE' then a.state = 'OUT_OF_SERVICE'
        when 'ESCALATED' then a.state = 'ACTIVE_UNACKNOWLEDGED' and new.severity > a.severity
    end;
    if not coalesce(known, false) then
        raise exception 'an alarm in state % knows no step %', a.state, new.action
            using errcode = 'check_violation', constraint = 'alarm_transitions_step', table = 'alarm_transitions', schema = 'public', detail = a.state;
    end if;
    if new.action in ('RAISED_AGAIN', 'RETURNED') then
        a.condition_holds := new.action = 'RAISED_AGAIN';
        a.returned_at := case when new.action = 'RETURNED' then coalesce(new.observed_at, new.at) end;
    end if;
    if new.action = 'RAISED_AGAIN' then
        a.occurrences := a.occurrences + 1;
        a.evidence := coalesce(new.evidence, a.evidence);
        a.acknowledged_at := null;
        a.acknowledged_by := null;
    elsif new.action = 'ACKNOWLEDGED' then
        a.acknowledged_at := new.at;
        a.acknowledged_by := new.actor;
    elsif new.action = 'ESCALATED' then
        a.severity := new.severity;
        a.escalated_at := new.at;
    end if;
    if new.action = 'SHELVED' then
        a.state := 'SHELVED';
    elsif new.action = 'TAKEN_OUT_OF_SERVICE' then
        a.state := 'OUT_OF_SERVICE';
    elsif a.closed_at is null and (a.state not in ('SHELVED', 'OUT_OF_SERVICE') or new.action in ('UNSHELVED', 'RETURNED_TO_SERVICE')) then
        a.state := case
            when a.condition_holds and a.acknowledged_at is null then 'ACTIVE_UNACKNOWLEDGED'
            when a.condition_holds then 'ACTIVE_ACKNOWLEDGED'
            when a.acknowledged_at is null then 'RETURNED_UNACKNOWLEDGED'
            else 'NORMAL'
        end;
    end if;
    new.state := a.state;
    new.severity := a.severity;
    if new.action <> 'SHELVED' then
        new.shelved_until := null;
    end if;
    if new.action not in ('RAISED', 'COMMENTED') then
        update public.alarms
        set state = a.state, condition_holds = a.condition_holds, severity = a.severity, occurrences = a.occurrences,
            evidence = a.evidence, returned_at = a.returned_at, acknowledged_at = a.acknowledged_at,
            acknowledged_by = a.acknowledged_by, escalated_at = a.escalated_at, updated_at = new.at,
            shelved_until = case when new.action = 'SHELVED' then new.shelved_until when a.state = 'SHELVED' then shelved_until end,
            closed_at = case when a.state = 'NORMAL' then new.at end
        where id = a.id;
    elsif new.action = 'COMMENTED' then
        update public.alarms set updated_at = new.at where id = a.id;
    end if;
    return new;
end
$$;
comment on function twinql_private.step_alarm() is 'Moves an alarm by a transition, or refuses it: the state machine of ISA-18.2.';
create trigger alarm_transitions_step before insert on alarm_transitions
    for each row execute function twinql_private.step_alarm();
create trigger alarm_transitions_append_only before update on alarm_transitions
    for each row execute function twinql_private.refuse_change();

create function twinql_private.raise_alarm() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    insert into public.alarm_transitions (alarm_id, organisation_id, at, action, actor, observed_at, evidence)
    values (new.id, new.organisation_id, new.updated_at, 'RAISED', coalesce(auth.jwt() ->> 'sub', session_user), new.raised_at, new.evidence);
    return null;
end
$$;
comment on function twinql_private.raise_alarm() is 'Writes the first transition of an alarm.';
create trigger alarms_raise after insert on alarms
    for each row execute function twinql_private.raise_alarm();

create trigger calibrations_stamp before insert on calibrations
    for each row execute function twinql_private.stamp_recorded();

alter table twinql_private.outbox drop constraint outbox_kind_check;
alter table twinql_private.outbox add constraint outbox_kind_check
    check (kind in ('READINGS', 'RANGES', 'COMMANDS', 'DECISIONS', 'METERING', 'ALARMS', 'ACCESS'));
comment on column twinql_private.outbox.kind is 'READINGS with columns of values; RANGES of channels that changed; COMMANDS, DECISIONS and ALARMS by their ids; METERING by the ids of meters whose costs may have changed; ACCESS when who may do what changed.';
create trigger alarms_announce_inserted after insert on alarms
    referencing new table as new_rows for each statement execute function twinql_private.announce_ids('ALARMS');
create trigger alarms_announce_updated after update on alarms
    referencing new table as new_rows for each statement execute function twinql_private.announce_ids('ALARMS');

-- What detectors remember, and how far they have read: the server's own.
create table twinql_private.watch_memories (
    channel_number integer not null,
    position bigint not null,
    observed_at timestamptz(6),
    memory jsonb not null,
    saved_at timestamptz(6) not null default current_timestamp,

    constraint watch_memories_pkey primary key (channel_number)
);
comment on table twinql_private.watch_memories is 'What the detectors of a channel remember, from reading to reading.';
comment on column twinql_private.watch_memories.channel_number is 'The number of the channel.';
comment on column twinql_private.watch_memories.position is 'Up to which place of the outbox its readings are in it.';
comment on column twinql_private.watch_memories.observed_at is 'The newest reading that is in it.';
comment on column twinql_private.watch_memories.memory is 'What they remember, as they wrote it.';
comment on column twinql_private.watch_memories.saved_at is 'When it was written.';
create table twinql_private.watch_place (
    only_one boolean not null default true,
    position bigint not null,
    epoch uuid not null,

    constraint watch_place_pkey primary key (only_one),
    constraint watch_place_only_one_check check (only_one)
);
comment on table twinql_private.watch_place is 'How far detectors have read the outbox: one row.';
comment on column twinql_private.watch_place.only_one is 'Keeps it to one row.';
comment on column twinql_private.watch_place.position is 'The last place of the outbox that was read.';
comment on column twinql_private.watch_place.epoch is 'The feed epoch of which that is a place.';
alter table twinql_private.watch_memories enable row level security;
alter table twinql_private.watch_place enable row level security;
create policy watch_memories_worker on twinql_private.watch_memories for all to twinql_worker using (true) with check (true);
create policy watch_place_worker on twinql_private.watch_place for all to twinql_worker using (true) with check (true);
grant select, insert, update, delete on twinql_private.watch_memories, twinql_private.watch_place to twinql_worker;

do $$
declare
    tenant text;
begin
    foreach tenant in array array['calibrations', 'alarm_rules', 'alarms', 'alarm_transitions', 'alarm_targets', 'alarm_notifications'] loop
        execute format('alter table public.%I enable row level security', tenant);
        execute format('revoke all on public.%I from public, anon, authenticated, service_role, twinql_server', tenant);
        execute format('grant select, insert, update, delete on public.%I to service_role, twinql_worker', tenant);
        execute format('create policy %I on public.%I for all to twinql_worker, service_role using (true) with check (true)', tenant || '_service', tenant);
    end loop;
    foreach tenant in array array['calibrations', 'alarm_rules', 'alarms', 'alarm_transitions', 'alarm_notifications'] loop
        execute format('grant select on public.%I to authenticated', tenant);
        execute format('create policy %I on public.%I for select to authenticated using (organisation_id = (select twinql.organisation_id()))', tenant || '_read', tenant);
    end loop;
    foreach tenant in array array['alarm_rules', 'alarm_targets'] loop
        execute format('create policy %I on public.%I for insert to authenticated with check (organisation_id = (select twinql.organisation_id(''OWNER'')))', tenant || '_insert', tenant);
        execute format(
            'create policy %I on public.%I for update to authenticated using (organisation_id = (select twinql.organisation_id(''OWNER''))) with check (organisation_id = (select twinql.organisation_id(''OWNER'')))',
            tenant || '_update', tenant
        );
    end loop;
    if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
        alter publication supabase_realtime add table public.alarms;
    end if;
end
$$;
grant insert (organisation_id, channel_id, performed_at, valid_until, performed_by, certificate, deviation, note, recorded_by)
    on calibrations to authenticated;
create policy calibrations_insert on calibrations for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')) and recorded_by = (select twinql.subject()));
grant insert (
    organisation_id, name, cause, site_id, asset_id, channel_id, enabled, severity, limit_value, deadband, sensitivity,
    on_delay_seconds, off_delay_seconds, escalate_after_seconds, escalate_to
) on alarm_rules to authenticated;
-- For what and where a rule holds never changes: another cause or place is another rule.
grant update (
    name, enabled, severity, limit_value, deadband, sensitivity, on_delay_seconds, off_delay_seconds, escalate_after_seconds,
    escalate_to, archived_at
) on alarm_rules to authenticated;
-- Alarms are raised by TwinQL itself; people move them, in their own name.
grant insert (organisation_id, alarm_id, action, actor, comment, shelved_until) on alarm_transitions to authenticated;
create policy alarm_transitions_insert on alarm_transitions for insert to authenticated
    with check (
        organisation_id = (select twinql.organisation_id('OPERATOR'))
        and action in ('ACKNOWLEDGED', 'COMMENTED', 'SHELVED', 'UNSHELVED', 'TAKEN_OUT_OF_SERVICE', 'RETURNED_TO_SERVICE')
        and actor = (select twinql.subject())
    );
-- Who is told, and where, is an OWNER's business; a secret is written and never read.
grant select (id, organisation_id, name, kind, address, site_id, minimum_severity, enabled, created_at, archived_at)
    on alarm_targets to authenticated;
create policy alarm_targets_read on alarm_targets for select to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')));
grant insert (organisation_id, name, kind, address, secret, site_id, minimum_severity, enabled) on alarm_targets to authenticated;
grant update (name, address, secret, site_id, minimum_severity, enabled, archived_at) on alarm_targets to authenticated;
grant insert (target_minimum, target_maximum, limit_deadband), update (target_minimum, target_maximum, limit_deadband)
    on channels to authenticated;
revoke all on all functions in schema twinql_private from public;
