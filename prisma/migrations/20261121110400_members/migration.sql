-- Memberships: an organisation keeps an OWNER, live connections hear of changes, and everybody may ask where they belong.

-- API keys vouch for devices, never for members.
alter table memberships add constraint memberships_issuer_check
    check (length(issuer) between 1 and 2048 and issuer <> 'twinql:api-key');

-- At the end of the transaction, so that an OWNER may hand over. Two who leave at once wait for each other at the organisation's
-- row, and the second sees that the first is gone.
create function twinql_private.keep_an_owner() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    perform from public.organisations where id = old.organisation_id for no key update;
    if found and not exists (select from public.memberships where organisation_id = old.organisation_id and role = 'OWNER') then
        raise exception 'organisation % would be left without an OWNER', old.organisation_id
            using errcode = 'check_violation', constraint = 'memberships_keep_an_owner', table = 'memberships', schema = 'public';
    end if;
    return null;
end
$$;
comment on function twinql_private.keep_an_owner() is 'Refuses to leave an organisation without an OWNER.';
create constraint trigger memberships_keep_an_owner after update or delete on memberships
    deferrable initially deferred for each row when (old.role = 'OWNER') execute function twinql_private.keep_an_owner();

create function twinql.my_memberships() returns table (organisation_id uuid, name text, role public.membership_role)
language sql stable security definer
set search_path = ''
as $$
    select m.organisation_id, o.name, m.role
    from public.memberships as m
    join public.organisations as o on o.id = m.organisation_id
    where m.issuer = auth.jwt() ->> 'iss' and m.subject = auth.jwt() ->> 'sub'
    order by o.name, m.organisation_id
$$;
comment on function twinql.my_memberships() is 'Every organisation to which whoever asks belongs, with their role there.';
revoke all on function twinql.my_memberships() from public;
grant execute on function twinql.my_memberships() to authenticated;

-- Whoever is connected is judged anew when memberships or keys change: the outbox tells whose.
alter table twinql_private.outbox drop constraint outbox_kind_check;
alter table twinql_private.outbox add constraint outbox_kind_check
    check (kind in ('READINGS', 'RANGES', 'COMMANDS', 'DECISIONS', 'ACCESS'));
comment on column twinql_private.outbox.kind is 'READINGS with columns of values; RANGES of channels that changed; COMMANDS and DECISIONS by their ids; ACCESS when who may do what changed.';

create function twinql_private.announce_access() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
    concerned uuid[];
begin
    if tg_table_name = 'api_keys' then
        -- Its use is noted in the row too, and changes nobody's access.
        select array_agg(distinct o.organisation_id) into concerned
        from old_rows as o
        left join new_rows as n on n.id = o.id
        where (n.revoked_at, n.expires_at) is distinct from (o.revoked_at, o.expires_at);
    elsif tg_op = 'INSERT' then
        select array_agg(distinct organisation_id) into concerned from new_rows;
    elsif tg_op = 'DELETE' then
        select array_agg(distinct organisation_id) into concerned from old_rows;
    else
        select array_agg(distinct organisation_id) into concerned
        from (select organisation_id from old_rows union all select organisation_id from new_rows) as changed;
    end if;
    insert into twinql_private.outbox (organisation_number, kind, payload)
    select number, 'ACCESS', '{}' from public.organisations where id = any(concerned) order by number;
    return null;
end
$$;
comment on function twinql_private.announce_access() is 'Writes that who may do what in an organisation changed into the outbox.';
create trigger memberships_announce_inserted after insert on memberships
    referencing new table as new_rows for each statement execute function twinql_private.announce_access();
create trigger memberships_announce_updated after update on memberships
    referencing old table as old_rows new table as new_rows for each statement execute function twinql_private.announce_access();
create trigger memberships_announce_deleted after delete on memberships
    referencing old table as old_rows for each statement execute function twinql_private.announce_access();
create trigger api_keys_announce_updated after update on api_keys
    referencing old table as old_rows new table as new_rows for each statement execute function twinql_private.announce_access();
create trigger api_key_channels_announce_inserted after insert on api_key_channels
    referencing new table as new_rows for each statement execute function twinql_private.announce_access();
create trigger api_key_channels_announce_deleted after delete on api_key_channels
    referencing old table as old_rows for each statement execute function twinql_private.announce_access();
