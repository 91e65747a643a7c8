-- What people let TwinQL decide by rules of their own, how far it may act by itself on a site, and what it did with each decision.

create type autonomy_level as enum ('SHADOW', 'ADVISE', 'APPROVE', 'AUTO');
comment on type autonomy_level is 'How far TwinQL may act by itself, from the least on.';

create type automation_measure as enum ('VALUE', 'FORECAST', 'AGE', 'HEALTH', 'DRIFT', 'NOISE');
comment on type automation_measure is 'Which number of a channel a condition looks at.';

create type automation_comparison as enum ('ABOVE', 'BELOW', 'IS', 'IS_NOT');
comment on type automation_comparison is 'How a condition compares that number.';

create type automation_phase as enum ('WAITING', 'HOLDING', 'FIRED');
comment on type automation_phase is 'Where a rule of people stands between two looks.';

create type automation_outcome as enum ('NOT_MET', 'UNKNOWN', 'HOLDS_TOO_BRIEFLY', 'OUT_OF_HOURS', 'TOO_SOON', 'FIRES', 'STANDS', 'RELEASED');
comment on type automation_outcome is 'What a look at a rule of people came to.';

create type autonomy_outcome as enum ('WOULD_ISSUE', 'WOULD_BE_REFUSED', 'ADVISED', 'WAITS_FOR_HOURS', 'WAITS_FOR_BUDGET', 'ASKED_FOR_APPROVAL', 'ISSUED', 'REFUSED');
comment on type autonomy_outcome is 'What TwinQL did by itself with a decision.';

create type effect_direction as enum ('RISES', 'FALLS', 'REACHES');
comment on type effect_direction is 'Which way a value is expected to go.';

create table site_autonomy (
    site_id uuid not null,
    organisation_id uuid not null,
    level autonomy_level not null default 'ADVISE',
    commands_per_hour integer not null default 12,
    weekdays smallint[] not null default '{1,2,3,4,5,6,7}',
    first_minute smallint not null default 0,
    last_minute smallint not null default 1440,
    set_at timestamptz(6),
    set_by text,
    paused_at timestamptz(6),
    paused_by text,
    pause_reason text,
    fell_back_at timestamptz(6),
    fell_back_because text,
    fell_back_channel_id uuid,
    trusted_since timestamptz(6) not null default current_timestamp,

    constraint site_autonomy_pkey primary key (site_id)
);

comment on table site_autonomy is 'How far TwinQL may act by itself on a site; made together with the site.';
comment on column site_autonomy.site_id is 'The site.';
comment on column site_autonomy.organisation_id is 'The organisation that owns it.';
comment on column site_autonomy.level is 'The level that a person set.';
comment on column site_autonomy.commands_per_hour is 'How many commands TwinQL may ask for within any hour.';
comment on column site_autonomy.weekdays is 'On which days of the week it may act at the level AUTO, 1 (Monday) to 7.';
comment on column site_autonomy.first_minute is 'From which minute of the day on, by the clock of the site.';
comment on column site_autonomy.last_minute is 'Before which minute of the day, up to 1440; before the first one where the hours go over midnight.';
comment on column site_autonomy.set_at is 'When somebody last set it; empty where nobody did.';
comment on column site_autonomy.set_by is 'Who did: the subject of the token.';
comment on column site_autonomy.paused_at is 'Since when a person has stopped it; empty where nobody has.';
comment on column site_autonomy.paused_by is 'Who did: the subject of the token.';
comment on column site_autonomy.pause_reason is 'Why, in the words of whoever stopped it.';
comment on column site_autonomy.fell_back_at is 'Since when it has stopped by itself; empty where it has not.';
comment on column site_autonomy.fell_back_because is 'Why, in a sentence.';
comment on column site_autonomy.fell_back_channel_id is 'The channel that gave rise to it, on which the alarm is.';
comment on column site_autonomy.trusted_since is 'What failed before this is not held against it: when a person last set it or let it go on.';

