-- What no day can be counted in, and what is no instant, is refused here too: by whichever door it comes.

create function twinql_private.refuse_unknown_zone() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    -- Postgres takes offsets such as UTC+3 too, and counts them the other way round.
    if new.time_zone !~ '^[A-Z][A-Za-z0-9-]*$|^GMT[+]0$|^[A-Z][A-Za-z_]*(/[A-Z][A-Za-z0-9_+-]*)+$' then
        raise exception '% is no IANA time zone', new.time_zone
            using errcode = 'check_violation', constraint = 'sites_time_zone_check', table = 'sites', schema = 'public';
    end if;
    perform now() at time zone new.time_zone;
    return new;
end
$$;
comment on function twinql_private.refuse_unknown_zone() is 'Refuses a time zone that Postgres does not know, or that is an offset.';
create trigger sites_time_zone_check before insert or update of time_zone on sites
    for each row execute function twinql_private.refuse_unknown_zone();

update calibrations set valid_until = null where valid_until is not null and not isfinite(valid_until);
alter table calibrations add constraint calibrations_instants_check check (
    performed_at between '1970-01-01Z' and '9999-12-31 23:59:59Z' and valid_until between '1970-01-01Z' and '9999-12-31 23:59:59Z'
);
alter table alarm_transitions add constraint alarm_transitions_instants_check check (
    isfinite(at) and isfinite(shelved_until) and isfinite(observed_at)
);
revoke all on all functions in schema twinql_private from public;
