-- Notices about papers as news, each once for each trial, and the requests to services about papers.

create table paper_news (
  id integer primary key,
  trial_id text not null references trials(nct_id),
  run_id integer references runs(id), -- the run that reports it; null: the next one will
  seen_at text not null,
  kind text not null,                 -- retraction, expression of concern, correction, reinstatement
  doi text, pmid text,                -- of the paper
  citation text,
  day text,                           -- of the notice
  notice_doi text,
  is_results_paper integer not null,
  is_news integer not null            -- 0: about another paper of the trial
);
create index paper_news_trial_id on paper_news(trial_id);
create index paper_news_run_id on paper_news(run_id);

create table service_requests (       -- of each run
  run_id integer not null references runs(id),
  service text not null,
  requests integer not null,
  primary key (run_id, service)
) without rowid;

-- What `enrich papers` has found so far is news of the last run.
insert into paper_news (trial_id, run_id, seen_at, kind, doi, pmid, citation, day, notice_doi,
  is_results_paper, is_news)
select p.trial_id, (select max(id) from runs), n.first_seen, n.kind, p.doi, p.pmid, p.citation,
  n.day, n.notice_doi, p.role = 'results paper', p.role = 'results paper' or p.type = 'RESULT'
from papers p join paper_notices n on n.doi = p.doi or n.pmid = p.pmid
group by p.trial_id, p.place, n.kind, n.day, n.notice_doi;
