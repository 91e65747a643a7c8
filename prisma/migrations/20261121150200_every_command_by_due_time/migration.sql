-- What was sent to a channel after a command ends the time in which readings are its effect, whatever became of it: one index serves
-- that too, where it holds commands of every status.

drop index commands_due_idx;
create index commands_due_idx on commands (channel_id, (coalesce(not_before, requested_at)) desc);
comment on index commands_due_idx is 'Serves what a channel shall be, and what was sent to it after a command: by when they were due.';
