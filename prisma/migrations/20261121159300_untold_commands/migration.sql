-- Which commands were sent and have certainly reached nobody, so that an emergency stop can still take them back.

create table twinql_private.untold_commands (
    command_id uuid not null,
    trying boolean not null default false,

    constraint untold_commands_pkey primary key (command_id)
);
comment on table twinql_private.untold_commands is 'Commands that were sent, and of which it is known that no finished attempt reached their device.';
comment on column twinql_private.untold_commands.command_id is 'The command.';
comment on column twinql_private.untold_commands.trying is 'Whether an attempt was begun of which nobody knows yet, or ever will, whether it reached the device.';
alter table twinql_private.untold_commands add constraint untold_commands_command_fkey
    foreign key (command_id) references commands(id) on delete cascade;
alter table twinql_private.untold_commands enable row level security;
create policy untold_commands_worker on twinql_private.untold_commands for all to twinql_worker using (true) with check (true);
grant select, insert, update, delete on twinql_private.untold_commands to twinql_worker;
