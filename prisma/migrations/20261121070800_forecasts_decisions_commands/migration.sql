-- Forecasts, decisions and commands.

create type decision_action as enum ('CONTINUE_MONITORING', 'INSPECT', 'RESTORE_COOLING', 'REDUCE_LOAD');
comment on type decision_action is 'What a decision recommends.';

create type decision_status as enum ('OPEN', 'ACCEPTED', 'REJECTED', 'SUPERSEDED', 'EXPIRED');
comment on type decision_status is 'Where a decision stands.';

create type urgency as enum ('LOW', 'MEDIUM', 'HIGH', 'IMMEDIATE');
comment on type urgency is 'How soon a person should act.';

create type command_status as enum (
    'REQUESTED',
    'AWAITING_APPROVAL',
    'REJECTED',
    'QUEUED',
    'SENT',
    'ACKNOWLEDGED',
    'EXECUTING',
    'EXECUTED',
    'VERIFIED',
    'NOT_OBSERVED',
    'FAILED',
    'TIMED_OUT',
    'EXPIRED',
    'CANCELLED'
);
comment on type command_status is 'Where a command stands.';

create table forecasts (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    channel_id uuid not null,
    issued_at timestamptz(6) not null,
    model text not null,
    level double precision not null,
    starts_at timestamptz(6) not null,
    step_seconds integer not null,
    p10 double precision[],
    p50 double precision[],
    p90 double precision[],
    backtest_count integer not null,
    backtest_mae double precision,
    backtest_naive_mae double precision,
    backtest_coverage double precision,
    realised_count integer not null default 0,
    realised_mae double precision,
    realised_naive_mae double precision,
    realised_coverage double precision,
    last_value double precision,
    scored_at timestamptz(6),

    constraint forecasts_pkey primary key (id)
);

comment on table forecasts is 'What a channel was expected to do, as it was issued; never changed but for its score.';
comment on column forecasts.id is 'Identity outside: opaque, never reused.';
comment on column forecasts.organisation_id is 'The organisation that owns the channel.';
comment on column forecasts.channel_id is 'The channel.';
comment on column forecasts.issued_at is 'When it was issued; nothing after this was known to it.';
comment on column forecasts.model is 'The model that made it.';
comment on column forecasts.level is 'The share of outcomes that should lie between p10 and p90.';
comment on column forecasts.starts_at is 'Start of the first step.';
comment on column forecasts.step_seconds is 'Length of a step in seconds.';
comment on column forecasts.p10 is 'Lower bounds, one a step, in the unit of the channel.';
comment on column forecasts.p50 is 'Medians, one a step, in the unit of the channel.';
comment on column forecasts.p90 is 'Upper bounds, one a step, in the unit of the channel.';
comment on column forecasts.backtest_count is 'Readings of the past on which it was tried out before it was issued.';
comment on column forecasts.backtest_mae is 'Mean absolute error in that trial, in the unit of the channel.';
comment on column forecasts.backtest_naive_mae is 'Mean absolute error of repeating the last value in the same trial, in the unit of the channel.';
comment on column forecasts.backtest_coverage is 'Share of that trial''s values between the bounds.';
comment on column forecasts.realised_count is 'Readings that have come true since.';
comment on column forecasts.realised_mae is 'Mean absolute error against them, in the unit of the channel.';
comment on column forecasts.realised_naive_mae is 'Mean absolute error of repeating the last value, against the same readings.';
comment on column forecasts.realised_coverage is 'Share of them between the bounds.';
comment on column forecasts.last_value is 'The last reading known when it was issued, in the unit of the channel.';
comment on column forecasts.scored_at is 'When it was last scored.';

create index forecasts_channel_id_issued_at_id_idx on forecasts (channel_id, issued_at desc, id);
create unique index forecasts_id_organisation_id_key on forecasts (id, organisation_id);
alter table forecasts add constraint forecasts_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table forecasts add constraint forecasts_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;

create table decisions (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    asset_id uuid not null,
    channel_id uuid,
    forecast_id uuid,
    rule text not null,
    action decision_action not null,
    status decision_status not null default 'OPEN',
    urgency urgency not null,
    confidence double precision,
    reasons jsonb not null,
    alternatives jsonb not null default '[]',
    expected_impact jsonb not null default '{}',
    made_at timestamptz(6) not null default current_timestamp,
    valid_until timestamptz(6),
    settled_at timestamptz(6),
    settled_by text,
    settled_reason text,

    constraint decisions_pkey primary key (id)
);