create table automation_rules (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    site_id uuid not null,
    asset_id uuid not null,
    name text not null,
    level autonomy_level not null default 'ADVISE',
    urgency urgency not null default 'MEDIUM',
    holds_for_seconds integer not null default 0,
    minimum_between_seconds integer not null default 0,
    weekdays smallint[] not null default '{1,2,3,4,5,6,7}',
    first_minute smallint not null default 0,
    last_minute smallint not null default 1440,
    set_channel_id uuid,
    desired double precision,
    expires_in_seconds integer,
    expect_channel_id uuid,
    expect_direction effect_direction,
    expect_by double precision,
    expect_value double precision,
    expect_within_seconds integer,
    phase automation_phase not null default 'WAITING',
    holding_since timestamptz(6),
    fired_at timestamptz(6),
    outcome automation_outcome,
    message text,
    outcome_at timestamptz(6),
    fell_back_at timestamptz(6),
    fell_back_because text,
    fell_back_channel_id uuid,
    created_at timestamptz(6) not null default current_timestamp,
    archived_at timestamptz(6),

    constraint automation_rules_pkey primary key (id)
);

comment on table automation_rules is 'Rules of people: when all of its conditions hold, a rule makes a decision.';
comment on column automation_rules.id is 'Identity outside: opaque, never reused.';
comment on column automation_rules.organisation_id is 'The organisation that owns it.';
comment on column automation_rules.site_id is 'The site whose clock, channels and autonomy it goes by.';
comment on column automation_rules.asset_id is 'The asset of which its decisions speak.';
comment on column automation_rules.name is 'What people call it.';
comment on column automation_rules.level is 'How far TwinQL may act on it by itself; the site''s level holds where it is lower.';
comment on column automation_rules.urgency is 'How soon somebody should act on what it decides.';
comment on column automation_rules.holds_for_seconds is 'For so many seconds all conditions must hold without a break.';
comment on column automation_rules.minimum_between_seconds is 'So many seconds must lie between two times that it fires.';
comment on column automation_rules.weekdays is 'On which days of the week it may fire, 1 (Monday) to 7.';
comment on column automation_rules.first_minute is 'From which minute of the day on, by the clock of the site.';
comment on column automation_rules.last_minute is 'Before which minute of the day, up to 1440; before the first one where the hours go over midnight.';
comment on column automation_rules.set_channel_id is 'The channel to be set; empty where somebody shall look.';
comment on column automation_rules.desired is 'The value it shall have, in the unit of the channel.';
comment on column automation_rules.expires_in_seconds is 'For so many seconds such a command stays worth sending.';
comment on column automation_rules.expect_channel_id is 'The channel that is expected to show an effect; empty where none is stated.';
comment on column automation_rules.expect_direction is 'Which way its value is expected to go.';
comment on column automation_rules.expect_by is 'For RISES and FALLS how far, in its unit; empty for however little.';
comment on column automation_rules.expect_value is 'For REACHES the value to come to, in its unit.';
comment on column automation_rules.expect_within_seconds is 'Within how many seconds.';
comment on column automation_rules.phase is 'Where it stands between two looks.';
comment on column automation_rules.holding_since is 'Since when all of its conditions hold; empty where they do not.';
comment on column automation_rules.fired_at is 'When it fired last; empty where it never did.';
comment on column automation_rules.outcome is 'What the last look came to; empty before the first.';
comment on column automation_rules.message is 'The same in a sentence, as it was when it first came to that.';
comment on column automation_rules.outcome_at is 'When a look first came to that.';
comment on column automation_rules.fell_back_at is 'Since when TwinQL no longer acts on it by itself, because an input is stale; empty where it does.';
comment on column automation_rules.fell_back_because is 'Why, in a sentence.';
comment on column automation_rules.fell_back_channel_id is 'The channel that is stale, on which the alarm is.';
comment on column automation_rules.created_at is 'When the row was made.';
comment on column automation_rules.archived_at is 'When it was taken out of use; empty while in use.';

