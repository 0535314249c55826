-- Which tables a run read, and what changed in the tables themselves: edits, and what left.

-- of the description, from the folder of the database; null: not known
alter table tables add column path text;

create table run_tables (
  run_id integer not null references runs(id),
  table_id integer not null references tables(id) on delete cascade,
  primary key (run_id, table_id)
);

create table table_changes (
  id integer primary key,
  run_id integer not null references runs(id),
  "table" text not null,            -- its name
  kind text not null,               -- cell edited, row added, row removed, column renamed, …
  row_id integer,                   -- in rows, or in removed_rows
  position integer, nct_id text, "column" text,
  before text, after text
);
create index table_changes_run_id on table_changes(run_id);
create index table_changes_nct_id on table_changes(nct_id);

create table removed_rows (         -- rows that are no longer in their table
  id integer primary key,           -- as it was in rows
  run_id integer not null references runs(id), -- the run that missed it first
  "table" text not null,
  position integer not null,
  nct_id text,
  nct_ids text not null,            -- JSON list: every id that it names
  cells text not null
);
create index removed_rows_nct_id on removed_rows(nct_id);