comment on table decisions is 'A recommendation with its reasons.';
comment on column decisions.id is 'Identity outside: opaque, never reused.';
comment on column decisions.organisation_id is 'The organisation that owns the asset.';
comment on column decisions.asset_id is 'The asset it speaks of.';
comment on column decisions.channel_id is 'The channel that gave rise to it.';
comment on column decisions.forecast_id is 'The forecast on which it rests.';
comment on column decisions.rule is 'The rule that made it.';
comment on column decisions.action is 'What it recommends.';
comment on column decisions.status is 'Where it stands.';
comment on column decisions.urgency is 'How soon somebody should act.';
comment on column decisions.confidence is 'How sure it is, from 0 to 1; empty where nothing was measured.';
comment on column decisions.reasons is 'A JSON array of the numbers that were compared.';
comment on column decisions.alternatives is 'A JSON array of what else was considered.';
comment on column decisions.expected_impact is 'A JSON object: what is expected to follow.';
comment on column decisions.made_at is 'When it was made.';
comment on column decisions.valid_until is 'When it stops being worth acting on.';
comment on column decisions.settled_at is 'When it was accepted, rejected, superseded or expired.';
comment on column decisions.settled_by is 'Who settled it: the subject of the token; empty where nobody did, and it was superseded or expired.';
comment on column decisions.settled_reason is 'Why, in the words of whoever settled it.';

create index decisions_organisation_id_made_at_id_idx on decisions (organisation_id, made_at desc, id);
create index decisions_asset_id_made_at_id_idx on decisions (asset_id, made_at desc, id);
create unique index decisions_id_organisation_id_key on decisions (id, organisation_id);
alter table decisions add constraint decisions_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table decisions add constraint decisions_asset_fkey
    foreign key (asset_id, organisation_id) references assets(id, organisation_id) on delete restrict on update cascade;
alter table decisions add constraint decisions_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table decisions add constraint decisions_forecast_fkey
    foreign key (forecast_id, organisation_id) references forecasts(id, organisation_id) on delete restrict on update cascade;

create table commands (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    channel_id uuid not null,
    decision_id uuid,
    desired double precision not null,
    action text,
    status command_status not null default 'REQUESTED',
    idempotency_key text not null,
    requested_by text not null,
    reason text,
    requested_at timestamptz(6) not null default current_timestamp,
    expires_at timestamptz(6) not null,
    interlocks jsonb not null default '[]',

    constraint commands_pkey primary key (id)
);

comment on table commands is 'What was asked of an actuator.';
comment on column commands.id is 'Identity outside: opaque, never reused.';
comment on column commands.organisation_id is 'The organisation that owns the channel.';
comment on column commands.channel_id is 'The channel to be set.';
comment on column commands.decision_id is 'The decision that led to it, if one did.';
comment on column commands.desired is 'The value it shall have, in the unit of the channel.';
comment on column commands.action is 'The same as a word, for a STATE channel: the label asked for.';
comment on column commands.status is 'Where it stands: the status of its last transition.';
comment on column commands.idempotency_key is 'Chosen by the caller: the same key gives the same command.';
comment on column commands.requested_by is 'Who asked: the subject of the token.';
comment on column commands.reason is 'Why, in the words of whoever asked.';
comment on column commands.requested_at is 'When it was asked.';
comment on column commands.expires_at is 'After this it is never sent.';
comment on column commands.interlocks is 'A JSON array: what every interlock said when it was asked, with the numbers compared.';

create index commands_organisation_id_requested_at_id_idx on commands (organisation_id, requested_at desc, id);
create index commands_channel_id_requested_at_id_idx on commands (channel_id, requested_at desc, id);
create unique index commands_id_organisation_id_key on commands (id, organisation_id);
create unique index commands_organisation_id_idempotency_key_key on commands (organisation_id, idempotency_key);
alter table commands add constraint commands_organisation_id_fkey
    foreign key (organisation_id) references organisations(id) on delete restrict on update cascade;
alter table commands add constraint commands_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table commands add constraint commands_decision_fkey
    foreign key (decision_id, organisation_id) references decisions(id, organisation_id) on delete restrict on update cascade;

create table command_transitions (
    command_id uuid not null,
    sequence integer not null,
    organisation_id uuid not null,
    status command_status not null,
    at timestamptz(6) not null default current_timestamp,
    actor text not null,
    detail text,

    constraint command_transitions_pkey primary key (command_id,sequence)
);

