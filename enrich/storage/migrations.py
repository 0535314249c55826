"""The tables of the database, written out: one migration a step, never edited once released."""

import json
from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from enrich.record.children import lists_of
from enrich.record.fields import trial_of
from enrich.storage.search import shelve

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("enrich")

_FIRST = """
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
"""


@migrations()
def first_tables(db: "Database") -> None:
    """What a run needs: tables and rows, trials and their versions, changes, comparisons, problems."""
    for statement in _statements(_FIRST):
        db.execute(statement)


@migrations()
def evidence_of_a_cause(db: "Database") -> None:
    """The sentence and the link that show why a table and the registry differ."""
    db.execute("alter table comparisons add column evidence text")
    db.execute("alter table comparisons add column link text")


@migrations()
def facts_beside_cells(db: "Database") -> None:
    """What the registry says beside a cell, without a verdict."""
    for statement in _statements(_BESIDE):
        db.execute(statement)


_BESIDE = """
create table beside (
  id integer primary key,
  row_id integer not null references rows(id) on delete cascade,
  nct_id text not null,
  "column" text not null,
  field text not null,
  cell text not null,
  registry text not null,
  note text                         -- consistent, not consistent, unknown; or what was read
);
create index beside_row_id on beside(row_id);
"""


@migrations()
def rules_of_interest(db: "Database") -> None:
    """What counts as news for a table: its section [notify], a JSON object; null: the default."""
    db.execute("alter table tables add column notify text")


@migrations()
def parts_of_archives(db: "Database") -> None:
    """Which parts of a bulk download are taken in already, so that a run cut off goes on from there."""
    for statement in _statements(_PARTS):
        db.execute(statement)


_PARTS = """
create table archive_parts (
  run_id integer not null references runs(id),
  walk text not null,               -- which archive, and what of it was wanted
  part integer not null,
  changed integer not null, unchanged integer not null, new integer not null, not_checked integer not null,
  primary key (run_id, walk, part)
) without rowid;
"""


_NOTICES = """
create table notices (              -- runs whose news is to be sent to somebody
  run_id integer primary key references runs(id),
  sent_at text                      -- null: not sent yet, so the next run sends it with its own
);
create index problems_nct_id on problems(nct_id, kind, first_seen);
"""


@migrations()
def notices_of_runs(db: "Database") -> None:
    """Which news is owed to somebody, so that none is lost when a notice fails; an index to follow a failure from run to run."""
    for statement in _statements(_NOTICES):
        db.execute(statement)


_KEPT_TO_COMPARE = """
create table marks (                -- how the registry last printed each record: who prints it the same need not be read
  nct_id text primary key references trials(nct_id),
  mark text not null                -- a digest of the record's line, but for the date of the load
) without rowid;

create table bases (                -- what the comparisons of each row rest on: as long as it stays, they stand
  row_id integer primary key references rows(id) on delete cascade,
  basis text not null
);
"""


_VERSIONS = """
create table version_walks (        -- the last walk over all versions of an archive; one row
  id integer primary key,
  name text not null unique,        -- what was read, and against which tables
  archive text not null, parquet text not null,
  started_at text not null, finished_at text
);
create table version_parts (part integer primary key, versions integer not null, unusable integer not null);
create table version_records (nct_id text primary key, aliases text, versions integer not null, part integer not null) without rowid;
create table version_counts (
  "table" text not null, "column" text not null, field text not null, verdict text not null,
  number integer not null,          -- versions times cells
  primary key ("table", "column", field, verdict)
) without rowid;
create table version_cells (
  id integer primary key,
  "table" text not null, position integer not null, nct_id text not null, "column" text not null, field text not null,
  cell text not null, trial_id text not null,
  versions integer not null,        -- how many versions were compared
  verdict_then text,                -- on the day the authors looked; null: nobody knows
  moved_on text,                    -- day of the first version after it that no longer agrees
  verdict_now text
);
create table version_problems (part integer not null, name text not null, message text not null);
"""


@migrations()
def summary_of_all_versions(db: "Database") -> None:
    """What is kept of a comparison with every version of every record, whose rows stand in Parquet."""
    for statement in _statements(_VERSIONS):
        db.execute(statement)


