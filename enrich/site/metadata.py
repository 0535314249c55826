"""Datasette's metadata: titles, column descriptions, attribution, facets and canned queries.

Pure: made from the tables that the code itself uses.
"""

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

from enrich.changes.significance import RULES
from enrich.compare import vocabulary
from enrich.models import Significance, Verdict
from enrich.record.children import CHILD_TABLES, LISTS
from enrich.record.fields import FIELDS
from enrich.site.headings import HEADINGS, PAGE_FACTS, SHOWN, title_of
from enrich.site.queries import QUERIES
from enrich.storage.schema.views import published_columns, published_views
from enrich.text import join_and, plural, sanitize

DATABASE = "trials"

_TERMS = "https://clinicaltrials.gov/about-site/terms-conditions"
ATTRIBUTION = {
    "source": "ClinicalTrials.gov, courtesy of the U.S. National Library of Medicine",
    "source_url": "https://clinicaltrials.gov",
    "license": "ClinicalTrials.gov terms and conditions",
    "license_url": _TERMS,
}
_NOTICE = (
    "Registry data come from ClinicalTrials.gov, courtesy of the U.S. National Library of Medicine"
    " (NLM), which neither endorses nor recommends this site or any use of the data."
    " Facts were extracted from the records into columns and are otherwise unaltered."
    " Verdicts, causes and the significance of changes are ours."
    " See the registry for the current and complete record."
    " Nothing here is medical advice."
)

# The keys of a table that Datasette 1.0 reads from datasette.yaml and 0.65 from metadata.json.
_CONFIG = ("facets", "sort", "sort_desc", "size", "label_column", "fts_table", "fts_pk", "hidden")
# Suggesting facets means counting every column of every view, which costs seconds where the views
# look up verdicts.
SETTINGS = {
    "suggest_facets": False,
    "default_page_size": 50,
    "default_facet_size": 10,
    "truncate_cells_html": 300,
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 200,
    "facet_suggest_time_limit_ms": 20,
    "default_cache_ttl": 0,
    "max_returned_rows": 2000,
}


class TablePage(NamedTuple):
    """How Datasette shows a table or view.

    *meaning* says what a row is, *columns* describes columns that are no fields of a trial, and
    *options* are further keys of Datasette's metadata (how it is sorted and searched).
    """

    meaning: str
    columns: Mapping[str, str] = {}
    facets: tuple[Any, ...] = ()
    options: Mapping[str, Any] = {}


_ID = {"id": "Number of the row in this database."}
_NCT = {"nct_id": "NCT number of the trial; links to its page here."}
_TRIAL = {"nct_id": _NCT["nct_id"], "brief_title": FIELDS["brief_title"].meaning}
_FRESHNESS = {
    "retrieved_at": "When this content was fetched (UTC).",
    "checked_at": "When ClinicalTrials.gov last confirmed it (UTC); empty: never.",
    "stale_since": "Since when it could not be confirmed (UTC).",
    "merged_into": "NCT number of the record that absorbed this one.",
    "current_status": "Recruitment status; MERGED or REMOVED where the registry no longer has the record as a trial of its own.",
    "gone_since": "Since when ClinicalTrials.gov has no such record (UTC).",
    "data_timestamp": "Start of the nightly registry load that the content came from (UTC).",
    "source": "Where the content came from.",
    "facts_version": "Version of the code that read the facts out of the record.",
    "complete": (
        "Whether we hold the whole record. What a partial copy lacks is unknown, not absent."
    ),
}
_ROW = {
    "table": "The published table.",
    "row": "Position of the row in its table, from 1.",
    "position": "Position of the row in its table, from 1.",
    "cells": "The row as printed: JSON, column to cell, verbatim.",
    "accessed": (
        "When the authors looked at the record:"
        " a day, a month, a year, or two days with a stroke between."
    ),
    "row_id": "Number of the row in `rows`.",
}
_COMPARISON = {
    "column": "Column of the table.",
    "field": "Fact of the trial that the cell states; a column of `trials`.",
    "cell": "The cell, verbatim.",
    "printed": "The cell, verbatim.",
    "claim": "What the cell states; several registry codes where its wording is less specific.",
    "registry": "What ClinicalTrials.gov gives now.",
    "registry_now": "What ClinicalTrials.gov gives now.",
    "verdict": (
        "agrees · differs · adds (only ClinicalTrials.gov gives it) · silent (only the table gives"
        " it) · unreadable · not checked."
    ),
    "cause": "registry moved (they agreed when the authors looked) · never agreed · unknown.",
    "moved_on": "Date of the first version of the record that no longer agrees.",
    "note": "The registry's value in words, or why it was not checked.",
    "evidence": "The cause as a sentence, with the versions and dates that show it.",
    "link": "Comparison of these versions at ClinicalTrials.gov.",
    "first_seen": "The first run with this verdict.",
    "dismissed": "Why the difference was settled (“enrich dismiss”); empty: it is open.",
    "dismissed_before": "Why it had been settled, before the fact or the cell moved again.",
    "out_of_date_since": "The run in which the unedited cell began to differ.",
    "last_made": "What the comparison gave while there was a record (JSON).",
}


