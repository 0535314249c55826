"""What Datasette is told about the database: titles, meanings, attribution, facets, canned queries. Pure, from the tables the code runs on."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple

from enrich.changes.significance import RULES
from enrich.compare import vocabulary
from enrich.models import Significance, Verdict
from enrich.record.fields import FIELDS, LIST_TABLES, LISTS
from enrich.site.queries import QUERIES
from enrich.storage.views import published_views
from enrich.text import inert, listing, plural

DATABASE = "trials"

_TERMS = "https://clinicaltrials.gov/about-site/terms-conditions"
ATTRIBUTION = {
    "source": "ClinicalTrials.gov, courtesy of the U.S. National Library of Medicine",
    "source_url": "https://clinicaltrials.gov",
    "license": "ClinicalTrials.gov terms and conditions",
    "license_url": _TERMS,
}
_NOTICE = (
    "Registry data come from ClinicalTrials.gov, courtesy of the U.S. National Library of Medicine (NLM), which neither endorses nor recommends"
    " this site or what is done with the data. Facts were taken out of the records into columns, and are otherwise unaltered; verdicts, causes and"
    " the weight of changes are ours. For the current and complete record, go to the registry. Nothing here is medical advice."
)

# The keys of a table that Datasette 1.0 reads from datasette.yaml and 0.65 from metadata.json.
_CONFIG = ("facets", "sort", "sort_desc", "size", "label_column", "fts_table", "fts_pk", "hidden")
# Suggesting facets means counting every column of every view, which costs seconds where the views look up verdicts.
SETTINGS = {
    "suggest_facets": False,
    "truncate_cells_html": 300,
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 400,
    "default_cache_ttl": 0,
    "max_returned_rows": 2000,
}


class Shown(NamedTuple):
    """How a table or view is shown: what a row is, what its columns mean beyond the fields, and how it is sorted and searched."""

    meaning: str
    columns: Mapping[str, str] = {}
    facets: tuple[Any, ...] = ()
    more: Mapping[str, Any] = {}


_ID = {"id": "Number of the row in this database."}
_NCT = {"nct_id": "The trial's id at ClinicalTrials.gov; the link leads to its page here."}
_TRIAL = {"nct_id": _NCT["nct_id"], "brief_title": FIELDS["brief_title"].meaning}
_SEEN = {
    "retrieved_at": "When this content was fetched (UTC).",
    "checked_at": "When the registry last confirmed it (UTC); empty: never.",
    "stale_since": "Since when it could not be confirmed (UTC).",
    "gone_since": "Since when the registry has no such record (UTC).",
    "data_timestamp": "Start of the registry's nightly load that the content came from (UTC).",
    "source": "Where the content came from.",
    "facts_version": "Version of the code that read the facts out of the record.",
    "complete": "Whether the whole record is at hand; of a partial copy, what is missing is not known, not absent.",
}
_PRINTED = {
    "table": "The published table.",
    "row": "The row's place in it, from 1.",
    "position": "The row's place in the table, from 1.",
    "cells": "The row as printed: JSON, column to cell, verbatim.",
    "accessed": "The day on which the authors looked at the record.",
    "row_id": "The row's number in `rows`.",
}
_CLAIM = {
    "column": "The column of the table.",
    "field": "The fact of the trial that the cell speaks of; a column of `trials`.",
    "cell": "The cell, verbatim.",
    "printed": "The cell, verbatim.",
    "claim": "What the cell was read to say; several registry codes where its label is coarser than they are.",
    "registry": "What the registry says now.",
    "registry_now": "What the registry says now.",
    "verdict": "agrees · differs · adds (the cell is silent, the registry knows) · silent (the registry has nothing) · unreadable · not checked.",
    "cause": "registry moved (they agreed when the authors looked) · never agreed · unknown.",
    "moved_on": "The day of the registry's first version that no longer agrees.",
    "note": "The registry's side in words, or why it was not checked.",
    "evidence": "The cause as a sentence, with the versions and days that show it.",
    "link": "The registry's own comparison of the versions in question.",
    "first_seen": "The run in which this verdict was new.",
}


def _weights() -> str:
    """What the kinds of changes mean, from the rules that give them."""
    material = sorted({rule.reason for rule in RULES if rule.kind == Significance.MATERIAL})
    return f"{Significance.MATERIAL}: {'; '.join(material)}. {Significance.NOISE}: what the registry computed or moved by itself. {Significance.MINOR}: the rest."


_CHANGE = {
    "run_id": "The run that saw it.",
    "version": "The version of the record that brought it; our own count, from 1.",
    "field": "The fact that changed; a column of `trials`, a list, or a place in the record.",
    "item": "The member of a list that changed: a site, an outcome.",
    "before": "What it was; empty: absent.",
    "after": "What it is; empty: absent.",
    "kind": f"How much it matters to a reader of the table. {_weights()}",
    "seen_on": "The day on which it was seen.",
}
_COUNTS = {
    f"{name}": f"How many statements of the row are: {name.replace('_', ' ')}."
    for name in (verdict.replace(" ", "_") for verdict in Verdict)
}
_STATUS_OF_ROW = {
    "status": "Recruitment status now; or: no registry id, not checked, gone, unknown, merged.",
    "differences": "Every difference of the row in one sentence each.",
    "trial_id": "The id under which the registry keeps the record now.",
}
_HIDDEN = {"hidden": True}
_ROW_SEARCH = {"fts_table": "rows_fts", "fts_pk": "row_id"}


def _array(name: str) -> dict[str, str]:
    return {"array": name}


# fmt: off
SHOWN: Mapping[str, Shown] = {
    "merged":           Shown("Each published row beside what the registry says now.", {**_PRINTED, **_TRIAL, **_COUNTS, **_STATUS_OF_ROW, **_SEEN}, ("table", "status", "differs"), _ROW_SEARCH),
    "open_differences": Shown("Where a cell and the registry do not mean the same, with the cause.", {**_PRINTED, **_TRIAL, **_CLAIM}, ("table", "field", "cause"), _ROW_SEARCH),
    "recent_changes":   Shown("What changed in the records, newest first, without noise.", {**_CHANGE, **_TRIAL}, ("kind", "field", "seen_on")),
    "recruiting_now":   Shown("Trials that recruit, enrol by invitation or are about to.", {**_TRIAL, **_SEEN, "sites": "Number of sites.", "sites_recruiting": "Number of sites that say they recruit.", "primary_outcomes": "What the trial is to show first of all, with the time of measurement."}, (_array("countries"), _array("phases"), "overall_status", "sex")),
    "results_posted":   Shown("Trials with results in the registry, or with a publication that the sponsor names as results.", {**_TRIAL, "publications": "Publications that may report results.", "retracted": "Publications that were retracted."}, ("has_results", "overall_status")),
    "stale_records":    Shown("Records to be careful with: gone, not confirmed, partial, or not updated in time by their sponsors.", {**_TRIAL, **_SEEN, "why": "Why to be careful."}, ("why",)),
    "trial_versions":   Shown("Each content of a record with the days on which it is known to have held.", {**_TRIAL, "version": _CHANGE["version"], "valid_from": "First day: the update was posted then, or a change without an update was first seen.", "valid_to": "The day on which the next version took over; empty: the newest.", "seen_at": "When it was first seen (UTC).", "digest": "SHA-256 of the record's content, without the date of the nightly load: to cite it.", "complete": _SEEN["complete"]}),
    "trials":           Shown("A trial as its record reads now.", {"nct_id": _NCT["nct_id"], **_SEEN, "faults": "Facts whose place in the record has an unknown shape: JSON, fact to reason.", "number": "The number in the NCT id; search hangs on it."}, ("overall_status", _array("phases"), "study_type", "lead_sponsor_class", "has_results"), {"sort_desc": "last_update_posted", "label_column": "brief_title", "size": 50, "fts_table": "trials_fts", "fts_pk": "number"}),
    "rows":             Shown("A line of a published table, verbatim.", {**_ID, **_PRINTED, "table_id": "The published table.", "nct_id": "The id as printed; empty: no registry id."}, ("table_id",), {"fts_table": "rows_fts", "fts_pk": "id"}),
    "tables":           Shown("The published tables.", {**_ID, "name": "Short name: the name of its description file.", "title": "Title as published.", "citation": "Where it was published.", "doi": "Its digital object identifier.", "url": "Where to read it.", "licence": "Under which terms.", "file": "The CSV file it was read from.", "published": "The day it appeared; what the registry said then is what the authors saw.", "id_column": "The column with the ids.", "header": "The printed columns, in order: JSON.", "says": "What each column says: JSON, column to fields.", "notify": "What counts as news for this table: JSON; empty: the default."}, (), {"label_column": "name"}),
    "comparisons":      Shown("Each statement of a cell against the registry now.", {**_ID, **_PRINTED, **_NCT, **_CLAIM}, ("verdict", "cause", "field"), {"sort": "id"}),
    "beside":           Shown("What the registry says beside a cell, where the two can be read together but not be called equal.", {**_ID, **_PRINTED, **_NCT, **_CLAIM, "note": "consistent, not consistent, unknown; or what was read."}, ("field", "note"), {"sort": "id"}),
    "changes":          Shown("Every fact that changed between two versions of a record, noise included.", {**_ID, **_CHANGE, **_NCT}, ("kind", "field", "run_id"), {"sort_desc": "id"}),
    "runs":             Shown("Each run: asked = changed + unchanged + new + gone + not checked.", {**_ID, "started_at": "UTC.", "finished_at": "UTC.", "outcome": "complete, partial, unreachable, offline; running: at work, or cut off.", "api_version": "Version of the registry's interface.", "data_timestamp": "Start of the registry's nightly load (UTC).", "load": "The registry's name of that load.", "asked": "Distinct ids asked about.", "changed": "Trials with a change that is no noise.", "unchanged": "Trials that say the same.", "new": "Ids answered for the first time.", "gone": "Ids that the registry has no record of.", "not_checked": "Ids that were not looked at; `problems` says why.", "message": "What there is to add.", "requests": "Requests sent, of any kind.", "retries": "Requests sent again."}, ("outcome",), {"sort_desc": "id", "label_column": "started_at"}),
    "problems":         Shown("What went wrong in a run, and for whom.", {**_ID, "run_id": "The run.", **_NCT, "kind": "Kind of problem.", "message": "In words.", "first_seen": "When it was first seen (UTC)."}, ("kind", "run_id"), {"sort_desc": "id"}),
    "versions":         Shown("The records as the registry gave them.", {**_NCT, "version": _CHANGE["version"], "study": "The raw record: JSON."}, (), {**_HIDDEN, "size": 10}),
    "notices":          Shown("Runs whose news is to be sent to somebody.", {}, (), _HIDDEN),
    "marks":            Shown("How the registry last printed each record, as a digest.", {}, (), _HIDDEN),
    "bases":            Shown("What the comparisons of each row rest on, as a digest.", {}, (), _HIDDEN),
    "archive_parts":    Shown("Parts of a bulk download that were taken in.", {}, (), _HIDDEN),
    "version_cells":    Shown("Each statement of a table over all versions of its record: when it ceased to be true. Filled by `enrich sync --versions`.", {**_ID, **_PRINTED, **_NCT, **_CLAIM, "trial_id": "The id under which the registry keeps the record.", "versions": "How many versions were compared.", "verdict_then": "How it stood on the day the authors looked; empty: nobody knows.", "moved_on": "Day of the first version after that which no longer agrees.", "verdict_now": "How it stands against the newest version in the archive."}, ("table", "field", "verdict_then", "verdict_now"), {"sort_desc": "moved_on"}),
    "version_counts":   Shown("How many comparisons of all versions came out how.", {**_PRINTED, **_CLAIM, "number": "Statements times versions."}, ("table", "field", "verdict")),
    "version_walks":    Shown("The last comparison with all versions of an archive.", {}, (), _HIDDEN),
    "version_parts":    Shown("Parts of that archive that are done.", {}, (), _HIDDEN),
    "version_records":  Shown("How many versions it holds of each record.", {}, (), _HIDDEN),
    "version_problems": Shown("Versions that could not be read.", {}, (), _HIDDEN),
    "ids":              Shown("What the registry last said about each printed id.", {**_NCT, "trial_id": _STATUS_OF_ROW["trial_id"], "answer": "found, merged, gone or unknown."}, ("answer",), _HIDDEN),
    "row_ids":          Shown("Every id that a row names.", {**_NCT}, (), _HIDDEN),
    "trials_fts":       Shown("What full-text search reads of each trial; the row's number is that of the NCT id.", {}, (), _HIDDEN),
    "rows_fts":         Shown("What full-text search reads of each printed row.", {}, (), _HIDDEN),
    "_sqlite_migrations": Shown("Steps that made this database.", {}, (), _HIDDEN),
    "conditions":       Shown("", {}, ("condition",)),
    "interventions":    Shown("", {}, ("type",), {"label_column": "name"}),
    "arms":             Shown("", {}, ("type",), {"label_column": "label"}),
    "primary_outcomes":   Shown("", {}, (), {"label_column": "measure"}),
    "secondary_outcomes": Shown("", {}, (), {"label_column": "measure"}),
    "locations":        Shown("", {}, ("country", "status"), {"label_column": "facility"}),
    "sponsors":         Shown("", {}, ("role", "class"), {"label_column": "name"}),
    "publications":     Shown("", {}, ("type",), {"label_column": "citation"}),
    "mesh_terms":       Shown("", {}, ("role", "term"), {"label_column": "term"}),
    "documents":        Shown("", {}, ("label",), {"label_column": "label"}),
}
# fmt: on

# The questions of the front page, and where the answer stands.
_START = (
    ("What does my table look like today?", "merged"),
    ("Where do table and registry differ, and why?", "open_differences"),
    ("What changed lately?", "recent_changes"),
    ("Which trials recruit now, where, with what outcomes?", "recruiting_now"),
    ("Which have results?", "results_posted"),
    ("How did a row stand on the day the paper appeared?", "as_of"),
    ("Which sites are near a place?", "sites_near"),
    ("Search all trials by their words", "trials"),
    ("All sites on a map", "locations"),
    ("Which records should I be careful with?", "stale_records"),
)

# What a trial's page shows, in this order.
_PAGE = (
    *(
        "overall_status",
        "last_known_status",
        "why_stopped",
        "study_type",
        "phases",
        "allocation",
        "intervention_model",
        "masking",
        "who_masked",
        "primary_purpose",
    ),
    *(
        "enrollment",
        "start_date",
        "primary_completion_date",
        "completion_date",
        "minimum_age",
        "maximum_age",
        "sex",
        "healthy_volunteers",
    ),
    *(
        "conditions",
        "interventions",
        "lead_sponsor",
        "official_title",
        "keywords",
        "aliases",
        "results_first_posted",
        "first_submitted",
        "status_verified",
    ),
)


def metadata(
    tables: Iterable[Mapping[str, Any]],
    run: Mapping[str, Any] | None,
    columns: Mapping[str, Iterable[str]],
) -> dict[str, Any]:
    """All of it, as Datasette 0.65 reads it.

    *tables* are the rows of `tables`; *run* is the last finished run; *columns* are those that each table and view has.
    """
    published = published_views(tables)
    start = _start(published, run)
    return {
        "title": "Published trials, in step with ClinicalTrials.gov",
        "description_html": start,
        **ATTRIBUTION,
        "databases": {
            DATABASE: {
                **ATTRIBUTION,
                "title": "Trials",
                "description_html": start,
                "tables": {
                    **{
                        name: _table(name, shown, columns.get(name, ()))
                        for name, shown in SHOWN.items()
                    },
                    **{name: _published(table) for name, table in published.items()},
                },
                "queries": {name: _query(name) for name in QUERIES},
            }
        },
        "plugins": {"enrich": page_words()},
    }


def config(told: Mapping[str, Any]) -> dict[str, Any]:
    """What Datasette 1.0 reads from datasette.yaml of what *told*, the metadata, holds; it ignores queries that stand elsewhere."""
    database = told["databases"][DATABASE]
    tables = {
        name: {key: table[key] for key in _CONFIG if key in table}
        for name, table in database["tables"].items()
    }
    return {
        "settings": SETTINGS,
        "plugins": told["plugins"],
        "databases": {
            DATABASE: {
                "tables": {name: kept for name, kept in tables.items() if kept},
                "queries": database["queries"],
            }
        },
    }


def page_words() -> dict[str, Any]:
    """What a trial's page needs to speak in words."""
    labels = {
        **{name: members.label for name, members in LISTS.items()},
        **{name: field.label for name, field in FIELDS.items()},
    }
    coded = sorted({*vocabulary.CODED, "arms.type", "interventions.type"} - {"brief_title"})
    return {
        "queries": list(QUERIES),
        "facts": list(_PAGE),
        "labels": labels,
        "words": {name: dict(words) for name, words in vocabulary.WORDS.items()},
        "coded": coded,
    }


