-- Where nothing led from what is referred to back to what refers to it: deleting a forecast looked through every decision.

create index decisions_forecast_id_organisation_id_idx on decisions (forecast_id, organisation_id);
create index decisions_channel_id_organisation_id_idx on decisions (channel_id, organisation_id);
create index commands_decision_id_organisation_id_idx on commands (decision_id, organisation_id);
create index rejected_readings_channel_id_organisation_id_idx on rejected_readings (channel_id, organisation_id);
create index forecasts_organisation_id_idx on forecasts (organisation_id);

comment on index decisions_forecast_id_organisation_id_idx is 'Serves the deletion of forecasts: which decision rests on one.';
comment on index decisions_channel_id_organisation_id_idx is 'Serves the decisions of a channel, and its deletion.';
comment on index commands_decision_id_organisation_id_idx is 'Serves the commands of a decision.';
comment on index rejected_readings_channel_id_organisation_id_idx is 'Serves the rejected readings of a channel, and its deletion.';
comment on index forecasts_organisation_id_idx is 'Serves the forecasts of an organisation.';
