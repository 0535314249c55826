-- A database as the first schema of enrich left it: two runs, one trial with two versions, one unknown id.
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'enrich','first_tables','2026-11-22 11:34:47.980693+00:00');
CREATE TABLE changes (
  id integer primary key,
  run_id integer not null references runs(id),
  nct_id text not null references trials(nct_id),
  version integer not null,
  field text not null,
  item text,                        
  before text, after text,
  kind text not null                
);
INSERT INTO "changes" VALUES(1,2,'NCT00000001',2,'enrollment',NULL,'10','12','material');
CREATE TABLE comparisons (
  id integer primary key,
  row_id integer not null references rows(id) on delete cascade,
  nct_id text not null,
  "column" text not null,
  field text not null,
  cell text not null,
  claim text, registry text,
  verdict text not null,            
  cause text, moved_on text, note text,
  first_seen integer not null references runs(id), 
  unique (row_id, nct_id, "column", field)
);
INSERT INTO "comparisons" VALUES(1,1,'NCT00000001','N','enrollment','100','100','12','differs','unknown',NULL,'registry: enrolled 12',2);
CREATE TABLE ids (                  
  nct_id text primary key,
  trial_id text references trials(nct_id),
  answer text not null,             
  load text,
  run_id integer not null references runs(id),
  outcome text not null             
);
INSERT INTO "ids" VALUES('NCT00000001','NCT00000001','found','"a/b/d"',2,'changed');
INSERT INTO "ids" VALUES('NCT00000002',NULL,'unknown','"a/b/d"',2,'gone');
CREATE TABLE problems (
  id integer primary key,
  run_id integer not null references runs(id),
  nct_id text,
  kind text not null,
  message text not null,
  first_seen text not null
);
INSERT INTO "problems" VALUES(1,2,'NCT00000002','unknown','unknown: the registry has no record under this id','2026-09-01T20:00:01+00:00');
CREATE TABLE row_ids (              
  row_id integer not null references rows(id) on delete cascade,
  nct_id text not null,
  primary key (row_id, nct_id)
);
INSERT INTO "row_ids" VALUES(1,'NCT00000001');
INSERT INTO "row_ids" VALUES(2,'NCT00000002');
CREATE TABLE rows (
  id integer primary key,
  table_id integer not null references tables(id) on delete cascade,
  position integer not null,
  nct_id text,                      
  accessed text,
  cells text not null,              
  unique (table_id, position)
);
INSERT INTO "rows" VALUES(1,1,1,'NCT00000001','2021-02-14','{"NCT ID": "NCT00000001", "N": "100"}');
INSERT INTO "rows" VALUES(2,1,2,'NCT00000002','2021-02-14','{"NCT ID": "NCT00000002", "N": "100"}');
CREATE TABLE runs (
  id integer primary key,
  started_at text not null,
  finished_at text,
  outcome text not null,            
  api_version text,
  data_timestamp text,              
  load text,                        
  asked integer, changed integer, unchanged integer, new integer, gone integer, not_checked integer,
  requests integer not null default 0,
  retries integer not null default 0,
  message text
);
INSERT INTO "runs" VALUES(1,'2026-09-01T20:00:00+00:00','2026-09-01T20:00:01+00:00','complete','2.0.5','2026-09-01T09:00:05','"a/b/c"',2,0,0,1,1,0,3,0,NULL);
INSERT INTO "runs" VALUES(2,'2026-09-02T20:00:00+00:00','2026-09-02T20:00:01+00:00','complete','2.0.5','2026-09-02T09:00:05','"a/b/d"',2,1,0,0,1,0,3,0,NULL);
CREATE TABLE tables (
  id integer primary key,
  name text not null unique,
  title text not null, citation text, doi text, url text, licence text,
  file text not null, published text, id_column text not null,
  header text not null,             
  says text not null                
);
INSERT INTO "tables" VALUES(1,'mine','T',NULL,NULL,NULL,NULL,'mine.csv','2021-02-14','NCT ID','["NCT ID","N"]','{"N":["enrollment"]}');
CREATE TABLE trials (
  nct_id text primary key,
  aliases text, brief_title text, official_title text, acronym text,
  overall_status text, last_known_status text, why_stopped text,
  study_type text, phases text, allocation text, intervention_model text, masking text, who_masked text, primary_purpose text,
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
  faults text not null default '{}', 
  retrieved_at text not null,       
  checked_at text,                  
  stale_since text,                 
  gone_since text,                  
  data_timestamp text,
  source text not null,
  complete integer not null
);
INSERT INTO "trials" VALUES('NCT00000001',NULL,'Rest for tired pupils (1)',NULL,NULL,'RECRUITING',NULL,NULL,'INTERVENTIONAL','["PHASE2"]',NULL,NULL,NULL,NULL,NULL,12,'ACTUAL','2020-03',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-08-01','2020-06-01',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'{}','2026-09-02T20:00:00+00:00','2026-09-02T20:00:01+00:00',NULL,NULL,'2026-09-02T09:00:05','ClinicalTrials.gov',1);
CREATE TABLE versions (
  nct_id text not null references trials(nct_id),
  version integer not null,
  run_id integer not null references runs(id),
  seen_at text not null,
  last_update_posted text,
  digest text not null,
  complete integer not null,
  study text not null,              
  primary key (nct_id, version)
);
INSERT INTO "versions" VALUES('NCT00000001',1,1,'2026-09-01T20:00:00+00:00','2020-06-01','digest-1',1,'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001","briefTitle":"Rest for tired pupils (1)"},"statusModule":{"overallStatus":"RECRUITING","startDateStruct":{"date":"2020-03"},"lastUpdatePostDateStruct":{"date":"2020-06-01"}},"designModule":{"studyType":"INTERVENTIONAL","phases":["PHASE2"],"enrollmentInfo":{"count":10,"type":"ESTIMATED"}}},"derivedSection":{"miscInfoModule":{"versionHolder":"2020-01-01"}},"hasResults":false}');
INSERT INTO "versions" VALUES('NCT00000001',2,2,'2026-09-02T20:00:00+00:00','2020-06-01','digest-2',1,'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001","briefTitle":"Rest for tired pupils (1)"},"statusModule":{"overallStatus":"RECRUITING","startDateStruct":{"date":"2020-03"},"lastUpdatePostDateStruct":{"date":"2020-06-01"},"lastUpdateSubmitDate":"2026-08-01"},"designModule":{"studyType":"INTERVENTIONAL","phases":["PHASE2"],"enrollmentInfo":{"count":12,"type":"ACTUAL"}}},"derivedSection":{"miscInfoModule":{"versionHolder":"2020-01-01"}},"hasResults":false}');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX rows_nct_id on rows(nct_id);
CREATE INDEX row_ids_nct_id on row_ids(nct_id);
CREATE INDEX ids_trial_id on ids(trial_id);
CREATE INDEX changes_nct_id on changes(nct_id);
CREATE INDEX changes_run_id on changes(run_id);
CREATE INDEX comparisons_verdict on comparisons(verdict);
CREATE INDEX problems_run_id on problems(run_id);
CREATE VIEW merged as
select
  t.name as "table", r.position as row, r.nct_id,
  coalesce(x.overall_status, case when r.nct_id is null then 'no registry id' when i.answer is null then 'not checked' else i.answer end) as status,
  x.brief_title, x.phases, x.allocation, x.intervention_model, x.masking, x.enrollment, x.enrollment_type,
  x.start_date, x.completion_date, x.minimum_age, x.maximum_age, x.lead_sponsor, x.has_results,
  (select group_concat(c.field || ': printed "' || c.cell || '", ' || c.note || ' (' || c.cause || ')', '; ')
     from comparisons c where c.row_id = r.id and c.verdict = 'differs') as differences,
  (select count(*) from comparisons c where c.row_id = r.id and c.verdict = 'agrees') as agrees,
  (select count(*) from comparisons c where c.row_id = r.id and c.verdict = 'differs') as differs,
  (select count(*) from comparisons c where c.row_id = r.id and c.verdict = 'adds') as adds,
  (select count(*) from comparisons c where c.row_id = r.id and c.verdict = 'unreadable') as unreadable,
  (select count(*) from comparisons c where c.row_id = r.id and c.verdict = 'not checked') as not_checked,
  x.last_update_posted, x.checked_at, x.stale_since, x.source, x.complete, x.nct_id as trial_id,
  r.cells, r.id as row_id
from rows r
join tables t on t.id = r.table_id
left join row_ids n on n.row_id = r.id
left join ids i on i.nct_id = n.nct_id
left join trials x on x.nct_id = coalesce(i.trial_id, n.nct_id)
order by t.id, r.position, n.nct_id;
COMMIT;