def _statements(script: str) -> list[str]:
    """`executescript` would commit behind the migration's back, so the statements go one by one."""
    without_comments = "\n".join(line.split("--")[0] for line in script.splitlines())
    return [statement for statement in without_comments.split(";\n") if statement.strip()]


# --- for browsing

_LISTS = """
create table conditions (id integer primary key, nct_id text not null references trials(nct_id), condition text);
create table interventions (
  id integer primary key, nct_id text not null references trials(nct_id), type text, name text, description text, arms text, other_names text
);
create table arms (id integer primary key, nct_id text not null references trials(nct_id), label text, type text, description text, interventions text);
create table primary_outcomes (id integer primary key, nct_id text not null references trials(nct_id), measure text, time_frame text, description text);
create table secondary_outcomes (id integer primary key, nct_id text not null references trials(nct_id), measure text, time_frame text, description text);
create table locations (
  id integer primary key, nct_id text not null references trials(nct_id), facility text, city text, state text, zip text, country text, status text,
  latitude real, longitude real
);
create table sponsors (id integer primary key, nct_id text not null references trials(nct_id), role text not null, name text, class text);
create table publications (id integer primary key, nct_id text not null references trials(nct_id), pmid text, type text, citation text, retraction text);
create table mesh_terms (id integer primary key, nct_id text not null references trials(nct_id), role text not null, mesh_id text, term text);
create table documents (
  id integer primary key, nct_id text not null references trials(nct_id), label text, document_date text, uploaded text, filename text, size integer, url text
);
create index conditions_nct_id on conditions(nct_id);
create index interventions_nct_id on interventions(nct_id);
create index arms_nct_id on arms(nct_id);
create index primary_outcomes_nct_id on primary_outcomes(nct_id);
create index secondary_outcomes_nct_id on secondary_outcomes(nct_id);
create index locations_nct_id on locations(nct_id);
create index sponsors_nct_id on sponsors(nct_id);
create index publications_nct_id on publications(nct_id);
create index mesh_terms_nct_id on mesh_terms(nct_id);
create index documents_nct_id on documents(nct_id);
create index conditions_condition on conditions(condition);
create index locations_country on locations(country, city);
create index mesh_terms_term on mesh_terms(term);
"""

# A trial's own rowid may change when the file is vacuumed, so its search text hangs on the number in its NCT id.
_SEARCH = (
    "alter table trials add column number integer generated always as (cast(substr(nct_id, 4) as integer)) virtual",
    "create index trials_number on trials(number)",
    "create virtual table trials_fts using fts5"
    "(names, titles, conditions, interventions, sponsors, outcomes, keywords, tokenize = 'porter unicode61 remove_diacritics 2')",
    "create virtual table rows_fts using fts5(cells, tokenize = 'porter unicode61 remove_diacritics 2')",
    "insert into rows_fts (rowid, cells) select r.id, (select group_concat(value, char(10)) from json_each(r.cells)) from rows r",
    """create trigger rows_search_new after insert on rows begin
         insert into rows_fts (rowid, cells) values (new.id, (select group_concat(value, char(10)) from json_each(new.cells)));
       end""",
    """create trigger rows_search_changed after update of cells on rows when old.cells is not new.cells begin
         update rows_fts set cells = (select group_concat(value, char(10)) from json_each(new.cells)) where rowid = new.id;
       end""",
    "create trigger rows_search_gone after delete on rows begin delete from rows_fts where rowid = old.id; end",
)


@migrations()
def tables_of_lists_and_search(db: "Database") -> None:
    """The lists of each record in tables of their own, and full-text search; filled from the newest version of each record."""
    for statement in (*_statements(_LISTS), *_SEARCH):
        db.execute(statement)
    for (nct_id,) in db.execute("select nct_id from trials").fetchall():
        study, complete = db.execute(
            "select study, complete from versions where nct_id = ? order by version desc", [nct_id]
        ).fetchone()
        record = json.loads(study)
        shelve(db, [(trial_of(record, complete=bool(complete)), lists_of(record))])


@migrations()
def marks_and_bases(db: "Database") -> None:
    """How each record was last printed, and what comparisons rest on, so that only what changed is read and compared again."""
    for statement in _statements(_KEPT_TO_COMPARE):
        db.execute(statement)


@migrations()
def new_rows_are_indexed_together(db: "Database") -> None:
    """A trigger wrote down the search index after each new row."""
    db.execute("drop trigger if exists rows_search_new")
