-- What a channel shall be is asked with every screen: the command that was due last, among many.

create index commands_due_idx on commands (channel_id, (coalesce(not_before, requested_at)) desc)
    where status not in ('REQUESTED', 'AWAITING_APPROVAL', 'REJECTED', 'FAILED', 'EXPIRED', 'CANCELLED');
comment on index commands_due_idx is 'Serves what a channel shall be: the command to it that was due last.';
