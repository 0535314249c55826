-- Tables named after what they hold. Their rows are copied, as renaming fails where any view of a
-- user's own cannot be read; the views of enrich are made anew afterwards (views.py).

-- what the registry last answered about each id printed in a table
create table answers (
  nct_id text primary key,
  trial_id text references trials(nct_id),
  answer text not null,             -- found, merged, gone, unknown
  load text,
  run_id integer not null references runs(id),
  outcome text not null             -- changed, unchanged, new, gone
);
insert into answers (nct_id, trial_id, answer, load, run_id, outcome)
  select nct_id, trial_id, answer, load, run_id, outcome from ids;
drop table ids;
create index answers_trial_id on answers(trial_id);

create table context_notes (        -- registry facts shown beside a cell, without a verdict
  id integer primary key,
  row_id integer not null references rows(id) on delete cascade,
  nct_id text not null,
  "column" text not null,
  field text not null,
  cell text not null,
  registry text not null,
  note text                         -- consistent, not consistent, unknown; or what was read
);
insert into context_notes (id, row_id, nct_id, "column", field, cell, registry, note)
  select id, row_id, nct_id, "column", field, cell, registry, note from beside;
drop table beside;
create index context_notes_row_id on context_notes(row_id);

-- the line on which the registry last printed each record: one printed the same need not be read
create table line_digests (
  nct_id text primary key references trials(nct_id),
  digest text not null              -- of the line without the date of the load
) without rowid;
insert into line_digests (nct_id, digest) select nct_id, mark from marks;
drop table marks;

-- what the comparisons of each row rest on: as long as it is the same, they hold
create table row_fingerprints (
  row_id integer primary key references rows(id) on delete cascade,
  fingerprint text not null
);
insert into row_fingerprints (row_id, fingerprint) select row_id, basis from bases;
drop table bases;

create table notifications (        -- runs with news to send
  run_id integer primary key references runs(id),
  sent_at text                      -- null: not sent yet, so the next run sends it with its own
);
insert into notifications (run_id, sent_at) select run_id, sent_at from notices;
drop table notices;

create table version_syncs (        -- the last comparison with all versions in an archive; one row
  id integer primary key,
  name text not null unique,        -- what was read, and against which tables
  archive text not null, parquet text not null,
  started_at text not null, finished_at text
);
insert into version_syncs (id, name, archive, parquet, started_at, finished_at)
  select id, name, archive, parquet, started_at, finished_at from version_walks;
drop table version_walks;

create temporary table parts as select * from archive_parts;
drop table archive_parts;
-- which parts of a bulk download are stored, so that a run that was cut off goes on from there
create table archive_parts (
  run_id integer not null references runs(id),
  ingest_key text not null,         -- which archive, and what of it was wanted
  part integer not null,            -- -1: all parts are stored
  changed integer not null, unchanged integer not null, new integer not null,
  not_checked integer not null,
  primary key (run_id, ingest_key, part)
) without rowid;
insert into archive_parts (run_id, ingest_key, part, changed, unchanged, new, not_checked)
  select run_id, walk, part, changed, unchanged, new, not_checked from parts;
drop table parts;
