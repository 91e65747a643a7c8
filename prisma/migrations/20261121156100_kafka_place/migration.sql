-- How far decisions and commands were announced to Kafka: whoever goes on with it reads on from there.

create table twinql_private.kafka_place (
    only_one boolean not null default true,
    position bigint not null,
    epoch uuid not null,
    read_at timestamptz(6) not null,

    constraint kafka_place_pkey primary key (only_one),
    constraint kafka_place_only_one_check check (only_one)
);
comment on table twinql_private.kafka_place is 'How far decisions and commands were announced to Kafka: one row.';
comment on column twinql_private.kafka_place.only_one is 'Keeps it to one row.';
comment on column twinql_private.kafka_place.position is 'The last place of the outbox that was announced, or had nothing to announce.';
comment on column twinql_private.kafka_place.epoch is 'The feed epoch of which that is a place.';
comment on column twinql_private.kafka_place.read_at is 'When the outbox was read up to there: where what followed is no longer kept, all that changed since is announced.';
alter table twinql_private.kafka_place enable row level security;
create policy kafka_place_worker on twinql_private.kafka_place for all to twinql_worker using (true) with check (true);
grant select, insert, update, delete on twinql_private.kafka_place to twinql_worker;
