-- The status of a command is told to those alone who may see the command: it was told of any, of any organisation.

-- Owned by whoever passes by the policies: a policy of commands cannot read transitions, whose own policy reads commands.
create or replace function twinql.newest_status(command uuid) returns public.command_status
language sql stable security definer
set search_path = ''
as $$
    select t.status
    from public.command_transitions as t
    join public.commands as c on c.id = t.command_id
    join public.channels as n on n.id = c.channel_id
    where t.command_id = command
        and (
            c.organisation_id = (select twinql.organisation_id('VIEWER'))
            or n.number = any ((select twinql.device_channels())::integer[])
        )
    order by t.sequence desc
    limit 1
$$;
comment on function twinql.newest_status(uuid) is 'The status of the last transition of a command of whoever asks; null for others.';