comment on table command_transitions is 'One step in the life of a command. Only ever added to.';
comment on column command_transitions.command_id is 'The command.';
comment on column command_transitions.sequence is 'Its place in the command''s life, from 1.';
comment on column command_transitions.organisation_id is 'The organisation that owns the command.';
comment on column command_transitions.status is 'The status it went to.';
comment on column command_transitions.at is 'When.';
comment on column command_transitions.actor is 'Who or what moved it.';
comment on column command_transitions.detail is 'More about it, in a sentence.';

alter table command_transitions add constraint command_transitions_command_fkey
    foreign key (command_id, organisation_id) references commands(id, organisation_id) on delete cascade on update cascade;


comment on index forecasts_channel_id_issued_at_id_idx is 'Serves the forecasts of a channel, newest first.';
comment on index decisions_organisation_id_made_at_id_idx is 'Serves the list of decisions, newest first.';
comment on index decisions_asset_id_made_at_id_idx is 'Serves the decisions of an asset, newest first.';
comment on index commands_organisation_id_requested_at_id_idx is 'Serves the list of commands, newest first.';
comment on index commands_channel_id_requested_at_id_idx is 'Serves the commands of a channel, newest first.';

-- One open recommendation per rule and channel, by an index and not by luck.
create unique index decisions_open_key on decisions (asset_id, rule, channel_id) where status = 'OPEN';
comment on index decisions_open_key is 'Keeps one open decision per asset, rule and channel.';
-- What still has to go out, few rows among many.
create index commands_waiting_idx on commands (requested_at) where status in ('REQUESTED', 'QUEUED', 'SENT', 'ACKNOWLEDGED', 'EXECUTING', 'EXECUTED');
comment on index commands_waiting_idx is 'Serves the dispatcher: commands that are not finished.';

alter table forecasts add constraint forecasts_steps_check check (
    cardinality(p10) = cardinality(p50) and cardinality(p50) = cardinality(p90) and cardinality(p50) between 1 and 10000
);
alter table forecasts add constraint forecasts_step_seconds_check check (step_seconds > 0);
alter table forecasts add constraint forecasts_level_check check (level > 0 and level < 1);
alter table decisions add constraint decisions_confidence_check check (confidence between 0 and 1);
alter table decisions add constraint decisions_settled_check check ((status = 'OPEN') = (settled_at is null));
alter table commands add constraint commands_desired_check
    check (desired between -1.7976931348623157e308 and 1.7976931348623157e308);
alter table commands add constraint commands_idempotency_key_check check (length(idempotency_key) between 1 and 200);
alter table commands add constraint commands_expires_at_check check (expires_at > requested_at);

-- A command's life is only ever added to, and its row shows the last step.
create function twinql_private.follow_transition() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    update public.commands set status = new.status where id = new.command_id and status is distinct from new.status;
    return null;
end
$$;
comment on function twinql_private.follow_transition() is 'Shows the newest transition in the command''s own row.';
create trigger command_transitions_follow after insert on command_transitions
    for each row execute function twinql_private.follow_transition();

create function twinql_private.refuse_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    raise exception '% is only ever added to', tg_table_name using errcode = 'integrity_constraint_violation';
end
$$;
comment on function twinql_private.refuse_change() is 'Refuses updates of what is append-only.';
create trigger command_transitions_append_only before update on command_transitions
    for each row execute function twinql_private.refuse_change();
create trigger reading_corrections_append_only before update or delete on reading_corrections
    for each row execute function twinql_private.refuse_change();

create function twinql_private.announce_ids() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    insert into twinql_private.outbox (organisation_number, kind, payload)
    select o.number, tg_argv[0], json_build_object('id', json_agg(n.id order by n.id))
    from new_rows as n
    join public.organisations as o on o.id = n.organisation_id
    group by o.number;
    return null;
end
$$;
comment on function twinql_private.announce_ids() is 'Writes the ids of rows that were made or changed into the outbox, under the kind given.';
create trigger decisions_announce_inserted after insert on decisions
    referencing new table as new_rows for each statement execute function twinql_private.announce_ids('DECISIONS');
create trigger decisions_announce_updated after update on decisions
    referencing new table as new_rows for each statement execute function twinql_private.announce_ids('DECISIONS');
create trigger commands_announce_inserted after insert on commands
    referencing new table as new_rows for each statement execute function twinql_private.announce_ids('COMMANDS');
create trigger commands_announce_updated after update on commands
    referencing new table as new_rows for each statement execute function twinql_private.announce_ids('COMMANDS');
