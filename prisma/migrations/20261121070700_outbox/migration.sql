-- The outbox: what happened, in the order in which it was committed. Statement triggers write it, so that a row announces
-- itself by whichever door it came; NOTIFY only wakes the reader, the table is the truth.

create table twinql_private.feed (
    epoch uuid not null default gen_random_uuid(),
    pruned_position bigint not null default 0,
    only_one boolean not null default true,
    constraint feed_pkey primary key (only_one),
    constraint feed_only_one_check check (only_one)
);
comment on table twinql_private.feed is 'The life of this feed: a cursor of another epoch is not understood.';
comment on column twinql_private.feed.epoch is 'Changes when positions start anew.';
comment on column twinql_private.feed.pruned_position is 'Events up to this position are no longer kept: a cursor before it has missed some.';
comment on column twinql_private.feed.only_one is 'Holds the table to one row.';
insert into twinql_private.feed default values;

create table twinql_private.outbox (
    id bigint generated always as identity,
    position bigint,
    organisation_number integer not null,
    written_at timestamptz not null default now(),
    kind text not null,
    payload json not null,
    constraint outbox_pkey primary key (id),
    constraint outbox_position_key unique (position),
    constraint outbox_kind_check check (kind in ('READINGS', 'RANGES', 'COMMANDS', 'DECISIONS'))
);
comment on table twinql_private.outbox is 'What happened, in commit order: one row per at most 1,000 readings.';
comment on column twinql_private.outbox.id is 'Order of writing, which is not the order of commits.';
comment on column twinql_private.outbox.position is 'Order of commits, assigned at commit under a lock.';
comment on column twinql_private.outbox.organisation_number is 'Whose it is.';
comment on column twinql_private.outbox.written_at is 'When its transaction began.';
comment on column twinql_private.outbox.kind is 'READINGS with columns of values; RANGES of channels that changed; COMMANDS and DECISIONS by their ids.';
comment on column twinql_private.outbox.payload is 'What happened, by kind.';
comment on index twinql_private.outbox_position_key is 'Serves the tail: what came after a position.';
alter table twinql_private.outbox enable row level security;
alter table twinql_private.feed enable row level security;
create policy outbox_worker on twinql_private.outbox for all to twinql_worker using (true);
create policy feed_worker on twinql_private.feed for select to twinql_worker using (true);
create policy feed_worker_prune on twinql_private.feed for update to twinql_worker using (true);
grant select, delete on twinql_private.outbox to twinql_worker;
grant select on twinql_private.feed to twinql_worker;
grant update (pruned_position) on twinql_private.feed to twinql_worker;

create sequence twinql_private.outbox_position_seq as bigint;
comment on sequence twinql_private.outbox_position_seq is 'Positions in commit order; drawn only under the commit lock.';

-- Runs at commit. The lock is let go after the commit is visible, so the next position is always committed later.
create function twinql_private.assign_position() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(7205002);
    update twinql_private.outbox set position = nextval('twinql_private.outbox_position_seq') where id = new.id;
    perform pg_notify('twinql_outbox', '');
    return null;
end
$$;
comment on function twinql_private.assign_position() is 'Gives an outbox row its place in commit order.';
create constraint trigger outbox_assign_position after insert on twinql_private.outbox
    deferrable initially deferred for each row execute function twinql_private.assign_position();

-- The writer's own settings decide how JSON shows a float and an instant: an event always has every digit, in UTC.
-- Columns of at most 1,000 readings a row; above 10,000 in one statement, or where the setting twinql.announce says so,
-- only which stretch of which channel changed.
create function twinql_private.announce_readings() returns trigger
language plpgsql security definer
set search_path = '' set extra_float_digits = 1 set timezone = 'UTC'
as $$
begin
    if coalesce(current_setting('twinql.announce', true), '') <> 'ranges' and (select count(*) from new_rows) <= 10000 then
        insert into twinql_private.outbox (organisation_number, kind, payload)
        select
            r.organisation_number, 'READINGS',
            json_build_object(
                'channel_number', json_agg(r.channel_number order by r.place),
                'observed_at', json_agg(r.observed_at order by r.place),
                'recorded_at', json_agg(r.recorded_at order by r.place),
                'value', json_agg(r.value order by r.place),
                'quality', json_agg(r.quality order by r.place),
                'source', json_agg(r.source order by r.place)
            )
        from (
            select n.*, row_number() over (partition by n.organisation_number order by n.observed_at, n.channel_number) as place
            from new_rows as n
        ) as r
        group by r.organisation_number, (r.place - 1) / 1000
        order by r.organisation_number, (r.place - 1) / 1000;
    else
        perform twinql_private.announce_ranges(n.organisation_number, n.channel_number, min(n.observed_at), max(n.observed_at), count(*))
        from new_rows as n
        group by n.organisation_number, n.channel_number;
    end if;
    return null;
end
$$;
comment on function twinql_private.announce_readings() is 'Writes readings that were recorded or corrected into the outbox.';

create function twinql_private.announce_ranges(
    organisation_number integer, channel_number integer, first_at timestamptz, last_at timestamptz, readings bigint
) returns void
language sql
set search_path = ''
as $$
    insert into twinql_private.outbox (organisation_number, kind, payload)
    values (
        organisation_number, 'RANGES',
        json_build_object('channel_number', channel_number, 'first_at', first_at, 'last_at', last_at, 'readings', readings)
    )
$$;
comment on function twinql_private.announce_ranges(integer, integer, timestamptz, timestamptz, bigint) is 'Writes that a stretch of a channel changed.';

create function twinql_private.announce_removed_readings() returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
    perform twinql_private.announce_ranges(o.organisation_number, o.channel_number, min(o.observed_at), max(o.observed_at), count(*))
    from old_rows as o
    group by o.organisation_number, o.channel_number;
    return null;
end
$$;
comment on function twinql_private.announce_removed_readings() is 'Writes that readings were deleted into the outbox.';

create trigger readings_announce_inserted after insert on readings
    referencing new table as new_rows for each statement execute function twinql_private.announce_readings();
create trigger readings_announce_updated after update on readings
    referencing new table as new_rows for each statement execute function twinql_private.announce_readings();
create trigger readings_announce_deleted after delete on readings
    referencing old table as old_rows for each statement execute function twinql_private.announce_removed_readings();