def _significance() -> str:
    """What makes a change material, minor or noise, from the rules that decide it."""
    material = sorted({rule.reason for rule in RULES if rule.significance == Significance.MATERIAL})
    return (
        f"{Significance.MATERIAL}: {'; '.join(material)}."
        f" {Significance.NOISE}: what the registry computes or changes by itself."
        f" {Significance.MINOR}: everything else."
    )


_CHANGE = {
    "run_id": "The run that saw it.",
    "version": "Version of the record that brought it; our own count, from 1.",
    "field": "What changed: a column of `trials`, a list, or a path in the record.",
    "item": "The entry of a list that changed: a site, an outcome.",
    "before": "Value before; empty: absent.",
    "after": "Value after; empty: absent.",
    "kind": f"How much it matters to a reader of the table. {_significance()}",
    "seen_on": "Day on which it was seen.",
}
_COUNTS = {
    verdict.replace(" ", "_"): f"Number of comparisons of the row with this verdict: {verdict}."
    for verdict in Verdict
}
_ROW_STATUS = {
    "status": ("Recruitment status now; or: no registry id, not checked, gone, unknown, merged."),
    "differences": "All differences of the row, a sentence for each.",
    "trial_id": "NCT number under which the registry keeps the record now.",
}
_HIDDEN = {"hidden": True}
_ROW_SEARCH = {"fts_table": "rows_fts", "fts_pk": "row_id"}


def _array(name: str) -> dict[str, str]:
    return {"array": name}


