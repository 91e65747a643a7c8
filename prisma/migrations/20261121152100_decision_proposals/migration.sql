-- A decision names the command that would carry it out, and is measured by what became of it.

alter table decisions add column proposal jsonb;
alter table decisions add column realised_impact jsonb;
alter table decisions add column realised_at timestamptz(6);
alter table decisions add column automation_rule_id uuid;
comment on column decisions.proposal is 'A JSON object: the command that would carry it out, with the effect expected of it; empty where nothing that can be set would.';
comment on column decisions.realised_impact is 'A JSON object: what followed, measured afterwards; empty until then, and where nothing was done.';
comment on column decisions.realised_at is 'When that was measured.';
comment on column decisions.automation_rule_id is 'The rule of people that made it; empty where TwinQL''s own did.';
alter table decisions add constraint decisions_realised_check check ((realised_impact is null) = (realised_at is null));
