"""A trial's page and the page of a printed row, and the addresses that lead to them.

The file needs only Datasette, so that it can be deployed with the database. Registry text is data:
Jinja escapes all of it. Contacts' names, e-mail addresses and phone numbers are not shown: the page
links to the registry for them.
"""

import json
import re
import zlib
from collections import Counter
from datetime import date

from datasette import NotFound, Response, hookimpl
from markupsafe import Markup

_STOPPED = {
    "TERMINATED": "Stopped early",
    "WITHDRAWN": "Withdrawn before it enrolled anyone",
    "SUSPENDED": "Suspended",
}
_OVER = (*_STOPPED, "COMPLETED", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING")
# A record of a trial that goes on, and that nobody updated for so long, may be out of date.
_YEARS_WITHOUT_UPDATE = 2
_PERSONAL = re.compile(r"contact|official|investigator|e-?mail|phone", re.IGNORECASE)

# The map of datasette-cluster-map: without places it fails for want of bounds, so it gets no column
# to read; its markers get a name for those who cannot see them.
_MAP = """
document.addEventListener("DOMContentLoaded", () => {
  const places = [...document.querySelectorAll("td.col-latitude")];
  if (!places.some(cell => cell.textContent.trim())) {
    window.DATASETTE_CLUSTER_MAP_LATITUDE_COLUMN = "(no place is known)";
  }
  if (places.length) {
    new MutationObserver(() => document.querySelectorAll("img.leaflet-marker-icon[alt='']")
      .forEach(marker => { marker.alt = "Site"; marker.setAttribute("role", "button"); })
    ).observe(document.body, {childList: true, subtree: true});
  }
});
"""


@hookimpl
def extra_body_script(database, view_name):
    return _MAP if database == "trials" and view_name not in ("row", "index") else ""


@hookimpl
def asgi_wrapper(datasette):
    """Removes extras from the map's requests: Datasette 1.0 refuses what cluster-map 0.18 asks."""
    queries = frozenset(
        f"/{name}.json" for name in (datasette.plugin_config("enrich") or {}).get("queries", ())
    )

    def wrap(app):
        async def without_extras(scope, receive, send):
            if scope["type"] == "http":
                query = scope["query_string"].replace(b"&_extra=next_url", b"")
                of_query = scope["path"][scope["path"].rfind("/") :] in queries
                scope = {
                    **scope,
                    "query_string": query.replace(b"&_extra=count", b"") if of_query else query,
                }
            await app(scope, receive, send)

        return without_extras

    return wrap


# --- any of a trial's ids


@hookimpl
def register_routes():
    return [(r"^/trial/(?P<nct_id>[Nn][Cc][Tt]\d{8})$", _to_trial)]


async def _to_trial(request, datasette):
    """Redirects any id of a trial, also an obsolete one, to its page."""
    nct_id = request.url_vars["nct_id"].upper()
    found = await _rows(
        datasette,
        "select nct_id from trials where nct_id = :id"
        " union all select trial_id from answers where nct_id = :id and trial_id is not null"
        " union all select nct_id from trials where exists (select 1 from json_each(aliases)"
        " where value = :id) limit 1",
        id=nct_id,
    )
    if not found and await _rows(datasette, "select 1 from hits where nct_id = :id", id=nct_id):
        # A search found it; its record is at the registry alone.
        return Response.redirect(f"https://clinicaltrials.gov/study/{nct_id}")
    if not found:
        raise NotFound(f"There is no record of {nct_id} in this database")
    return Response.redirect(datasette.urls.row("trials", "trials", found[0]["nct_id"]))


async def _rows(datasette, sql, **parameters):
    return [
        dict(row) for row in (await datasette.get_database("trials").execute(sql, parameters)).rows
    ]


# --- the pages

_CLAIMS = (
    "select t.name as table_name, t.title as table_title, r.id as row_id, r.position, c.*"
    " from comparisons c join rows r on r.id = c.row_id join tables t on t.id = r.table_id"
    " where {} order by c.verdict <> 'differs', t.id, r.position, c.id"
)
_TRIAL_QUERIES = {
    "claims": _CLAIMS.format(
        "(r.id, c.nct_id) in (select row_id, nct_id from row_ids where nct_id = :id"
        " or nct_id in (select nct_id from answers where trial_id = :id))"
    ),
    "printed": "select t.name as table_name, t.title, t.published, r.id as row_id, r.position,"
    " r.accessed from row_ids n join rows r on r.id = n.row_id join tables t on t.id = r.table_id"
    " where n.nct_id = :id or n.nct_id in (select nct_id from answers where trial_id = :id)"
    " group by r.id order by t.id, r.position",
    "changes": "select substr(coalesce(case when c.field <> 'record' then v.seen_at end,"
    " u.finished_at, u.started_at), 1, 10) as seen_on,"
    " substr(u.started_at, 1, 10) as noticed_on, c.field, c.item, c.before, c.after, c.kind,"
    " c.version from changes c join runs u on u.id = c.run_id"
    " left join versions v on v.nct_id = c.nct_id and v.version = c.version"
    " where c.nct_id = :id and c.kind <> 'noise' order by c.kind <> 'material', c.id",
    "versions": "select version, valid_from, valid_to, seen_at, digest from trial_versions"
    " where nct_id = :id order by version",
    "merged": "select nct_id from answers where trial_id = :id and nct_id <> :id order by nct_id",
    "sites": "select facility, city, state, country, status, latitude, longitude from locations"
    " where nct_id = :id order by country, city, facility",
    "arms": "select label, type, description from arms where nct_id = :id order by id",
    "interventions": "select type, name, description from interventions where nct_id = :id"
    " order by id",
    "primary_outcomes": "select measure, time_frame, description from primary_outcomes"
    " where nct_id = :id order by id",
    "secondary_outcomes": "select measure, time_frame, description from secondary_outcomes"
    " where nct_id = :id order by id",
    "publications": "select pmid, type, citation, retraction from publications"
    " where nct_id = :id order by type = 'BACKGROUND', id",
    "papers": "select p.role, p.grounds, p.pmid, p.doi, p.citation,"
    " (select group_concat(n.kind || coalesce(' of ' || n.day, ''), '; ') from paper_notices n"
    " where n.doi = p.doi or n.pmid = p.pmid) as notices"
    " from papers p where p.trial_id = :id order by p.place",
    "paper_checks": "select service, checked_on from paper_checks where :id is not null",
    "participants": "select stage, people, outcome, reason from participant_counts"
    " where nct_id = :id order by id",
    "documents": "select label, document_date, url from documents where nct_id = :id order by id",
    "sponsors": "select role, name from sponsors where nct_id = :id order by id",
}
_ROW_QUERIES = {
    "rows": "select r.*, t.name as table_name, t.title as table_title, t.header"
    " from rows r join tables t on t.id = r.table_id where r.id = :id",
    "claims": _CLAIMS.format("c.row_id = :id"),
    "trials": "select n.nct_id as printed_id, i.answer, x.* from row_ids n"
    " left join answers i on i.nct_id = n.nct_id"
    " left join trials x on x.nct_id = coalesce(i.trial_id, n.nct_id)"
    " where n.row_id = :id order by n.rowid",
}


@hookimpl
def extra_template_vars(request, database, table, view_name, datasette):
    """`trial_page` for the row template of `trials`, `printed_row` for that of `rows`."""
    if database != "trials" or view_name != "row":
        return {}
    if table == "trials":
        return lambda: _trial_page(datasette, request.url_vars["pks"])
    if table == "rows":
        return lambda: _printed_row(datasette, request.url_vars["pks"])
    return {}


async def _all(datasette, queries, key):
    return {name: await _rows(datasette, query, id=key) for name, query in queries.items()}


async def _trial_page(datasette, nct_id):
    found = await _all(datasette, _TRIAL_QUERIES, nct_id)
    (trial,) = await _rows(datasette, "select * from trials where nct_id = :id", id=nct_id)
    study = await _newest_study(datasette, nct_id)
    return {
        "trial_page": {
            **found,
            "trial": trial,
            "banners": _banners(trial, found["merged"], datasette.urls),
            "timeline": _timeline(trial, found),
            "countries": Counter(site["country"] for site in found["sites"] if site["country"]),
            "summary": _text(study, "descriptionModule", "briefSummary"),
            "description": _text(study, "descriptionModule", "detailedDescription"),
            "criteria": _text(study, "eligibilityModule", "eligibilityCriteria"),
            "results": _results(study),
            "papers": _papers(found),
        }
    }


def _papers(found):
    """The results paper with its grounds, the papers with notices, and the days of looking them up;
    None where nobody looked.
    """
    days = {check["service"]: check["checked_on"] for check in found["paper_checks"]}
    if "the records" not in days:
        return None
    papers = [{**paper, "grounds": json.loads(paper["grounds"])} for paper in found["papers"]]
    return {
        "results": [paper for paper in papers if paper["role"] == "results paper"],
        "noticed": [paper for paper in papers if paper["notices"]],
        "looked_on": days["the records"],
        "notices_day": days.get("the Retraction Watch data"),
    }


async def _newest_study(datasette, nct_id):
    """The newest content of the record as received, {} where it cannot be read."""
    found = await _rows(
        datasette,
        "select study from versions where nct_id = :id order by version desc limit 1",
        id=nct_id,
    )
    return read_study(found[0]["study"]) if found else {}


def read_study(stored):
    """A record as the database keeps it: JSON, or JSON as a bulk download packs it."""
    try:
        text = zlib.decompress(stored, -zlib.MAX_WBITS) if isinstance(stored, bytes) else stored
        return json.loads(text)
    except (ValueError, zlib.error):
        return {}


def _text(study, module, key):
    """A text of the protocol; None where there is none."""
    found = (study.get("protocolSection", {}).get(module) or {}).get(key)
    return unescaped(found) if isinstance(found, str) else None


def unescaped(text):
    """A text of the registry without the backslashes of its Markdown.

    >>> unescaped(r"age \\>= 18 \\[years\\]")
    'age >= 18 [years]'
    """
    return re.sub(r"\\([\\<>*_\[\]()#~+-])", r"\1", text)


@hookimpl
def prepare_jinja2_environment(env):
    """The filter `unescaped`."""
    env.filters["unescaped"] = unescaped


async def _printed_row(datasette, row_id):
    found = await _all(datasette, _ROW_QUERIES, row_id)
    (row,) = found["rows"]
    cells, claims = json.loads(row["cells"]), found["claims"]
    return {
        "printed_row": {
            "row": row,
            "claims": claims,
            "trials": [
                {
                    **trial,
                    "banners": _banners(trial, (), datasette.urls)
                    if trial["overall_status"]
                    else (),
                }
                for trial in found["trials"]
            ],
            "cells": [
                (column, cells[column], [claim for claim in claims if claim["column"] == column])
                for column in json.loads(row["header"])
                if cells.get(column)
            ],
        }
    }


# --- what to know before reading on


def _banners(trial, merged, urls):
    """What a reader must know first: (whether it is grave, its text).

    *merged* are the ids that were merged into the record, and *urls* makes the site's addresses.
    """
    found = [
        *_removal(trial, urls),
        *((False, f"Merged: {other['nct_id']} was merged into this record.") for other in merged),
        *_end(trial),
        *_age(trial),
    ]
    if trial["stale_since"]:
        day = trial["stale_since"][:10]
        found.append((False, f"Not confirmed at ClinicalTrials.gov since {day}."))
    if not trial["complete"]:
        copy = f"This is a partial copy of the record ({trial['source']})"
        found.append((False, f"{copy}: what is missing here is unknown, not absent."))
    return found


def _removal(trial, urls):
    """Whether the registry no longer has the record, and which record has its place."""
    if other := trial.get("merged_into"):
        link = Markup('<a href="{}">{}</a>').format(urls.path(f"/trial/{other}"), other)
        yield True, Markup("Merged: this record was merged into {}.").format(link)
    if trial["gone_since"]:
        day = trial["gone_since"][:10]
        yield (
            True,
            f"Removed: no longer on ClinicalTrials.gov (noticed on {day})."
            " This page shows the last known content.",
        )


def _end(trial):
    """Whether the trial ended early, and why."""
    if trial["overall_status"] in _STOPPED:
        reason = f": {trial['why_stopped']}" if trial["why_stopped"] else ". No reason is given."
        yield True, _STOPPED[trial["overall_status"]] + reason


def _age(trial):
    """Whether nobody updated the record for so long that it may be out of date."""
    status, day = trial["overall_status"], (trial["checked_at"] or trial["retrieved_at"])[:10]
    years = _years_between(trial["last_update_posted"], day) or 0
    if status == "UNKNOWN":
        yield False, "Status unknown: not updated within the registry's time limit."
    elif status not in _OVER and years >= _YEARS_WITHOUT_UPDATE:
        yield False, f"Not updated for {years} years: the record may be out of date."


def _years_between(earlier, later):
    """Whole years between two ISO days; None where one is missing or coarser than a day."""
    try:
        first, last = date.fromisoformat(earlier), date.fromisoformat(later)
    except (TypeError, ValueError):
        return None
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


# --- the timeline


def _timeline(trial, found):
    """What happened on which day, oldest first: dates of the trial, of the tables, of versions."""
    today = (trial["checked_at"] or trial["retrieved_at"])[:10]
    events = [
        *_dates(trial),
        *_publications(found["printed"]),
        *_overtaken(found["claims"]),
        *_versions(found),
    ]
    return [
        {**event, "ahead": event["day"] > today[: len(event["day"])]}
        for event in sorted(events, key=lambda event: event["day"])
    ]


def _dates(trial):
    words = (
        ("first_posted", "Registered", "Registered"),
        ("start_date", "Start", "Start (planned)"),
        ("primary_completion_date", "Primary completion", "Primary completion (planned)"),
        ("completion_date", "Completion", "Completion (planned)"),
        ("results_first_posted", "Results posted", "Results posted"),
    )
    return [
        {"day": trial[name], "what": planned if trial.get(f"{name}_type") == "ESTIMATED" else done}
        for name, done, planned in words
        if trial[name]
    ]


def _publications(printed):
    days = {}
    for row in printed:
        where = f"{row['table_name']}, row {row['position']}"
        if row["accessed"] and row["accessed"] != row["published"]:
            days[row["accessed"][:10], f"The authors looked at the record ({where})"] = row
        if row["published"]:
            days[row["published"], f"Table published ({where})"] = row
    return [
        {"day": day, "what": what, "row_id": row["row_id"]} for (day, what), row in days.items()
    ]


def _overtaken(claims):
    """The days on which a printed cell ceased to agree, with the versions that show it."""
    return [
        {
            "day": claim["moved_on"],
            "what": f"The table's {claim['column']} was overtaken by the registry",
            "row_id": claim["row_id"],
            "link": claim["link"],
        }
        for claim in claims
        if claim["verdict"] == "differs" and claim["moved_on"]
    ]


def _versions(found):
    """Each version that we hold with its changes, and each removal or merger."""
    changes = [change for change in found["changes"] if not _PERSONAL.search(change["field"])]
    of_record = [change for change in changes if change["field"] == "record"]
    events = [{"day": change["noticed_on"], "what": _record_event(change)} for change in of_record]
    by_version = {}
    for change in changes:
        if change["field"] != "record":
            by_version.setdefault(change["version"], []).append(change)
    for version in found["versions"]:
        number = version["version"]
        mine = by_version.get(number, [])
        material = [change for change in mine if change["kind"] == "material"]
        events.append(
            {
                "day": version["valid_from"] or version["seen_at"][:10],
                "what": f"Version {number} that we hold" + (", the first" if number == 1 else ""),
                "version": number,
                "material": _change_lines(material),
                "minor": _change_lines([change for change in mine if change["kind"] != "material"]),
            }
        )
    return events


def _record_event(change):
    after = change["after"] or ""
    if after.startswith("merged into"):
        return f"{change['before']} was {after}"
    return "Removed from ClinicalTrials.gov" if after == "removed" else f"Record: {after}"


def _change_lines(changes):
    """Changes as lines: a fact before and after, or how many entries of a list changed."""
    entries = Counter(
        (change["field"], _entry_event(change)) for change in changes if _is_entry(change)
    )
    lines = [
        {"field": field, "entries": number, "event": event}
        for (field, event), number in entries.items()
    ]
    return [change for change in changes if not _is_entry(change)] + lines


def _is_entry(change):
    """Whether the change is about an entry of a list."""
    return bool(change["item"]) or (change["after"] or change["before"] or "").startswith("{")


def _entry_event(change):
    if change["before"] is None:
        return "added"
    return "removed" if change["after"] is None else "changed"


# --- posted results


def _results(study):
    """The posted results in short: primary outcomes with a value for each group, and harms."""
    section = study.get("resultsSection") or {}
    measures = (section.get("outcomeMeasuresModule") or {}).get("outcomeMeasures") or []
    harms = (section.get("adverseEventsModule") or {}).get("eventGroups") or []
    primary = [measure for measure in measures if measure.get("type") == "PRIMARY"]
    return {
        "primary": [_measure(measure) for measure in primary],
        "others": len(measures) - len(primary),
        "harms": [
            {
                "group": group.get("title"),
                "deaths": _share(group, "deaths"),
                "serious": _share(group, "serious"),
                "other": _share(group, "other"),
            }
            for group in harms
        ],
    }


def _measure(measure):
    groups = {group.get("id"): group.get("title") for group in measure.get("groups") or ()}
    return {
        "title": measure.get("title"),
        "time_frame": measure.get("timeFrame"),
        "unit": measure.get("unitOfMeasure"),
        "kind": (measure.get("paramType") or "").replace("_", " ").lower(),
        "groups": list(groups.values()),
        "rows": [
            (_row_title(named, category), _values(category, groups))
            for named in measure.get("classes") or ()
            for category in named.get("categories") or ()
        ],
    }


def _row_title(named, category):
    return ": ".join(filter(None, (named.get("title"), category.get("title"))))


def _values(category, groups):
    by_group = {
        measurement.get("groupId"): measurement
        for measurement in category.get("measurements") or ()
    }
    return [_value(by_group.get(group) or {}) for group in groups]


def _value(measurement):
    """A value with its spread or its limits, as the registry prints them."""
    value, low, high = (measurement.get(key) for key in ("value", "lowerLimit", "upperLimit"))
    if value is None:
        return ""
    if low is not None or high is not None:
        return f"{value} ({low or '…'} to {high or '…'})"
    return f"{value} (± {measurement['spread']})" if measurement.get("spread") else value


def _share(group, kind):
    """How many of how many were affected; "" where the registry does not say."""
    affected, at_risk = group.get(f"{kind}NumAffected"), group.get(f"{kind}NumAtRisk")
    return "" if affected is None else f"{affected} of {at_risk}" if at_risk else str(affected)