create table automation_conditions (
    rule_id uuid not null,
    position smallint not null,
    organisation_id uuid not null,
    channel_id uuid not null,
    measure automation_measure not null,
    comparison automation_comparison not null,
    threshold double precision not null,
    hysteresis double precision not null default 0,
    within_seconds integer,
    max_age_seconds integer,
    holds boolean not null default false,

    constraint automation_conditions_pkey primary key (rule_id, position)
);

comment on table automation_conditions is 'What has to hold of a channel for a rule of people to fire.';
comment on column automation_conditions.rule_id is 'The rule.';
comment on column automation_conditions.position is 'Its place in the rule, from 0.';
comment on column automation_conditions.organisation_id is 'The organisation that owns the rule.';
comment on column automation_conditions.channel_id is 'The channel.';
comment on column automation_conditions.measure is 'Which number of it is looked at.';
comment on column automation_conditions.comparison is 'How it is compared.';
comment on column automation_conditions.threshold is 'With what: in the unit of the channel, for AGE in seconds, for HEALTH in points, for DRIFT in the unit per minute; the code of a state.';
comment on column automation_conditions.hysteresis is 'So far back the number must come before the condition no longer holds, in the same unit.';
comment on column automation_conditions.within_seconds is 'For FORECAST: how many seconds ahead.';
comment on column automation_conditions.max_age_seconds is 'For VALUE: how many seconds old a reading may be; empty for what is usual for the channel.';
comment on column automation_conditions.holds is 'Whether it held at the last look that could tell.';

create table autonomy_records (
    decision_id uuid not null,
    organisation_id uuid not null,
    site_id uuid not null,
    automation_rule_id uuid,
    level autonomy_level not null,
    outcome autonomy_outcome not null,
    message text,
    interlocks jsonb not null default '[]',
    command_id uuid,
    recorded_at timestamptz(6) not null default current_timestamp,
    updated_at timestamptz(6) not null default current_timestamp,

    constraint autonomy_records_pkey primary key (decision_id)
);

comment on table autonomy_records is 'What TwinQL did by itself with each decision that proposes a command, or would have done.';
comment on column autonomy_records.decision_id is 'The decision.';
comment on column autonomy_records.organisation_id is 'The organisation that owns it.';
comment on column autonomy_records.site_id is 'The site of its asset.';
comment on column autonomy_records.automation_rule_id is 'The rule of people that made it; empty where TwinQL''s own did.';
comment on column autonomy_records.level is 'The level in effect at the time.';
comment on column autonomy_records.outcome is 'What TwinQL did.';
comment on column autonomy_records.message is 'The same in a sentence; empty where nothing more is to be said.';
comment on column autonomy_records.interlocks is 'A JSON array: what every interlock said, as it was asked, with the numbers compared.';
comment on column autonomy_records.command_id is 'The command that came of it; empty where none did.';
comment on column autonomy_records.recorded_at is 'When TwinQL first looked at the decision.';
comment on column autonomy_records.updated_at is 'When it did what the outcome says.';

