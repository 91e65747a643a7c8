-- name: in_force
-- The membership of whoever asks; for a device, the organisation of its key.
select organisation_id, organisation_number, role::text, null::uuid as key from twinql.membership()
union all
select organisation_id, organisation_number, null, key_id from twinql.device();

-- name: mine
-- Every organisation to which whoever asks belongs.
select organisation_id, name, role::text from twinql.my_memberships();

-- name: ensure_local
-- $1 name text, $2 issuer text, $3 subject text
-- The organisation in which this machine's own user is OWNER, made where it is missing.
with present as (
    select organisation_id as id from memberships where issuer = $2::text and subject = $3::text
),
made as (
    insert into organisations (name) select $1::text where not exists (select from present) returning id
),
joined as (
    insert into memberships (organisation_id, issuer, subject, role) select id, $2::text, $3::text, 'OWNER' from made
)
select id from present union all select id from made limit 1;

-- name: create_organisation
-- $1 name text, $2 issuer text, $3 subject text
-- A new organisation with its first OWNER.
with made as (
    insert into organisations (name) values ($1::text) returning id
),
joined as (
    insert into memberships (organisation_id, issuer, subject, role) select id, $2::text, $3::text, 'OWNER' from made
)
select id from made;

-- name: add
-- $1 organisation_id uuid, $2 issuer text, $3 subject text, $4 role text
-- A new member; nothing where they are one already.
insert into memberships (organisation_id, issuer, subject, role)
values ($1::uuid, $2::text, $3::text, ($4::text)::membership_role)
on conflict (organisation_id, issuer, subject) do nothing
returning organisation_id;

-- name: change_role
-- $1 organisation_id uuid, $2 issuer text, $3 subject text, $4 role text
-- Gives a member another role.
update memberships set role = ($4::text)::membership_role
where organisation_id = $1::uuid and issuer = $2::text and subject = $3::text
returning organisation_id;

-- name: remove
-- $1 organisation_id uuid, $2 issuer text, $3 subject text
-- Ends a membership.
delete from memberships
where organisation_id = $1::uuid and issuer = $2::text and subject = $3::text
returning organisation_id;

-- name: look_at_owners
-- Asks now, not at the end of the transaction, whether every organisation still has an OWNER.
set constraints memberships_keep_an_owner immediate;

-- name: organisations
-- Every organisation, with how many belong to it.
select o.id, o.name, (select count(*) from memberships as m where m.organisation_id = o.id)::int4 as members
from organisations as o
order by o.name, o.id;

-- name: members
-- $1 organisation_id uuid
-- Everybody who belongs to an organisation.
select issuer, subject, role::text
from memberships
where organisation_id = $1::uuid
order by created_at, issuer, subject;
