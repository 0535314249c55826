-- Which parts of a bulk download are stored already, so that a run that was cut off goes on from
-- there.

create table archive_parts (
  run_id integer not null references runs(id),
  walk text not null,               -- which archive, and what of it was wanted
  part integer not null,
  changed integer not null, unchanged integer not null, new integer not null,
  not_checked integer not null,
  primary key (run_id, walk, part)
) without rowid;
