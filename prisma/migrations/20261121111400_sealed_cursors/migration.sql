-- A cursor holds a position, and positions are given to everybody's writes in turn: in clear, it would count those of others.
-- So cursors are sealed, with a secret that belongs to the database: each of its servers reads those of every other one.

-- The worker's grant is on the whole table; nobody else has one.
alter table twinql_private.feed
    add column cursor_secret bytea not null
        default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    add constraint feed_cursor_secret_check check (octet_length(cursor_secret) = 32);
comment on column twinql_private.feed.cursor_secret is 'Seals the cursors that clients see; with another one, those handed out before are none.';
