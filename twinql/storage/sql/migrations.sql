-- name: has_history
-- No parameters.
-- Whether Prisma or TwinQL has migrated this database before.
select to_regclass('public._prisma_migrations') is not null;

-- name: create_history
-- No parameters.
-- Column for column as Prisma's engine makes it.
create table public._prisma_migrations (
    id varchar(36) primary key not null,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
);

-- name: history
-- No parameters.
-- Every attempt, oldest first; a migration has several rows when some were rolled back.
select migration_name as name, started_at, finished_at, rolled_back_at, logs
from public._prisma_migrations
order by started_at;

-- name: start
-- $1 checksum text, $2 migration_name text
-- Written before the migration runs, so that a crash leaves its trace.
insert into public._prisma_migrations (id, checksum, started_at, migration_name)
values (gen_random_uuid()::text, $1, clock_timestamp(), $2)
returning id;

-- name: finish
-- $1 id text
-- One file is one step.
update public._prisma_migrations
set applied_steps_count = applied_steps_count + 1, finished_at = clock_timestamp()
where id = $1;

-- name: fail
-- $1 id text, $2 logs text
-- An unfinished row with a log is what makes the next run refuse.
update public._prisma_migrations set logs = $2 where id = $1;

-- name: roll_back
-- $1 migration_name text
-- Marks the failed attempts of a migration as undone.
update public._prisma_migrations
set rolled_back_at = clock_timestamp()
where migration_name = $1 and finished_at is null and rolled_back_at is null
returning id;

-- name: declare_applied
-- $1 checksum text, $2 migration_name text
-- What somebody finished by hand: no step of it was applied by us.
insert into public._prisma_migrations (id, checksum, started_at, finished_at, migration_name, logs)
select gen_random_uuid()::text, $1, moment, moment, $2, ''
from clock_timestamp() as moment;

-- name: other_tables
-- No parameters.
-- What counts as "not empty" for `prisma migrate deploy`: ordinary tables in public, those of extensions left out.
select c.relname::text as name
from pg_catalog.pg_class as c
where
    c.relnamespace = 'public'::regnamespace
    and c.relkind in ('r', 'p')
    and not c.relispartition
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by c.relname;

-- name: in_the_way
-- $1 kinds text[], $2 schemas text[], $3 names text[]: what the migrations make (RELATION, TYPE or FUNCTION)
-- What exists under one of these names; `belongs_to` is the table of an index or an owned sequence.
with wanted as (
    select w.kind, w.schema_name, w.name, n.oid as schema_oid
    from unnest($1::text[], $2::text[], $3::text[]) as w (kind, schema_name, name)
    join pg_catalog.pg_namespace as n on n.nspname = w.schema_name
)
select
    case c.relkind
        when 'v' then 'view'
        when 'm' then 'materialized view'
        when 'S' then 'sequence'
        when 'i' then 'index'
        when 'I' then 'index'
        when 'f' then 'foreign table'
        else 'table'
    end as kind,
    w.schema_name,
    w.name,
    (
        select o.relname::text from pg_catalog.pg_class as o
        where o.oid = coalesce(i.indrelid, d.refobjid)
    ) as belongs_to
from wanted as w
join pg_catalog.pg_class as c on c.relnamespace = w.schema_oid and c.relname = w.name
left join pg_catalog.pg_index as i on i.indexrelid = c.oid
left join pg_catalog.pg_depend as d
    on c.relkind = 'S' and d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
where w.kind = 'RELATION'
union
select 'type', w.schema_name, w.name, null
from wanted as w
join pg_catalog.pg_type as t on t.typnamespace = w.schema_oid and t.typname = w.name
where w.kind = 'TYPE'
union
select 'function', w.schema_name, w.name, null
from wanted as w
join pg_catalog.pg_proc as p on p.pronamespace = w.schema_oid and p.proname = w.name
where w.kind = 'FUNCTION'
order by 2, 1, 3;