def _table(name: str, shown: Shown, columns: Iterable[str]) -> dict[str, Any]:
    listed = LIST_TABLES.get(name)
    meanings = {
        **{field: told.meaning for field, told in FIELDS.items()},
        **_members(name),
        **shown.columns,
    }
    told: dict[str, Any] = {
        "description": shown.meaning or (listed.meaning if listed else ""),
        "columns": {column: meanings[column] for column in columns if column in meanings},
        **shown.more,
    }
    return told | ({"facets": list(shown.facets)} if shown.facets else {})


def _members(name: str) -> dict[str, str]:
    if name not in LIST_TABLES:
        return {}
    listed = LIST_TABLES[name]
    return {
        **_ID,
        **_NCT,
        **({"role": listed.role} if listed.role else {}),
        **{column: part.meaning for column, part in listed.columns.items()},
    }


def _published(table: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "title": inert(table["title"]),
        "description": "The table as printed; beside each cell that says something about a trial the verdict, and what the registry says now."
        + (f" {inert(table['citation'])}" if table["citation"] else ""),
        "columns": {
            "row": _PRINTED["row"],
            "trial": "The id that the row names; the link leads to the trial's page.",
        },
        **_ROW_SEARCH,
    }
    return told | _licence(table)


def _licence(table: Mapping[str, Any]) -> dict[str, str]:
    """The table's own source and licence; only web addresses become links."""
    address = table["url"] or (f"https://doi.org/{table['doi']}" if table["doi"] else "")
    link = address if address.startswith(("https://", "http://")) else ""
    return {
        "source": inert(table["citation"] or table["title"]),
        "source_url": link,
        "license": inert(table["licence"] or "see the publication"),
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


def _start(published: Mapping[str, Mapping[str, Any]], run: Mapping[str, Any] | None) -> str:
    """Questions a reader has, as links; relative ones, so that they hold under any root."""
    tables = listing(
        f"<a href='{DATABASE}/{name}'>{escape(inert(table['title']))}</a>"
        for name, table in published.items()
    )
    questions = "".join(
        f"<li><a href='{DATABASE}/{where}'>{escape(question)}</a></li>"
        for question, where in _START
    )
    return (
        f"<p>{plural(len(published), 'published table')} beside the registry{': ' + tables if published else ''}. {escape(_as_of(run))}</p>"
        f"<ul class='start'>{questions}</ul><p><small>{escape(_NOTICE)} <a href='{_TERMS}'>Terms</a></small></p>"
    )


def _as_of(run: Mapping[str, Any] | None) -> str:
    if run is None:
        return "No run has finished yet."
    processed = (
        f", with data that ClinicalTrials.gov processed on {run['data_timestamp'][:10]}"
        if run["data_timestamp"]
        else ""
    )
    return f"As of the run of {str(run['finished_at'] or run['started_at'])[:10]} ({run['outcome']}){processed}."
