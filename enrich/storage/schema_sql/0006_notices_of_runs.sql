-- Which news is still to be sent, so that none is lost when sending fails; an index to follow a
-- failure from run to run.

create table notices (              -- runs whose news is to be sent to somebody
  run_id integer primary key references runs(id),
  sent_at text                      -- null: not sent yet, so the next run sends it with its own
);
create index problems_nct_id on problems(nct_id, kind, first_seen);
