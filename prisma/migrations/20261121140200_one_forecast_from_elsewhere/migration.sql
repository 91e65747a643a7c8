-- A forecast from elsewhere is of a channel or of what its meter takes in, and there is one of each.

drop index forecasts_recorded_key;
create unique index forecasts_recorded_key on forecasts (coalesce(meter_id, channel_id), model, issued_at, starts_at)
    where recorded_by is not null;
comment on index forecasts_recorded_key is 'Keeps one forecast from elsewhere of a model, channel or meter, and time, however often it is sent.';
