-- name: note
-- $1 organisation_id uuid, $2 issuer text, $3 subject text, $4 client text, $5 request_id text, $6 operation text, $7 operation_name text,
-- $8 outcome text, $9 codes text[]
-- Notes a mutation that has ended.
insert into audit_log (organisation_id, issuer, subject, client, request_id, operation, operation_name, outcome, codes)
values (
    $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, ($8::text)::audit_outcome, $9::text[]
);