# fmt: off
TABLE_PAGES: Mapping[str, TablePage] = {
    "merged":           TablePage("Each published row beside what ClinicalTrials.gov gives now.", {**_ROW, **_TRIAL, **_COUNTS, **_ROW_STATUS, **_FRESHNESS}, ("table", "status", "differs"), _ROW_SEARCH),
    "open_differences": TablePage("Cells that differ from ClinicalTrials.gov in meaning, with the cause.", {**_ROW, **_TRIAL, **_COMPARISON}, ("table", "field", "cause"), _ROW_SEARCH),
    "recent_changes":   TablePage("Changes of the records, newest first, without noise.", {**_CHANGE, **_TRIAL}, ("kind", "field", "seen_on")),
    "recruiting_now":   TablePage("Trials that recruit, enrol by invitation or will soon do so.", {**_TRIAL, **_FRESHNESS, "sites": "Number of sites.", "sites_recruiting": "Number of sites marked as recruiting.", "primary_outcomes": "The main outcomes, with the time of measurement."}, (_array("countries"), _array("phases"), "overall_status", "sex")),
    "results_posted":   TablePage("Trials with results at ClinicalTrials.gov, or with a publication that the sponsor lists as results.", {**_TRIAL, "publications": "Publications that may report results.", "retracted": "Retracted publications."}, ("has_results", "overall_status")),
    "stale_records":    TablePage("Records to use with care: removed, not confirmed, partial, or not updated in time by their sponsors.", {**_TRIAL, **_FRESHNESS, "why": "Why to use it with care."}, ("why",)),
    "triage":           TablePage("What matches the search of each table: to screen first, then what was decided, and what left. Decisions are made by “enrich decide”.", {"table": _ROW["table"], "state": "new (to screen), maybe, included (in the table, or decided so), excluded.", "place": "Place in the ranking of those to screen: 1 is likest to what was included.", "nct_id": "NCT number of the trial.", "grounds": "Why it is at that place.", "related": "A sister trial or an extension among the included ones.", "reason": "Why it was decided so.", "decided_by": "Who decided.", "decided_on": "When.", "reopened": "What changed since it was excluded.", "first_seen": "When it first matched.", "left_at": "When it no longer matched; empty: it matches.", "left_because": "Which fact moved."}, ("table", "state", _array("phases"), "overall_status")),
    "trial_versions":   TablePage("Each version of a record, with the days on which it is known to have been current.", {**_TRIAL, "version": _CHANGE["version"], "valid_from": "First day: the day the update was posted, or a change without an update was first seen.", "valid_to": "Day on which the next version replaced it; empty: the newest.", "seen_at": "When it was first seen (UTC).", "digest": "SHA-256 of the record's content without the date of the nightly load, for citation.", "complete": _FRESHNESS["complete"]}),
    "trials":           TablePage("Each trial as its record stands now.", {"nct_id": _NCT["nct_id"], **_FRESHNESS, "faults": "Fields that could not be parsed: JSON, field to reason.", "number": "The digits of the NCT number; the search index uses them."}, ("current_status", _array("phases"), "study_type", "lead_sponsor_class", "has_results"), {"sort_desc": "last_update_posted", "label_column": "brief_title", "size": 50, "fts_table": "trials_fts", "fts_pk": "number"}),
    "rows":             TablePage("The rows of the published tables, verbatim.", {**_ID, **_ROW, "table_id": "The published table.", "nct_id": "NCT number as printed; empty: none in this row."}, ("table_id",), {"fts_table": "rows_fts", "fts_pk": "id"}),
    "tables":           TablePage("The published tables.", {**_ID, "name": "Short name: the name of its description file.", "title": "Title as published.", "citation": "Where it was published.", "doi": "Its digital object identifier.", "url": "Address of the publication.", "licence": "Terms of use.", "file": "The CSV file it was read from.", "published": "Publication date; the authors saw the records as of that day.", "id_column": "The column with the ids.", "header": "The printed columns, in order: JSON.", "says": "The fields that each column states: JSON, column to fields.", "notify": "What counts as news for this table: JSON.", "description": "The whole description file of the table: JSON.", "path": "The description file, from the folder of the database."}, (), {"label_column": "name"}),
    "comparisons":      TablePage("Each fact that a cell states, compared with ClinicalTrials.gov now.", {**_ID, **_ROW, **_NCT, **_COMPARISON}, ("verdict", "cause", "field"), {"sort": "id"}),
    "context_notes":    TablePage("Registry facts beside a cell that can be read together but not compared.", {**_ID, **_ROW, **_NCT, **_COMPARISON, "note": "consistent, not consistent, unknown; or what was read."}, ("field", "note"), {"sort": "id"}),
    "changes":          TablePage("All changes between two versions of a record, noise included.", {**_ID, **_CHANGE, **_NCT}, ("kind", "field", "run_id"), {"sort_desc": "id"}),
    "runs":             TablePage("Each run: asked = changed + unchanged + new + gone + not checked.", {**_ID, "started_at": "UTC.", "finished_at": "UTC.", "outcome": "complete, partial, unreachable, offline; running: in progress, or interrupted.", "api_version": "Version of the registry's API.", "data_timestamp": "Start of the nightly registry load (UTC).", "load": "The registry's identifier of that load.", "tag_uris": "Whether feeds name the news of this run by tag: URIs, as older versions did.", "asked": "Number of distinct NCT numbers asked for.", "changed": "Trials with a change other than noise.", "unchanged": "Trials without such a change.", "new": "NCT numbers found for the first time.", "gone": "NCT numbers without a record.", "not_checked": "NCT numbers that were not checked; see `problems`.", "message": "Additional message.", "requests": "Requests sent, all kinds.", "retries": "Requests repeated."}, ("outcome",), {"sort_desc": "id", "label_column": "started_at"}),
    "problems":         TablePage("Problems of each run, and the trials they concern.", {**_ID, "run_id": "The run.", **_NCT, "kind": "Kind of problem.", "message": "Description.", "subject": "The table that the problem is about.", "first_seen": "When it was first seen (UTC)."}, ("kind", "run_id"), {"sort_desc": "id"}),
    "versions":         TablePage("Records as received from the registry.", {**_NCT, "version": _CHANGE["version"], "study": "The record: JSON."}, (), {**_HIDDEN, "size": 10}),
    "papers":           TablePage("Papers of each trial, the likeliest results paper first, as “enrich papers” ranked them.", {**_ID, "trial_id": "The trial.", "place": "1: the likeliest results paper.", "role": "What the paper is to the trial.", "points": "Points of the rules of ranking.", "grounds": "Why, in words: JSON.", "type": "RESULT, DERIVED, BACKGROUND: named in the record; SEARCHED: found by a search for the trial's number.", "pmid": "PubMed id.", "doi": "Digital object identifier.", "citation": "The paper."}, ("role", "type"), {"label_column": "citation"}),
    "paper_notices":    TablePage("Papers that Retraction Watch names. Each was withdrawn, put in doubt, corrected or put back.", {**_ID, "doi": "Of the paper.", "pmid": "Of the paper.", "kind": "What the notice says.", "day": "Day of the notice.", "notice_doi": "The notice.", "first_seen": "When it was first found."}, ("kind",)),
    "paper_news":       TablePage("Notices about papers, each once for each trial, as a run reported it.", {**_ID, "trial_id": "The trial.", "run_id": "The run that reported it; empty: the next one will.", "seen_at": "When it was found.", "kind": "What the notice says.", "doi": "Of the paper.", "pmid": "Of the paper.", "citation": "The paper.", "day": "Day of the notice.", "notice_doi": "The notice.", "is_results_paper": "1: the paper was ranked as the results paper.", "is_news": "0: about another paper of the trial."}, ("kind",)),
    "participant_counts": TablePage("The numbers of people in each trial with results, from the plan to the analysis.", {**_ID, **_NCT, "stage": "When they were counted.", "people": "Number of people; empty: cannot be given.", "outcome": "The primary outcome that the number belongs to.", "reason": "Why there is no number, or how it was added up."}, ("stage",)),
    "service_requests": TablePage("Requests of each run to the services that know papers.", {}, (), _HIDDEN),
    "early_versions":   TablePage("Early versions of records, kept for the sheet of INSPECT-SR.", {}, (), _HIDDEN),
    "paper_checks":     TablePage("When each service was last asked about papers.", {}, (), _HIDDEN),
    "deliveries":       TablePage("News to be sent to each recipient.", {}, (), _HIDDEN),
    "searches":         TablePage("The search of each table, as it was asked last.", {}, (), _HIDDEN),
    "hits":             TablePage("Trials that match a search, or did.", {}, (), _HIDDEN),
    "search_events":    TablePage("What happened in the searches, as it is reported.", {}, (), _HIDDEN),
    "line_digests":     TablePage("Digest of each record as last received.", {}, (), _HIDDEN),
    "dismissals":       TablePage("Known differences that stay as they are, and why.", {}, (), _HIDDEN),
    "open_histories":   TablePage("Trials whose histories later runs read, to explain a difference.", {}, (), _HIDDEN),
    "row_fingerprints": TablePage("Digest of the inputs of each row's comparisons.", {}, (), _HIDDEN),
    "archive_parts":    TablePage("Parts of a bulk download that are stored.", {}, (), _HIDDEN),
    "version_cells":    TablePage("Each fact that a table states, over all versions of its record: when it ceased to be true. Filled by “enrich trace”.", {**_ID, **_ROW, **_NCT, **_COMPARISON, "trial_id": "The id under which the registry keeps the record.", "versions": "How many versions were compared.", "verdict_then": "Verdict on the day the authors looked; empty: unknown.", "moved_on": "Date of the first version after that day that no longer agrees.", "verdict_now": "Verdict against the newest version in the archive."}, ("table", "field", "verdict_then", "verdict_now"), {"sort_desc": "moved_on"}),
    "version_counts":   TablePage("Number of comparisons with all versions, by verdict.", {**_ROW, **_COMPARISON, "number": "Number of facts times versions."}, ("table", "field", "verdict")),
    "version_syncs":    TablePage("The last comparison with all versions in an archive.", {}, (), _HIDDEN),
    "version_parts":    TablePage("Parts of that archive that are done.", {}, (), _HIDDEN),
    "version_records":  TablePage("Number of versions of each record.", {}, (), _HIDDEN),
    "version_problems": TablePage("Versions that could not be read.", {}, (), _HIDDEN),
    "removed_rows":     TablePage("Rows that are no longer in their table. The history of their trials stays.", {**_ID, **_ROW, "run_id": "The run that missed the row first.", "nct_id": "NCT number as printed; empty: none in this row.", "nct_ids": "Every NCT number that the row names: JSON.", "position": "The row's place when it was seen last."}, ("table",), {"sort_desc": "run_id"}),
    "table_changes":    TablePage("What the owners of the tables changed in them: edited cells, and rows, columns and tables that left.", {**_ID, **_ROW, **_NCT, "run_id": "The run that noticed it.", "kind": "Kind of change.", "position": "The row's place in the table.", "column": "The column that was edited, renamed or removed.", "before": "What it was: a cell or a name.", "after": "What it is now."}, ("table", "kind"), {"sort_desc": "id"}),
    "run_tables":       TablePage("The tables that each run read.", {}, (), _HIDDEN),
    "answers":          TablePage("The registry's last answer for each printed NCT number.", {**_NCT, "trial_id": _ROW_STATUS["trial_id"], "answer": "found, merged, gone or unknown."}, ("answer",), _HIDDEN),
    "row_ids":          TablePage("The NCT numbers of each row.", {**_NCT}, (), _HIDDEN),
    "trials_fts":       TablePage("Search index of the trials; the row number is that of the NCT number.", {}, (), _HIDDEN),
    "rows_fts":         TablePage("Search index of the printed rows.", {}, (), _HIDDEN),
    "_sqlite_migrations": TablePage("Migrations of this database.", {}, (), _HIDDEN),
    "conditions":       TablePage("", {}, ("condition",)),
    "interventions":    TablePage("", {}, ("type",), {"label_column": "name"}),
    "arms":             TablePage("", {}, ("type",), {"label_column": "label"}),
    "primary_outcomes":   TablePage("", {}, (), {"label_column": "measure"}),
    "secondary_outcomes": TablePage("", {}, (), {"label_column": "measure"}),
    "locations":        TablePage("", {}, ("country", "status"), {"label_column": "facility"}),
    "sponsors":         TablePage("", {}, ("role", "class"), {"label_column": "name"}),
    "publications":     TablePage("", {}, ("type",), {"label_column": "citation"}),
    "mesh_terms":       TablePage("", {}, ("role", "term"), {"label_column": "term"}),
    "documents":        TablePage("", {}, ("label",), {"label_column": "label"}),
}
# fmt: on

