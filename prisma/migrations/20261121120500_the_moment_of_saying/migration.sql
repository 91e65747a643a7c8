-- When something was said is the moment at which it is written, by the database's clock, and not when its transaction began:
-- of two changes that wait for each other the one that comes second is the later one.
create or replace function twinql_private.stamp_recorded() returns trigger
language plpgsql
set search_path = ''
as $$ begin new.recorded_at := clock_timestamp(); return new; end $$;

-- What holds until it is changed holds up to the very moment from which the change does.
create or replace function twinql_private.keep_former_agreement() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    insert into public.agreement_history (
        organisation_id, agreement_id, meter_id, tariff_id, former_valid_from, former_valid_until, former_recorded_at,
        changed_at, changed_by
    )
    values (
        old.organisation_id, old.id, old.meter_id, old.tariff_id, old.valid_from, old.valid_until, old.recorded_at,
        coalesce(new.recorded_at, clock_timestamp()), coalesce(auth.jwt() ->> 'sub', session_user)
    );
    return null;
end
$$;

-- An event is taken back once, at the moment of saying so; nothing else of it changes, whoever asks.
create function twinql_private.stamp_retracted() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    said public.register_events := new;
begin
    said.retracted_at := old.retracted_at;
    said.retracted_by := old.retracted_by;
    if old.retracted_at is not null or new.retracted_by is null or said is distinct from old then
        raise exception 'what was said of a register is only ever taken back'
            using errcode = 'integrity_constraint_violation', constraint = 'register_events_said_once', table = 'register_events',
                schema = 'public';
    end if;
    new.retracted_at := clock_timestamp();
    return new;
end
$$;
comment on function twinql_private.stamp_retracted() is 'Sets when what was said of a register was taken back, and refuses any other change.';
create trigger register_events_said_once before update on register_events
    for each row execute function twinql_private.stamp_retracted();

revoke all on all functions in schema twinql_private from public;
