-- How each record was last printed, and what comparisons rest on, so that only what changed is read and
-- compared again. An earlier migration, `marks_of_lines`, made the first of the two alone.

create table if not exists marks (                -- how the registry last printed each record: who prints it the same need not be read
  nct_id text primary key references trials(nct_id),
  mark text not null                -- a digest of the record's line, but for the date of the load
) without rowid;

create table bases (                -- what the comparisons of each row rest on: as long as it stays, they stand
  row_id integer primary key references rows(id) on delete cascade,
  basis text not null
);
