"""The views of the database: what a reader wants to see first, as SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from enrich.models import Answer, Cause, Significance, TrialOutcome, Verdict
from enrich.record.fields import FIELDS
from enrich.record.readers import NO_ENROLLMENT, count, day, texts

if TYPE_CHECKING:
    from enrich.storage.database import Database

# Each row of a table once for every trial that it names; a row that names none has no trial.
_ROWS = """from rows r
join tables t on t.id = r.table_id
left join row_ids n on n.row_id = r.id
left join answers i on i.nct_id = n.nct_id
left join trials x on x.nct_id = coalesce(i.trial_id, n.nct_id)"""

_STATUS = f"""coalesce(case i.answer when '{Answer.GONE}' then 'removed' end, x.current_status, case
    when n.nct_id is null then 'no registry id'
    else coalesce(i.answer, '{TrialOutcome.NOT_CHECKED}') end)"""

# The plus before `c.verdict` below makes SQLite look up the comparisons of the row, not those of
# the verdict.
_OF_ROW = "from comparisons c where c.row_id = r.id and c.nct_id = n.nct_id"

# A field and a cause in words.
_LABEL = (
    "case c.field "
    + " ".join(f"when '{name}' then '{field.label.lower()}'" for name, field in FIELDS.items())
    + " else c.field end"
)
_CAUSE = f"case c.cause when '{Cause.UNKNOWN}' then 'cause unknown' else c.cause end"

_MERGED = f"""
select
  t.name as "table", r.position as row, n.nct_id, {_STATUS} as status,
  case i.answer when '{Answer.MERGED}' then i.trial_id end as merged_into,
  x.brief_title, x.phases, x.allocation, x.intervention_model, x.masking,
  x.enrollment, x.enrollment_type,
  x.start_date, x.completion_date, x.minimum_age, x.maximum_age, x.lead_sponsor, x.has_results,
  (select group_concat(
     {_LABEL} || ': printed "' || c.cell || '", '
     || coalesce(c.note, 'registry: ' || coalesce(c.registry, 'nothing'))
     || coalesce(' (' || {_CAUSE} || ')', '')
     || coalesce(' [settled: ' || c.dismissed || ']', ''), '; ')
   {_OF_ROW} and +c.verdict = '{Verdict.DIFFERS}') as differences,
  (select count(*) {_OF_ROW} and +c.verdict = '{Verdict.AGREES}') as agrees,
  (select count(*) {_OF_ROW} and +c.verdict = '{Verdict.DIFFERS}') as differs,
  (select count(*) {_OF_ROW} and +c.verdict = '{Verdict.ADDS}') as adds,
  (select count(*) {_OF_ROW} and +c.verdict = '{Verdict.SILENT}') as silent,
  (select count(*) {_OF_ROW} and +c.verdict = '{Verdict.UNREADABLE}') as unreadable,
  (select count(*) {_OF_ROW} and +c.verdict = '{Verdict.NOT_CHECKED}') as not_checked,
  x.last_update_posted, x.checked_at, x.stale_since, x.gone_since, x.source, x.complete,
  x.nct_id as trial_id, r.cells, r.id as row_id
{_ROWS}
order by t.id, r.position, n.rowid"""

# When a change was seen, of a change *c* with its version *v* and its run *u*. A record that is
# removed or merged has no version that says so.
CHANGE_SEEN_AT = (
    "coalesce(case when c.field <> 'record' then v.seen_at end, u.finished_at, u.started_at)"
)

_RECENT_CHANGES = f"""
select
  substr({CHANGE_SEEN_AT}, 1, 10) as seen_on, c.nct_id, x.brief_title,
  c.kind, c.field, c.item, c.before, c.after, c.version, c.run_id
from changes c
join runs u on u.id = c.run_id
join trials x on x.nct_id = c.nct_id
left join versions v on v.nct_id = c.nct_id and v.version = c.version
where c.kind <> '{Significance.NOISE}'
order by c.id desc"""

_OPEN_DIFFERENCES = f"""
select
  t.name as "table", r.position as row, c.nct_id, x.brief_title,
  c."column", c.field, c.cell as printed, c.claim, c.registry as registry_now,
  c.note, c.cause, c.moved_on, c.dismissed, c.dismissed_before,
  r.accessed, x.last_update_posted, c.row_id
