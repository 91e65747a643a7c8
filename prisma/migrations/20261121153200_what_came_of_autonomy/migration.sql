-- What TwinQL asked for lately is looked at time and again, among all that it ever recorded.

create index autonomy_records_asked_idx on autonomy_records (site_id, updated_at) where command_id is not null;
comment on index autonomy_records_asked_idx is 'Serves the budget of a site, and what became of the commands that TwinQL asked for lately.';
