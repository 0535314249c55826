-- Trials with a difference whose history is still to be read: a run sends so many requests at most.

create table open_histories (
  nct_id text primary key,                    -- as the table prints it
  since integer not null references runs(id)  -- the run that first left it to later ones
) without rowid;
