-- name: tariff_to_try
-- $1 tariff_id uuid
-- Whether a tariff may be tried on: those that are archived are not.
select archived_at is not null as archived
from tariffs
where id = $1;

-- name: meters_of_sites
-- $1 site_ids uuid[], $2 first_at timestamptz, $3 last_at timestamptz, $4 as_of timestamptz
-- The meters whose costs add up to those of their sites, by name: not those beneath a meter of the same, which counts what they count.
-- One that is archived counts where it was in use, and charged, at some time of the period. As it was known at a time (empty for now): those
-- that were there, and by what they were charged then.
with period as (
    select ($2::timestamptz - interval '1 day')::date as first_day, ($3::timestamptz + interval '1 day')::date as last_day
)
select a.site_id, a.id as meter_id
from assets as a
cross join period as p
join meters as m on m.id = a.id
left join meters as above on above.id = a.parent_id and above.commodity = m.commodity
where a.site_id = any($1) and above.id is null
    and ($4::timestamptz is null or a.created_at <= $4::timestamptz)
    and (
        a.archived_at is null
        or a.archived_at > $4::timestamptz
        or a.archived_at > $2::timestamptz and exists (
            select from agreements as g
            where g.meter_id = a.id and coalesce(g.valid_from <= p.last_day, true) and coalesce(g.valid_until > p.first_day, true)
            union all
            select from agreement_history as h
            where h.meter_id = a.id and h.former_recorded_at <= $4::timestamptz and h.changed_at > $4::timestamptz
                and coalesce(h.former_valid_from <= p.last_day, true) and coalesce(h.former_valid_until > p.first_day, true)
        )
    )
order by a.name, a.id;