create unique index site_autonomy_site_id_organisation_id_key on site_autonomy (site_id, organisation_id);
create unique index autonomy_records_decision_id_organisation_id_key on autonomy_records (decision_id, organisation_id);
create unique index automation_rules_id_organisation_id_key on automation_rules (id, organisation_id);
create index automation_rules_organisation_id_name_id_idx on automation_rules (organisation_id, name, id);
create index automation_rules_site_id_organisation_id_idx on automation_rules (site_id, organisation_id);
create index automation_rules_asset_id_organisation_id_idx on automation_rules (asset_id, organisation_id);
create index automation_rules_set_channel_id_organisation_id_idx on automation_rules (set_channel_id, organisation_id);
create index automation_conditions_channel_id_organisation_id_idx on automation_conditions (channel_id, organisation_id);
create index autonomy_records_site_id_organisation_id_recorded_at_idx on autonomy_records (site_id, organisation_id, recorded_at desc);
create index autonomy_records_automation_rule_id_organisation_id_idx on autonomy_records (automation_rule_id, organisation_id);
create index autonomy_records_command_id_organisation_id_idx on autonomy_records (command_id, organisation_id);
create index decisions_automation_rule_id_organisation_id_idx on decisions (automation_rule_id, organisation_id);
create index site_autonomy_organisation_id_idx on site_autonomy (organisation_id);
comment on index automation_rules_organisation_id_name_id_idx is 'Serves the list of rules of people by name.';
comment on index automation_rules_site_id_organisation_id_idx is 'Serves the rules of a site.';
comment on index automation_rules_asset_id_organisation_id_idx is 'Serves the rules of an asset, and its deletion.';
comment on index automation_rules_set_channel_id_organisation_id_idx is 'Serves the rules that set a channel, and its deletion.';
comment on index automation_conditions_channel_id_organisation_id_idx is 'Serves the conditions on a channel, and its deletion.';
comment on index autonomy_records_site_id_organisation_id_recorded_at_idx is 'Serves the track record of a site.';
comment on index autonomy_records_automation_rule_id_organisation_id_idx is 'Serves the track record of a rule.';
comment on index autonomy_records_command_id_organisation_id_idx is 'Serves what led to a command.';
comment on index decisions_automation_rule_id_organisation_id_idx is 'Serves the decisions of a rule of people.';
comment on index site_autonomy_organisation_id_idx is 'Serves the autonomy of the sites of an organisation.';

alter table site_autonomy add constraint site_autonomy_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete cascade on update cascade;
alter table automation_rules add constraint automation_rules_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table automation_rules add constraint automation_rules_asset_fkey
    foreign key (asset_id, organisation_id) references assets(id, organisation_id) on delete restrict on update cascade;
