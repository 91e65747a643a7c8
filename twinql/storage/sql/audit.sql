-- name: note
-- $1 entry json
-- Notes a mutation that has ended.
insert into audit_log (organisation_id, issuer, subject, client, request_id, operation, operation_name, outcome, codes)
select organisation_id, issuer, subject, client, request_id, operation, operation_name, outcome, codes
from json_to_record($1::json) as e (
    organisation_id uuid, issuer text, subject text, client text, request_id text, operation text, operation_name text,
    outcome audit_outcome, codes text[]
);
