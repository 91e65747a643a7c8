-- What the shadow would have done stays known when people trust TwinQL more, and the same decision is carried out.

alter table autonomy_records add column shadowed_at timestamptz(6);
comment on column autonomy_records.shadowed_at is 'When SHADOW would first have issued its command; empty where it never would.';
update autonomy_records set shadowed_at = recorded_at where outcome = 'WOULD_ISSUE';
