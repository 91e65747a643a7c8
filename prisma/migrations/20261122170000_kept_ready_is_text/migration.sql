-- Statements say themselves how they take what is kept ready (twinql/storage/sql/kept_ready.sql). These functions had to become a
-- part of whoever called them, and so could not have a search path of their own.
drop function twinql.bucketed_ends(integer, timestamptz[], timestamptz, timestamptz, boolean);
drop function twinql.bucketed(integer, timestamptz[], timestamptz, timestamptz);
drop function twinql.kept_ready(integer, timestamptz[], timestamptz, timestamptz);
