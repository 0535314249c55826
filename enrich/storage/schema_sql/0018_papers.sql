-- The papers of each trial with the notices about them, and when the services were asked.

create table papers (
  id integer primary key,
  trial_id text not null references trials(nct_id),
  place integer not null,           -- 1: the likeliest results paper
  role text not null,               -- results paper, protocol, secondary analysis, …
  points real not null,             -- of the rules of ranking
  grounds text not null,            -- JSON list: why, in words
  type text not null,               -- RESULT, DERIVED, BACKGROUND; SEARCHED: a search found it
  pmid text, doi text, citation text
);
create index papers_trial_id on papers(trial_id);
create index papers_doi on papers(doi);

create table paper_notices (        -- retraction, expression of concern, correction, reinstatement
  id integer primary key,
  doi text, pmid text,              -- of the paper
  kind text not null,
  day text,                         -- of the notice
  notice_doi text,
  first_seen text not null
);
create index paper_notices_doi on paper_notices(doi);

create table paper_checks (         -- when each service was last asked with success
  service text primary key,
  checked_on text not null
);
