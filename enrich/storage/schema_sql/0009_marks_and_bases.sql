-- How each record was last printed, and what comparisons rest on, so that only what changed is
-- read and compared again. An earlier migration, `marks_of_lines`, made the first of the two alone.

-- how the registry last printed each record: one printed the same need not be read
create table if not exists marks (
  nct_id text primary key references trials(nct_id),
  mark text not null                -- a digest of the record's line, but for the date of the load
) without rowid;

-- what the comparisons of each row rest on: as long as it is the same, they hold
create table bases (
  row_id integer primary key references rows(id) on delete cascade,
  basis text not null
);
