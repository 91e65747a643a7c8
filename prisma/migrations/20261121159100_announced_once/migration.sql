-- A transaction that writes a command and two of its steps committed once: whoever follows is told once, of what it left.
-- What it has told so far is kept in a setting of the transaction, which goes with it, and with a savepoint; the rows of
-- the outbox are looked at all the same, since anybody may write a setting. Beyond the newest hundred rows, and for more
-- than a thousand ids at a time, telling twice costs less than asking.
create or replace function twinql_private.announce_ids() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
    setting constant text := 'twinql.announced_' || lower(tg_argv[0]);
    told bigint[] := coalesce(string_to_array(nullif(current_setting(setting, true), ''), ',')::bigint[], '{}');
    written bigint[];
begin
    with announced as (
        insert into twinql_private.outbox (organisation_number, kind, payload)
        select o.number, tg_argv[0], json_build_object('id', json_agg(n.id order by n.id))
        from new_rows as n
        join public.organisations as o on o.id = n.organisation_id
        where not exists (
            select from twinql_private.outbox as before
            where before.id = any(told) and before.position is null and before.organisation_number = o.number
                and before.kind = tg_argv[0] and strpos(before.payload::text, n.id::text) > 0
        )
        group by o.number
        returning id, json_array_length(payload -> 'id') as size
    )
    select array_agg(a.id order by a.id) filter (where a.size <= 1000) into written from announced as a;
    if written is not null then
        told := told || written;
        perform set_config(setting, array_to_string(told[greatest(1, cardinality(told) - 99):], ','), true);
    end if;
    return null;
end
$$;
comment on function twinql_private.announce_ids() is
    'Writes the ids of rows that were made or changed into the outbox, under the kind given, once in a transaction.';
