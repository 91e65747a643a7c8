-- Supabase grants every new sequence in public to its API roles by default. Only an OWNER draws a number, for a new channel.

revoke all on sequence organisations_number_seq, channels_number_seq, reading_corrections_number_seq
    from public, anon, authenticated, twinql_server;
grant usage on sequence channels_number_seq to authenticated;