from comparisons c
join rows r on r.id = c.row_id
join tables t on t.id = r.table_id
left join answers i on i.nct_id = c.nct_id
left join trials x on x.nct_id = coalesce(i.trial_id, c.nct_id)
where c.verdict = '{Verdict.DIFFERS}'
order by t.id, r.position, c.id"""

# Of a trial that left the tables nobody knows what it does now.
_IS_FOLLOWED = """(x.nct_id not in (
    select coalesce(i.trial_id, m.value)
    from removed_rows r join json_each(r.nct_ids) m left join answers i on i.nct_id = m.value)
  or x.nct_id in (
    select coalesce(i.trial_id, n.nct_id)
    from row_ids n left join answers i on i.nct_id = n.nct_id))"""

_RECRUITING_NOW = f"""
select
  x.nct_id, x.brief_title, x.overall_status, x.phases, x.minimum_age, x.maximum_age, x.sex,
  x.enrollment, x.countries,
  (select count(*) from locations l where l.nct_id = x.nct_id) as sites,
  (select count(*) from locations l
   where l.nct_id = x.nct_id and l.status = 'RECRUITING') as sites_recruiting,
  (select group_concat(o.measure || coalesce(' (' || o.time_frame || ')', ''), '; ')
   from primary_outcomes o where o.nct_id = x.nct_id) as primary_outcomes,
  x.lead_sponsor, x.primary_completion_date, x.last_update_posted, x.checked_at
from trials x
where x.current_status in ('RECRUITING', 'ENROLLING_BY_INVITATION', 'NOT_YET_RECRUITING')
  and {_IS_FOLLOWED}
order by x.last_update_posted desc"""

_RESULTS_POSTED = """
select
  x.nct_id, x.brief_title, x.current_status as overall_status,
  x.results_first_posted, x.has_results, x.enrollment, x.primary_completion_date,
  (select count(*) from publications p
   where p.nct_id = x.nct_id and p.type in ('RESULT', 'DERIVED')) as publications,
  (select count(*) from publications p
   where p.nct_id = x.nct_id and p.retraction is not null) as retracted,
  x.lead_sponsor, x.last_update_posted
from trials x
where x.merged_into is null and (x.has_results = 1
  or exists (select 1 from publications p where p.nct_id = x.nct_id and p.type = 'RESULT'))
order by x.results_first_posted desc"""

# A record to use with care; the braces are for the alias of `trials`.
STALE = """{0}merged_into is not null or {0}gone_since is not null or {0}stale_since is not null
  or {0}complete = 0
  or {0}overall_status = 'UNKNOWN'"""

_STALE_RECORDS = f"""
select
  x.nct_id, x.brief_title, x.current_status as overall_status,
  case when x.merged_into is not null then 'merged into ' || x.merged_into
       when x.gone_since is not null then 'the registry has it no longer'
       when x.stale_since is not null then 'could not be confirmed in the last run'
       when x.complete = 0 then 'there is only a partial copy'
       else 'nobody updated it in time' end as why,
  x.gone_since, x.stale_since, x.last_update_posted, x.status_verified,
  x.checked_at, x.retrieved_at, x.source
from trials x
where {STALE.format("x.")}
order by x.last_update_posted"""

# What matches the search of each table, those that wait for a decision first.
_TRIAGE = """
select
  t.name as "table", h.state, h.place, h.nct_id,
  json_extract(h.facts, '$.title') as brief_title,
  (select group_concat(value, '; ') from json_each(h.grounds)) as grounds, h.related,
  (select group_concat(value, '; ') from json_each(h.facts, '$.conditions')) as conditions,
  (select group_concat(value, '; ') from json_each(h.facts, '$.interventions')) as interventions,
  json_extract(h.facts, '$.phases') as phases,
  json_extract(h.facts, '$.status') as overall_status,
  json_extract(h.facts, '$.start_date') as start_date,
  json_extract(h.facts, '$.sponsor') as lead_sponsor,
  h.reason, h.decided_by, h.decided_on, h.reopened,
  h.first_seen, h.left_at, h.left_because
