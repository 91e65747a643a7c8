-- An OWNER renames the organisation, and whoever belongs to one may leave it.

-- For policies alone, which compare with it.
create function twinql.issuer() returns text
language sql stable security definer
set search_path = ''
as $$ select auth.jwt() ->> 'iss' $$;
comment on function twinql.issuer() is 'Who vouches for whoever asks.';
revoke all on function twinql.issuer() from public;
grant execute on function twinql.issuer() to authenticated, service_role, twinql_worker;

grant update (name) on organisations to authenticated;
create policy organisations_update on organisations for update to authenticated
    using (id = (select twinql.organisation_id('OWNER')))
    with check (id = (select twinql.organisation_id('OWNER')));

alter policy memberships_delete on memberships using (
    organisation_id = (select twinql.organisation_id('OWNER'))
    or (
        organisation_id = (select twinql.organisation_id())
        and issuer = (select twinql.issuer())
        and subject = (select twinql.subject())
    )
);
