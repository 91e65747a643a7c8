-- name: of_machines
-- $1 machine_ids uuid[]
-- The newest state of each machine's channel `execution`, and the first reading of its unbroken run; place counts from 1.
select
    i.place,
    newest.observed_at,
    run.since,
    (
        select state.value ->> 'label' from jsonb_array_elements(c.states) as state
        where (state.value ->> 'code')::float8 = newest.value limit 1
    ) as label
from unnest($1::uuid[]) with ordinality as i (machine_id, place)
join channels as c on c.asset_id = i.machine_id and c.key = 'execution' and c.kind = 'STATE' and c.archived_at is null
cross join lateral (
    select r.observed_at, r.value
    from readings as r
    where r.channel_number = c.number and r.value is not null
    order by r.observed_at desc
    limit 1
) as newest
cross join lateral (
    select min(r.observed_at) as since
    from readings as r
    where r.channel_number = c.number and r.value = newest.value and r.observed_at > coalesce(
        (
            select other.observed_at
            from readings as other
            where other.channel_number = c.number and other.value <> newest.value
            order by other.observed_at desc
            limit 1
        ),
        timestamptz '-infinity'
    )
) as run;

-- name: of_machine
-- $1 machine_id uuid
-- The same of one machine: always one row, of NULLs where nothing tells.
select found.* from (select) as one left join (include execution.of_machines(array[$1])) as found on true;
