-- name: may_move
-- $1 id uuid
-- Whether whoever asks may move a command on; no row where they may not see it.
select organisation_id = (select twinql.organisation_id('OPERATOR')) as allowed from commands where id = $1::uuid;

-- name: hold
-- $1 id uuid
-- Where a command stands, which nobody else may change until this transaction ends, and who asked for it.
select
    c.status::text, c.expires_at,
    (select t.actor from command_transitions as t where t.command_id = c.id and t.sequence = 1) as requested_by
from commands as c
where c.id = $1::uuid
for update of c;