from hits h join tables t on t.id = h.table_id
order by t.id, h.left_at is not null,
  case h.state when 'new' then 1 when 'maybe' then 2 when 'included' then 3 else 4 end,
  h.place is null, h.place, h.nct_id"""

# The facts of a version that the view shows; the raw record has the others.
_IN_VERSIONS = (
    *(
        "overall_status",
        "study_type",
        "phases",
        "allocation",
        "intervention_model",
        "masking",
        "enrollment",
        "enrollment_type",
    ),
    *(
        "start_date",
        "primary_completion_date",
        "completion_date",
        "minimum_age",
        "maximum_age",
        "sex",
        "lead_sponsor",
        "has_results",
        "brief_title",
    ),
)


def fact_of_version(name: str) -> str:
    """SQL that gives the fact *name* of a version *v*.

    It comes from the record in `versions` as `o`; for the newest version from `trials` as `x`,
    which is faster.
    """
    return f"case when v.newest then x.{name} else {_at(name)} end"


def valid_from(version: str) -> str:
    """SQL that gives the day from which a row of `versions` holds; *version* is its alias.

    That is the day on which its update was posted, or if the registry changed without an update,
    the day on which it was first seen. The version before is looked up: a window over the versions
    would go through all records where a page shows fifty.
    """
    return f"""case
      when {version}.last_update_posted is (
        select b.last_update_posted from versions b
        where b.nct_id = {version}.nct_id and b.version < {version}.version
        order by b.version desc limit 1) then substr({version}.seen_at, 1, 10)
      else coalesce({version}.last_update_posted, substr({version}.seen_at, 1, 10)) end"""


def _at(name: str) -> str:
    """SQL that reads the fact *name* out of a version's record."""
    found = f"json_extract(o.study, '$.{FIELDS[name].path}')"
    read_by: Mapping[Any, str] = {
        day: f"substr({found}, 1, 10)",
        count: f"nullif(cast({found} as integer), {NO_ENROLLMENT})",
        texts: f"replace({found}, '\",\"', '\", \"')",
    }
    return read_by.get(FIELDS[name].read, found)


# When a record was seen to be part of another, for the first time.
_MERGED_ON = """case when x.merged_into is not null then (
      select substr(min(coalesce(u.finished_at, u.started_at)), 1, 10)
      from changes c join runs u on u.id = c.run_id
      where c.nct_id = x.merged_into and c.field = 'record' and c.before = x.nct_id) end"""


def _trial_versions() -> str:
    """Each version of a record with the days from which and until which it held.

    The last one of a record that was removed or merged held until the day on which that was
    noticed.
    """
    facts = ",\n  ".join(f"{fact_of_version(name)} as {name}" for name in _IN_VERSIONS)
    return f"""
with v as (
  select c.nct_id, c.version, c.seen_at, c.last_update_posted, c.digest, c.complete,
    {valid_from("c")} as valid_from,
    not exists (
      select 1 from versions a where a.nct_id = c.nct_id and a.version > c.version) as newest
  from versions c
)
select
  v.nct_id, v.version, v.valid_from,
  coalesce((
    select {valid_from("a")} from versions a
    where a.nct_id = v.nct_id and a.version > v.version order by a.version limit 1),
    substr(x.gone_since, 1, 10), {_MERGED_ON}) as valid_to,
  {facts},
  v.last_update_posted, v.seen_at, v.complete, v.digest
from v cross join trials x on x.nct_id = v.nct_id
left join versions o on not v.newest and o.nct_id = v.nct_id and o.version = v.version
order by v.nct_id, v.version"""


def published_name(name: str) -> str:
    """The view of the table *name*: letters, digits and underscores, fit for addresses and SQL.

    >>> published_name("Table 9: cells")
    'published_table_9_cells'
    """
    return "published_" + (re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "table")


class PublishedFact(NamedTuple):
    """A fact that a printed column states, and the names of the columns about it (`_COMPARED`)."""

    field: str
    names: tuple[str, ...]


class PublishedColumn(NamedTuple):
    """A printed column, the name that it has in the view, and the facts that it states."""

    printed: str
    name: str
    facts: tuple[PublishedFact, ...]


