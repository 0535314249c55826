-- What the registry says beside a cell, without a verdict.

create table beside (
  id integer primary key,
  row_id integer not null references rows(id) on delete cascade,
  nct_id text not null,
  "column" text not null,
  field text not null,
  cell text not null,
  registry text not null,
  note text                         -- consistent, not consistent, unknown; or what was read
);
create index beside_row_id on beside(row_id);
