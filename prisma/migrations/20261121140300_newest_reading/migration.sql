-- When a channel was last read, in PL/pgSQL: it keeps its plan over all the months of readings for the length of a session, and planning
-- takes longer than looking.

create function twinql.newest_reading_at(of_channel_number integer, until timestamptz) returns timestamptz
language plpgsql stable
set search_path = ''
as $$
begin
    return (
        select r.observed_at
        from public.readings as r
        where r.channel_number = of_channel_number and r.observed_at <= until
        order by r.observed_at desc
        limit 1
    );
end
$$;
comment on function twinql.newest_reading_at(integer, timestamptz) is 'When a channel was last read up to an instant, as far as whoever asks may see it.';
revoke all on function twinql.newest_reading_at(integer, timestamptz) from public;
grant execute on function twinql.newest_reading_at(integer, timestamptz) to authenticated, service_role, twinql_device, twinql_worker;