# Columns of the view before the printed ones, and after them.
_STATUS_OR_MERGER = f"""case i.answer when '{Answer.MERGED}' then
    'merged into ' || i.trial_id || coalesce(': ' || x.current_status, '') else {_STATUS} end"""
_FIRST = {"row": "r.position", "trial": "n.nct_id", "status now": _STATUS_OR_MERGER}
_LAST = "row_id"
_COMPARED = (
    (
        "verdict",
        "c.verdict || coalesce(', ' || c.cause, '') || coalesce(', settled: ' || c.dismissed, '')",
    ),
    ("registry now", "c.registry"),
)


def published_columns(
    header: Iterable[str], says: Mapping[str, Iterable[str]]
) -> list[PublishedColumn]:
    """The printed columns of a published table, as its view names them."""
    taken = {*_FIRST, _LAST}
    return [
        PublishedColumn(
            column,
            _free_name(column, taken),
            tuple(
                PublishedFact(
                    field, tuple(_free_name(f"{field}: {what}", taken) for what, _ in _COMPARED)
                )
                for field in says.get(column, ())
            ),
        )
        for column in header
    ]


def _published(table_id: int, header: Iterable[str], says: Mapping[str, Iterable[str]]) -> str:
    """A published table as printed, with verdict and registry's value for each compared cell."""
    columns = [f"{value} as {quoted(name)}" for name, value in _FIRST.items()]
    for column in published_columns(header, says):
        columns.append(
            f"(select value from json_each(r.cells) where key = {_text(column.printed)})"
            f" as {quoted(column.name)}"
        )
        for fact in column.facts:
            columns += [
                f"{_of_cell(value, column.printed, fact.field)} as {quoted(name)}"
                for name, (_, value) in zip(fact.names, _COMPARED, strict=True)
            ]
    return (
        "\nselect\n  "
        + ",\n  ".join((*columns, f"r.id as {_LAST}"))
        + f"\n{_ROWS}\nwhere t.id = {table_id}\norder by r.position, n.rowid"
    )


def _of_cell(value: str, column: str, field: str) -> str:
    return (
        f'(select {value} {_OF_ROW} and c."column" = {_text(column)} and c.field = {_text(field)})'
    )


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _free_name(wanted: str, taken: set[str]) -> str:
    """A name for a column. One that is taken gets a number; SQL ignores capitals.

    >>> _free_name("Row", {"row"})
    'Row 2'
    """
    name, number = wanted, 1
    while name.casefold() in taken:
        number += 1
        name = f"{wanted} {number}"
    taken.add(name.casefold())
    return name


def quoted(name: str) -> str:
    """A name in SQL that may be a keyword, such as *column* and *table*, or any text."""
    return '"' + name.replace('"', '""') + '"'


_FIXED = {
    "merged": _MERGED,
    "recent_changes": _RECENT_CHANGES,
    "open_differences": _OPEN_DIFFERENCES,
    "recruiting_now": _RECRUITING_NOW,
    "results_posted": _RESULTS_POSTED,
    "stale_records": _STALE_RECORDS,
    "triage": _TRIAGE,
    "trial_versions": _trial_versions(),
}


def views(tables: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The `select` of each view by its name;
    *tables* are rows of `tables` (id, name, header, says).
    """
    return {
        **_FIXED,
        **{
            name: _published(table["id"], json.loads(table["header"]), json.loads(table["says"]))
            for name, table in published_views(tables).items()
        },
    }


def published_views(tables: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The published tables by the names of their views; a name that is taken gets a number."""
    named: dict[str, Mapping[str, Any]] = {}
    for table in tables:
        name = published_name(table["name"])
        named[f"{name}_{table['id']}" if name in named else name] = table
    return named


def update_views(database: Database) -> None:
    """Creates each view that is missing or has another definition; the others are left alone."""
    tables = database.fetch_dicts("select id, name, header, says from tables order by id")
    present = dict(database.fetch_tuples("select name, sql from sqlite_master where type = 'view'"))
    for name, select in views(tables).items():
        view = quoted(name)
        sql = f"CREATE VIEW {view} as {select}"
        if present.get(name) != sql:
            database.execute(f"drop view if exists {view}")
            database.execute(sql)
