-- The search of each table, what it found, what was decided on it, and what happened since.

create table searches (
  table_id integer primary key references tables(id) on delete cascade,
  query text not null,              -- JSON list of the registry's parameters with their values
  total integer not null,           -- trials that matched in the last answer
  load text,                        -- the load that answered last
  data_timestamp text,              -- when that load began
  asked_at text not null
);

create table hits (                 -- trials that matched, also those that no longer do
  table_id integer not null references tables(id) on delete cascade,
  nct_id text not null,
  state text not null,              -- new, maybe, included, excluded
  in_table integer not null default 0,
  first_seen text not null,
  last_seen text not null,
  left_at text,                     -- when an answer first missed it; null: it matches
  left_because text,                -- which fact moved
  decision text, reason text, decided_by text, decided_on text,
  basis text,                       -- JSON: the facts on which the decision rests
  reopened text,                    -- which of them changed since
  place integer,                    -- in the ranking of those to screen, from 1
  grounds text,                     -- JSON list: why it is at that place
  related text,                     -- a sister trial or extension among the included ones
  facts text not null,              -- JSON: what a person screens it by
  primary key (table_id, nct_id)
);
create index hits_nct_id on hits(nct_id);

create table search_events (        -- what is to be reported once
  id integer primary key,
  table_id integer not null references tables(id) on delete cascade,
  run_id integer references runs(id),  -- the run that reports it; null: the next one
  nct_id text,
  kind text not null,               -- asked, new, changed, left, returned
  detail text not null,
  seen_at text not null
);
create index search_events_run_id on search_events(run_id);
