-- name: in_force
-- The membership of whoever asks.
select organisation_id, organisation_number, role::text from twinql.membership();

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
