-- What triggers call is nobody's to call: a new function may be executed by everybody until that is taken away.
revoke all on function twinql_private.step_command(), twinql_private.keep_status() from public;
