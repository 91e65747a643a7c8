-- name: tariff_to_try
-- $1 tariff_id uuid
-- Whether a tariff may be tried on: those that are archived are not.
select archived_at is not null as archived
from tariffs
where id = $1;

-- name: meters_of_sites
-- $1 site_ids uuid[], $2 first_day date, $3 last_day date, $4 as_of timestamptz
-- The meters whose costs add up to those of their sites, by name: not those beneath another meter, which counts what they count.
-- One that is archived counts where it was charged in the period. As it was known at a time (empty for now): those that were there, and
-- by what they were charged then.
select a.site_id, a.id as meter_id
from assets as a
left join assets as above on above.id = a.parent_id and above.kind = 'METER'
where a.site_id = any($1) and a.kind = 'METER' and above.id is null
    and ($4::timestamptz is null or a.created_at <= $4::timestamptz)
    and (
        a.archived_at is null
        or a.archived_at > $4::timestamptz
        or exists (
            select from agreements as g
            where g.meter_id = a.id and coalesce(g.valid_from <= $3, true) and coalesce(g.valid_until > $2, true)
        )
        or exists (
            select from agreement_history as h
            where h.meter_id = a.id and h.former_recorded_at <= $4::timestamptz and h.changed_at > $4::timestamptz
                and coalesce(h.former_valid_from <= $3, true) and coalesce(h.former_valid_until > $2, true)
        )
    )
order by a.name, a.id;
