-- The summary of a comparison with every version of every record; the rows themselves are
-- Parquet files.

create table version_walks (        -- the last walk over all versions of an archive; one row
  id integer primary key,
  name text not null unique,        -- what was read, and against which tables
  archive text not null, parquet text not null,
  started_at text not null, finished_at text
);
create table version_parts (
  part integer primary key, versions integer not null, unusable integer not null
);
create table version_records (
  nct_id text primary key, aliases text, versions integer not null, part integer not null
) without rowid;
create table version_counts (
  "table" text not null, "column" text not null, field text not null, verdict text not null,
  number integer not null,          -- versions times cells
  primary key ("table", "column", field, verdict)
) without rowid;
create table version_cells (
  id integer primary key,
  "table" text not null, position integer not null, nct_id text not null, "column" text not null,
  field text not null,
  cell text not null, trial_id text not null,
  versions integer not null,        -- how many versions were compared
  verdict_then text,                -- on the day the authors looked; null: nobody knows
  moved_on text,                    -- day of the first version after it that no longer agrees
  verdict_now text
);
create table version_problems (part integer not null, name text not null, message text not null);