# The questions of the front page, each with the page that answers it.
_QUESTIONS = (
    ("What does my table look like today?", "merged"),
    ("Where do table and registry differ, and why?", "open_differences"),
    ("What changed recently?", "recent_changes"),
    ("Which trials match my search, and wait for a decision?", "triage"),
    ("Which trials recruit now, where, with what outcomes?", "recruiting_now"),
    ("Which have results?", "results_posted"),
    ("What did the records say on a day?", "as_of"),
    ("Which sites are near a place?", "sites_near"),
    ("Search all trials", "trials"),
    ("All sites on a map", "locations"),
    ("Which records should I use with care?", "stale_records"),
)


def metadata(
    tables: Iterable[Mapping[str, Any]],
    run: Mapping[str, Any] | None,
    columns: Mapping[str, Iterable[str]],
    counts: Mapping[str, int],
) -> dict[str, Any]:
    """The metadata as Datasette 0.65 reads it.

    *tables* are the rows of `tables`, *run* is the last finished run, *columns* maps each table and
    view to its columns, and *counts* to the number of its rows.
    """
    published = published_views(tables)
    description = _front_page(published, run)
    return {
        "title": "Published trials, in step with ClinicalTrials.gov",
        "description_html": description,
        **ATTRIBUTION,
        "databases": {
            DATABASE: {
                **ATTRIBUTION,
                "title": "Trials",
                "description_html": description,
                "tables": {
                    **{
                        name: _table(name, page, columns.get(name, ()), counts.get(name, 0))
                        for name, page in TABLE_PAGES.items()
                    },
                    **{name: _published(table) for name, table in published.items()},
                },
                "queries": {name: _query(name) for name in QUERIES},
            }
        },
        "plugins": {"enrich": page_words(published)},
    }


