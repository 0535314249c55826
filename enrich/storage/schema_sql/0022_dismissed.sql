-- Known differences that stay as they are, and why.

create table dismissals (
  table_id integer not null references tables(id) on delete cascade,
  nct_id text not null,
  field text not null,
  because text not null,
  settled text not null,            -- JSON list of [claim, registry]: what differed when it was settled
  primary key (table_id, nct_id, field)
);
alter table comparisons add column dismissed text;        -- the reason
alter table comparisons add column dismissed_before text; -- the reason, before fact or cell moved
