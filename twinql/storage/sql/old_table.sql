-- name: locate
-- $1 name text
-- A table or view by its name with or without a schema, as it must be written in a statement, and its columns.
select
    c.oid::regclass::text as quoted,
    array_agg(a.attname::text order by a.attnum) as names,
    array_agg(quote_ident(a.attname) order by a.attnum) as columns
from pg_class as c
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.oid = to_regclass($1::text) and c.relkind in ('r', 'p', 'v', 'm', 'f')
group by c.oid;