alter table automation_rules add constraint automation_rules_set_channel_fkey
    foreign key (set_channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table automation_conditions add constraint automation_conditions_rule_fkey
    foreign key (rule_id, organisation_id) references automation_rules(id, organisation_id) on delete cascade on update cascade;
alter table automation_conditions add constraint automation_conditions_channel_fkey
    foreign key (channel_id, organisation_id) references channels(id, organisation_id) on delete restrict on update cascade;
alter table autonomy_records add constraint autonomy_records_decision_fkey
    foreign key (decision_id, organisation_id) references decisions(id, organisation_id) on delete cascade on update cascade;
alter table autonomy_records add constraint autonomy_records_site_fkey
    foreign key (site_id, organisation_id) references sites(id, organisation_id) on delete restrict on update cascade;
alter table autonomy_records add constraint autonomy_records_automation_rule_fkey
    foreign key (automation_rule_id, organisation_id) references automation_rules(id, organisation_id) on delete restrict on update cascade;
alter table autonomy_records add constraint autonomy_records_command_fkey
    foreign key (command_id, organisation_id) references commands(id, organisation_id) on delete restrict on update cascade;
alter table decisions add constraint decisions_automation_rule_fkey
    foreign key (automation_rule_id, organisation_id) references automation_rules(id, organisation_id) on delete restrict on update cascade;

create index autonomy_records_waiting_idx on autonomy_records (site_id) where outcome in ('ADVISED', 'WAITS_FOR_HOURS', 'WAITS_FOR_BUDGET');
comment on index autonomy_records_waiting_idx is 'Serves what is looked at again while its decision stands, few rows among many.';
alter table site_autonomy add constraint site_autonomy_budget_check check (commands_per_hour between 0 and 3600);
alter table site_autonomy add constraint site_autonomy_hours_check check (
    cardinality(weekdays) between 1 and 7 and weekdays <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[]
    and first_minute between 0 and 1439 and last_minute between 1 and 1440 and first_minute <> last_minute
);
alter table site_autonomy add constraint site_autonomy_paused_check check (
    (paused_at is null) = (paused_by is null) and (paused_at is not null or pause_reason is null) and length(pause_reason) <= 1000
);
alter table site_autonomy add constraint site_autonomy_fell_back_check check ((fell_back_at is null) = (fell_back_because is null));
alter table automation_rules add constraint automation_rules_name_check check (length(btrim(name)) between 1 and 200);
alter table automation_rules add constraint automation_rules_timing_check check (
    holds_for_seconds between 0 and 604800 and minimum_between_seconds between 0 and 2592000
);
alter table automation_rules add constraint automation_rules_hours_check check (
    cardinality(weekdays) between 1 and 7 and weekdays <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[]
    and first_minute between 0 and 1439 and last_minute between 1 and 1440 and first_minute <> last_minute
);
alter table automation_rules add constraint automation_rules_setpoint_check check (
    num_nonnulls(set_channel_id, desired, expires_in_seconds) in (0, 3) and abs(desired) <= 1e100 and expires_in_seconds between 1 and 86400
);
alter table automation_rules add constraint automation_rules_expectation_check check (
    num_nonnulls(expect_channel_id, expect_direction, expect_within_seconds) in (0, 3)
    and (expect_channel_id is null or set_channel_id is not null)
    and (expect_value is not null) = coalesce(expect_direction = 'REACHES', false)
    and (expect_by is null or coalesce(expect_direction <> 'REACHES' and expect_by > 0, false))
);
alter table automation_rules add constraint automation_rules_fell_back_check check ((fell_back_at is null) = (fell_back_because is null));
alter table automation_conditions add constraint automation_conditions_position_check check (position between 0 and 9);
alter table automation_conditions add constraint automation_conditions_numbers_check check (
    abs(threshold) <= 1e100 and hysteresis between 0 and 1e100 and (hysteresis = 0 or comparison in ('ABOVE', 'BELOW'))
);
alter table automation_conditions add constraint automation_conditions_spans_check check (
    (within_seconds is not null) = (measure = 'FORECAST') and within_seconds between 1 and 86400
    and (max_age_seconds is null or (measure = 'VALUE' and max_age_seconds between 1 and 2592000))
);

-- Every site has its autonomy from the first moment on, so that nobody has to make it before it can be stopped.
create function twinql_private.begin_autonomy() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    insert into public.site_autonomy (site_id, organisation_id) values (new.id, new.organisation_id);
    return null;
end
$$;
comment on function twinql_private.begin_autonomy() is 'Gives a new site the level at which TwinQL only advises.';
create trigger sites_begin_autonomy after insert on sites
    for each row execute function twinql_private.begin_autonomy();
insert into site_autonomy (site_id, organisation_id) select id, organisation_id from sites;

-- Anybody who may command may stop it. Only an owner gives it more room, or lets it go on.
create function twinql_private.guard_autonomy() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    if current_setting('role') = 'authenticated' and new.organisation_id is distinct from twinql.organisation_id('OWNER') and (
        (new.level, new.commands_per_hour, new.weekdays, new.first_minute, new.last_minute, new.set_at, new.set_by, new.trusted_since)
            is distinct from (old.level, old.commands_per_hour, old.weekdays, old.first_minute, old.last_minute, old.set_at, old.set_by, old.trusted_since)
        or new.paused_at is null or (old.paused_at is not null and new.paused_at is distinct from old.paused_at)
        or new.fell_back_at is distinct from old.fell_back_at
    ) then
        raise exception 'permission denied for table site_autonomy' using errcode = 'insufficient_privilege';
    end if;
    if current_setting('role') = 'authenticated' and (
        new.set_by is distinct from old.set_by and new.set_by is distinct from twinql.subject()
        or new.paused_by is not null and new.paused_by is distinct from old.paused_by and new.paused_by is distinct from twinql.subject()
    ) then
        raise exception 'nobody signs for somebody else' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;
comment on function twinql_private.guard_autonomy() is 'Lets an operator stop what TwinQL does by itself, and nothing else.';
create trigger site_autonomy_guard before update on site_autonomy
    for each row execute function twinql_private.guard_autonomy();
revoke all on function twinql_private.begin_autonomy(), twinql_private.guard_autonomy() from public;

alter table site_autonomy enable row level security;
revoke all on site_autonomy from public, anon, authenticated, service_role, twinql_server;
grant select, insert, update, delete on site_autonomy to service_role, twinql_worker;
grant select on site_autonomy to authenticated;
grant update (
    level, commands_per_hour, weekdays, first_minute, last_minute, set_at, set_by, paused_at, paused_by, pause_reason, fell_back_at,
    fell_back_because, fell_back_channel_id, trusted_since
) on site_autonomy to authenticated;
create policy site_autonomy_service on site_autonomy for all to twinql_worker, service_role using (true) with check (true);
create policy site_autonomy_read on site_autonomy for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));
create policy site_autonomy_update on site_autonomy for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OPERATOR')))
    with check (organisation_id = (select twinql.organisation_id('OPERATOR')));

