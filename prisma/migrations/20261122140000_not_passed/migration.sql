-- A statement that writes JSON calls this where it meets what it cannot write exactly as the server would: the server
-- then answers in its usual way. It may not be worked out beforehand, when nothing has been met yet.
create function twinql.not_passed() returns text
language plpgsql volatile parallel safe
set search_path = ''
as $$ begin raise exception 'This is answered in the usual way.' using errcode = 'TW001'; end $$;
comment on function twinql.not_passed() is 'Ends a statement that cannot write an answer exactly; the server then answers in its usual way.';

revoke all on function twinql.not_passed() from public;
grant execute on function twinql.not_passed() to authenticated, service_role, twinql_device, twinql_worker;
