-- What came of a decision is measured once, some minutes after somebody acted on it.

create index decisions_unrealised_idx on decisions (made_at) where realised_at is null;
comment on index decisions_unrealised_idx is 'Serves the advisor: decisions of which nobody has measured yet what came of them.';
