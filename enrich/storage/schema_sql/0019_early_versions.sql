-- The first version of a record and the one in force at the start of the trial.

create table early_versions (
  trial_id text not null references trials(nct_id),
  role text not null,               -- first, at start
  version integer not null,         -- from 0
  day text not null,                -- on which it was submitted
  study text not null,              -- the record as the registry's history gives it, JSON
  primary key (trial_id, role)
) without rowid;
