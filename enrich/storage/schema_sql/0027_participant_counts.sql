-- The numbers of people in the listed trials with results, by stage.

create table participant_counts (
  id integer primary key,
  nct_id text not null references trials(nct_id),
  stage text not null,              -- planned now, enrolled, started, counted at baseline, analysed
  people integer,                   -- null: cannot be given
  outcome text,                     -- the primary outcome that the number belongs to
  reason text                       -- why there is no number, or how it was added up
);
create index participant_counts_nct_id on participant_counts(nct_id);
