-- What a run needs: tables and rows, trials and their versions, changes, comparisons, problems.

create table runs (
  id integer primary key,
  started_at text not null,
  finished_at text,
  outcome text not null,            -- running, complete, partial, unreachable, offline
  api_version text,
  data_timestamp text,              -- start of the registry's nightly load, UTC
  load text,                        -- the registry's opaque name of that load
  asked integer, changed integer, unchanged integer, new integer, gone integer, not_checked integer,
  requests integer not null default 0,
  retries integer not null default 0,
  message text
);

create table tables (
  id integer primary key,
  name text not null unique,
  title text not null, citation text, doi text, url text, licence text,
  file text not null, published text, id_column text not null,
  header text not null,             -- JSON list: the printed columns, in order
  says text not null                -- JSON object: column -> list of fields
);

create table rows (
  id integer primary key,
  table_id integer not null references tables(id) on delete cascade,
  position integer not null,
  nct_id text,                      -- as printed; null: no registry id
  accessed text,
  cells text not null,              -- JSON object, verbatim
  unique (table_id, position)
);
create index rows_nct_id on rows(nct_id);

create table row_ids (              -- every id that a row names; one row may name several
  row_id integer not null references rows(id) on delete cascade,
  nct_id text not null,
  primary key (row_id, nct_id)
);
create index row_ids_nct_id on row_ids(nct_id);

create table trials (
  nct_id text primary key,
  aliases text, brief_title text, official_title text, acronym text,
  overall_status text, last_known_status text, why_stopped text,
  study_type text, phases text, allocation text, intervention_model text, masking text,
  who_masked text, primary_purpose text,
  enrollment integer, enrollment_type text,
  start_date text, start_date_type text,
  primary_completion_date text, primary_completion_date_type text,
  completion_date text, completion_date_type text,
  first_submitted text, first_posted text, results_first_submitted text, results_first_posted text,
  last_update_submitted text, last_update_posted text, status_verified text,
  minimum_age text, maximum_age text, sex text, healthy_volunteers integer,
  lead_sponsor text, lead_sponsor_class text,
  conditions text, keywords text, condition_mesh text, interventions text, countries text,
  has_results integer,
  faults text not null default '{}', -- JSON object: field -> why it could not be read
  retrieved_at text not null,       -- when this content was fetched
  checked_at text,                  -- when the registry last confirmed it; null: never
  stale_since text,                 -- since when it could not be confirmed
  gone_since text,                  -- since when the registry has no such record
  data_timestamp text,
  source text not null,
  complete integer not null
);

create table ids (                  -- what the registry last said about each id printed in a table
  nct_id text primary key,
  trial_id text references trials(nct_id),
  answer text not null,             -- found, merged, gone, unknown
  load text,
  run_id integer not null references runs(id),
  outcome text not null             -- changed, unchanged, new, gone
);
create index ids_trial_id on ids(trial_id);

create table versions (
  nct_id text not null references trials(nct_id),
  version integer not null,
  run_id integer not null references runs(id),
  seen_at text not null,
  last_update_posted text,
  digest text not null,
  complete integer not null,
  study text not null,              -- the record as the registry gave it, JSON
  primary key (nct_id, version)
);

create table changes (
  id integer primary key,
  run_id integer not null references runs(id),
  nct_id text not null references trials(nct_id),
  version integer not null,
  field text not null,
  item text,                        -- the member of a list that changed
  before text, after text,
  kind text not null                -- material, minor, noise
);
create index changes_nct_id on changes(nct_id);
create index changes_run_id on changes(run_id);

create table comparisons (
  id integer primary key,
  row_id integer not null references rows(id) on delete cascade,
  nct_id text not null,
  "column" text not null,
  field text not null,
  cell text not null,
  claim text, registry text,
  verdict text not null,            -- agrees, differs, adds, silent, unreadable, not checked
  cause text, moved_on text, note text,
  first_seen integer not null references runs(id), -- the run in which this verdict was new
  unique (row_id, nct_id, "column", field)
);
create index comparisons_verdict on comparisons(verdict);

create table problems (
  id integer primary key,
  run_id integer not null references runs(id),
  nct_id text,
  kind text not null,
  message text not null,
  first_seen text not null
);
create index problems_run_id on problems(run_id);

create view merged as
select
  t.name as "table", r.position as row, r.nct_id,
  coalesce(x.overall_status, case when r.nct_id is null then 'no registry id'
    when i.answer is null then 'not checked' else i.answer end) as status,
  x.brief_title, x.phases, x.allocation, x.intervention_model, x.masking,
  x.enrollment, x.enrollment_type,
  x.start_date, x.completion_date, x.minimum_age, x.maximum_age, x.lead_sponsor, x.has_results,
  (select group_concat(
       c.field || ': printed "' || c.cell || '", ' || c.note || ' (' || c.cause || ')', '; ')
     from comparisons c where c.row_id = r.id and c.verdict = 'differs') as differences,
  (select count(*) from comparisons c where c.row_id = r.id and c.verdict = 'agrees') as agrees,
  (select count(*) from comparisons c where c.row_id = r.id and c.verdict = 'differs') as differs,
  (select count(*) from comparisons c where c.row_id = r.id and c.verdict = 'adds') as adds,
  (select count(*) from comparisons c
     where c.row_id = r.id and c.verdict = 'unreadable') as unreadable,
  (select count(*) from comparisons c
     where c.row_id = r.id and c.verdict = 'not checked') as not_checked,
  x.last_update_posted, x.checked_at, x.stale_since, x.source, x.complete, x.nct_id as trial_id,
  r.cells, r.id as row_id
from rows r
join tables t on t.id = r.table_id
left join row_ids n on n.row_id = r.id
left join ids i on i.nct_id = n.nct_id
left join trials x on x.nct_id = coalesce(i.trial_id, n.nct_id)
order by t.id, r.position, n.nct_id;
