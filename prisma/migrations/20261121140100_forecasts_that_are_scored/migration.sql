-- Forecasts say how good they are beside the seasonal naive one, before and after; a meter's consumption has some too, and so do
-- those who forecast elsewhere.

alter table forecasts
    add column meter_id uuid,
    add column question text,
    add column known_until timestamptz(6),
    add column regular boolean not null default false,
    add column recorded_by text,
    add column recorded_at timestamptz(6),
    add column naive double precision[],
    add column scale double precision,
    add column backtest_mase double precision,
    add column backtest_wape double precision,
    add column backtest_naive_mase double precision,
    add column realised_mase double precision,
    add column realised_wape double precision,
    add column realised_naive_mase double precision,
    add column realised_size double precision,
    add column score_due_at timestamptz(6);
comment on column forecasts.meter_id is 'The meter whose consumption it is; empty where it is of the channel''s own values.';
comment on column forecasts.question is 'What was asked for, so that the same question gets the same answer; empty for one from elsewhere.';
comment on column forecasts.known_until is 'The last reading that was known to it; empty for one from elsewhere.';
comment on column forecasts.regular is 'Whether TwinQL issued it by itself, in its rounds.';
comment on column forecasts.recorded_by is 'Who recorded it: the subject of the token; empty for ours.';
comment on column forecasts.recorded_at is 'When it was recorded; empty for ours.';
comment on column forecasts.naive is 'What the seasonal naive forecast expected, one a step, in the unit of the channel; empty where there was too little past.';
comment on column forecasts.scale is 'Mean absolute error of the seasonal naive forecast within the past: what errors are divided by for MASE.';
comment on column forecasts.backtest_mase is 'MASE in the trial before it was issued.';
comment on column forecasts.backtest_wape is 'Sum of the absolute errors of that trial as a share of the sum of the absolute values.';
comment on column forecasts.backtest_naive_mase is 'MASE of the seasonal naive forecast in the same trial.';
comment on column forecasts.realised_mase is 'MASE against what was read since.';
comment on column forecasts.realised_wape is 'Sum of the absolute errors against it as a share of the sum of its absolute values.';
comment on column forecasts.realised_naive_mase is 'MASE of the seasonal naive forecast against the same readings.';
comment on column forecasts.realised_size is 'Mean absolute value of what was read, of registers of their increase a step: what the share is of.';
comment on column forecasts.score_due_at is 'When it is to be scored next; empty once it is settled.';

create index forecasts_meter_id_organisation_id_idx on forecasts (meter_id, organisation_id);
comment on index forecasts_meter_id_organisation_id_idx is 'Serves the forecasts of a meter.';
create index forecasts_score_due_at_idx on forecasts (score_due_at);
comment on index forecasts_score_due_at_idx is 'Serves scoring: which forecasts wait for it.';
create unique index forecasts_recorded_key on forecasts (channel_id, model, issued_at, starts_at) where recorded_by is not null;
comment on index forecasts_recorded_key is 'Keeps one forecast from elsewhere of a model, channel and time, however often it is sent.';
alter table forecasts add constraint forecasts_meter_fkey
    foreign key (meter_id, organisation_id) references meters(id, organisation_id) on delete restrict on update cascade;
alter table forecasts add constraint forecasts_naive_check check (cardinality(naive) in (0, cardinality(p50)));
alter table forecasts add constraint forecasts_recorded_check check ((recorded_by is null) = (recorded_at is null));

-- What is not behind us yet is scored on.
update forecasts set score_due_at = now()
where scored_at is null or scored_at < starts_at + make_interval(secs => step_seconds * cardinality(p50));
