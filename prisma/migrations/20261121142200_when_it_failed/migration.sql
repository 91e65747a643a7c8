-- A machine stands still between its failure and its repair: its run ends with the first, the next one begins with the second.

alter table maintenance_tasks add column failed_at timestamptz(6);
comment on column maintenance_tasks.failed_at is 'When the thing had failed, where somebody knows: else its run ends when it was repaired or replaced.';
alter table maintenance_tasks add constraint maintenance_tasks_failed_at_check check (failed_at is null or (failed and failed_at <= done_at));
grant insert (failed_at), update (failed_at) on maintenance_tasks to authenticated;