alter table automation_rules enable row level security;
revoke all on automation_rules from public, anon, authenticated, service_role, twinql_server;
grant select, insert, update, delete on automation_rules to service_role, twinql_worker;
grant select on automation_rules to authenticated;
grant insert (
    organisation_id, site_id, asset_id, name, level, urgency, holds_for_seconds, minimum_between_seconds, weekdays, first_minute,
    last_minute, set_channel_id, desired, expires_in_seconds, expect_channel_id, expect_direction, expect_by, expect_value,
    expect_within_seconds
) on automation_rules to authenticated;
-- A rule stays on its site. What it has come to is forgotten when it says something else.
grant update (
    asset_id, name, level, urgency, holds_for_seconds, minimum_between_seconds, weekdays, first_minute, last_minute, set_channel_id,
    desired, expires_in_seconds, expect_channel_id, expect_direction, expect_by, expect_value, expect_within_seconds, phase,
    holding_since, outcome, message, outcome_at, fell_back_at, fell_back_because, fell_back_channel_id, archived_at
) on automation_rules to authenticated;
create policy automation_rules_service on automation_rules for all to twinql_worker, service_role using (true) with check (true);
create policy automation_rules_read on automation_rules for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));
create policy automation_rules_insert on automation_rules for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')));
create policy automation_rules_update on automation_rules for update to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')))
    with check (organisation_id = (select twinql.organisation_id('OWNER')));

alter table automation_conditions enable row level security;
revoke all on automation_conditions from public, anon, authenticated, service_role, twinql_server;
grant select, insert, update, delete on automation_conditions to service_role, twinql_worker;
grant select, delete on automation_conditions to authenticated;
grant insert (
    rule_id, position, organisation_id, channel_id, measure, comparison, threshold, hysteresis, within_seconds, max_age_seconds
) on automation_conditions to authenticated;
create policy automation_conditions_service on automation_conditions for all to twinql_worker, service_role using (true) with check (true);
create policy automation_conditions_read on automation_conditions for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));
create policy automation_conditions_insert on automation_conditions for insert to authenticated
    with check (organisation_id = (select twinql.organisation_id('OWNER')));
create policy automation_conditions_delete on automation_conditions for delete to authenticated
    using (organisation_id = (select twinql.organisation_id('OWNER')));

alter table autonomy_records enable row level security;
revoke all on autonomy_records from public, anon, authenticated, service_role, twinql_server;
grant select, insert, update, delete on autonomy_records to service_role, twinql_worker;
grant select on autonomy_records to authenticated;
create policy autonomy_records_service on autonomy_records for all to twinql_worker, service_role using (true) with check (true);
create policy autonomy_records_read on autonomy_records for select to authenticated
    using (organisation_id = (select twinql.organisation_id()));
