-- name: create
-- $1 organisation_id uuid, $2 email text, $3 role text, $4 secret_hash bytea, $5 invited_by text, $6 expires_at timestamptz
-- A new invitation.
insert into invitations (organisation_id, email, role, secret_hash, invited_by, expires_at)
values ($1::uuid, $2::text, ($3::text)::membership_role, $4::bytea, $5::text, $6::timestamptz)
returning id;

-- name: revoke
-- $1 id uuid
-- Takes an invitation back, unless it was accepted.
update invitations set revoked_at = coalesce(revoked_at, now()) where id = $1::uuid and accepted_at is null returning id;

-- name: accept
-- $1 secret_hash bytea, $2 issuer text, $3 subject text, $4 now timestamptz
-- Uses an invitation up and makes whoever brought it a member; who is one already keeps the higher role.
with accepted as (
    update invitations
    set accepted_at = $4::timestamptz, accepted_issuer = $2::text, accepted_subject = $3::text
    where secret_hash = $1::bytea and accepted_at is null and revoked_at is null and expires_at > $4::timestamptz
    returning organisation_id, role
),
joined as (
    insert into memberships (organisation_id, issuer, subject, role)
    select organisation_id, $2::text, $3::text, role from accepted
    on conflict (organisation_id, issuer, subject) do update set role = least(memberships.role, excluded.role)
)
select organisation_id from accepted;