def config(description: Mapping[str, Any]) -> dict[str, Any]:
    """The part of *description*, the metadata, that Datasette 1.0 reads from datasette.yaml."""
    database = description["databases"][DATABASE]
    tables = {
        name: {key: table[key] for key in _CONFIG if key in table}
        for name, table in database["tables"].items()
    }
    return {
        "settings": SETTINGS,
        "plugins": description["plugins"],
        "databases": {
            DATABASE: {
                "tables": {name: kept for name, kept in tables.items() if kept},
                "queries": database["queries"],
            }
        },
    }


def page_words(published: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Titles, labels and codes in words, and the layout of the tables, for the pages.

    *published* are the published tables by the names of their views.
    """
    labels = {
        **HEADINGS,
        **{name: members.label for name, members in LISTS.items()},
        **{name: field.label for name, field in FIELDS.items()},
    }
    coded = sorted({*vocabulary.CODED, "arms.type", "interventions.type"} - {"brief_title"})
    return {
        "queries": list(QUERIES),
        "facts": list(PAGE_FACTS),
        "labels": labels,
        "titles": {
            **{name: title_of(name) for name in TABLE_PAGES},
            **{name: query.title for name, query in QUERIES.items()},
            **{name: sanitize(table["title"]) for name, table in published.items()},
        },
        "shown": {name: list(columns) for name, columns in SHOWN.items()},
        "parameters": {
            name: {key: hint._asdict() for key, hint in query.parameters.items()}
            for name, query in QUERIES.items()
        },
        "views": {table["name"]: name for name, table in published.items()},
        "groups": {name: _groups(table) for name, table in published.items()},
        "words": {name: dict(words) for name, words in vocabulary.WORDS.items()},
        "coded": coded,
    }


def _groups(table: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """For each printed column of a published table, the facts that its cells are compared with."""
    columns = published_columns(json.loads(table["header"]), json.loads(table["says"]))
    return {
        column.name: [{"field": fact.field, "columns": list(fact.names)} for fact in column.facts]
        for column in columns
        if column.facts
    }


def _table(name: str, page: TablePage, columns: Iterable[str], rows: int) -> dict[str, Any]:
    child_table = CHILD_TABLES.get(name)
    meanings = {
        **{name: field.meaning for name, field in FIELDS.items()},
        **_child_columns(name),
        **page.columns,
    }
    description: dict[str, Any] = {
        "title": title_of(name),
        "description": page.meaning or (child_table.meaning if child_table else ""),
        "columns": {column: meanings[column] for column in columns if column in meanings},
        **page.options,
    }
    facets = _facets(name, page, rows)
    return description | ({"facets": facets} if facets else {})


# Counting the values of a column goes through all rows, with each page of them. Above so many rows,
# a page counts only what an index holds; the reader can have all others counted.
_COUNTED = 10_000
_INDEXED = {"trials": {"current_status", "study_type", "lead_sponsor_class", "has_results"}}


def _facets(name: str, page: TablePage, rows: int) -> list[Any]:
    """The columns whose values the page of a table with so many *rows* counts unasked."""
    indexed = _INDEXED.get(name, set())
    return [
        facet
        for facet in page.facets
        if rows <= _COUNTED or (isinstance(facet, str) and facet in indexed)
    ]


def _child_columns(name: str) -> dict[str, str]:
    if name not in CHILD_TABLES:
        return {}
    child_table = CHILD_TABLES[name]
    return {
        **_ID,
        **_NCT,
        **({"role": child_table.role} if child_table.role else {}),
        **{column: part.meaning for column, part in child_table.columns.items()},
    }


def _published(table: Mapping[str, Any]) -> dict[str, Any]:
    description: dict[str, Any] = {
        "title": sanitize(table["title"]),
        "description": "The table as printed, with a verdict and the registry's current value beside"
        " each compared cell.",
        "columns": {
            "row": _ROW["row"],
            "trial": "NCT number of the row; links to the trial's page.",
            "status now": _ROW_STATUS["status"],
        },
        **_ROW_SEARCH,
    }
    return description | _triage_link(table) | _licence(table)


def _triage_link(table: Mapping[str, Any]) -> dict[str, Any]:
    """Of a table with a search: what leads to the hits of it."""
    has_search = json.loads(table["description"] or "{}").get("search")
    return {"triage": f"triage?{urlencode({'table': table['name']})}"} if has_search else {}


def _licence(table: Mapping[str, Any]) -> dict[str, str]:
    """The table's own source and licence; only web addresses become links."""
    address = table["url"] or (f"https://doi.org/{table['doi']}" if table["doi"] else "")
    link = address if address.startswith(("https://", "http://")) else ""
    return {
        "source": sanitize(table["citation"] or table["title"]),
        "source_url": link,
        "license": sanitize(table["licence"] or "see the publication"),
        "license_url": link,
    }


def _query(name: str) -> dict[str, Any]:
    query = QUERIES[name]
    return {
        "title": query.title,
        "description": query.description,
        "sql": query.sql.strip(),
        "hide_sql": True,
    }


# --- the front page


def _front_page(published: Mapping[str, Mapping[str, Any]], run: Mapping[str, Any] | None) -> str:
    """The questions as links, relative so that they work under any root."""
    tables = join_and(
        f"<a href='{DATABASE}/{name}'>{escape(sanitize(table['title']))}</a>"
        for name, table in published.items()
    )
    questions = "".join(
        f"<li><a href='{DATABASE}/{page}'>{escape(question)}</a></li>"
        for question, page in _QUESTIONS
    )
    return (
        f"<p>{plural(len(published), 'published table')} beside the registry"
        f"{': ' + tables if published else ''}. {escape(_as_of(run))}</p>"
        f"<ul class='start'>{questions}</ul>"
        f"<p><small>{escape(_NOTICE)} <a href='{_TERMS}'>Terms</a></small></p>"
    )


def _as_of(run: Mapping[str, Any] | None) -> str:
    if run is None:
        return "No run has finished yet."
    processed = (
        f", with data that ClinicalTrials.gov processed on {run['data_timestamp'][:10]}"
        if run["data_timestamp"]
        else ""
    )
    day = str(run["finished_at"] or run["started_at"])[:10]
    return f"As of the run of {day} ({run['outcome']}){processed}."
