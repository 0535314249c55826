"""A trial's page in Datasette, and links between pages.

The file needs only Datasette, so that it can be deployed with the database. Registry text is data:
Jinja or `escape` escapes all of it.
"""

import json
import math
import re

from datasette import NotFound, Response, hookimpl
from markupsafe import Markup, escape

_NCT = re.compile(r"NCT\d{8}")
_YES_NO = frozenset(("has_results", "complete", "healthy_volunteers", "newest"))
_TRUNCATED = 300


# --- cells


@hookimpl
def render_cell(value, column, table, database, datasette):
    """Ids as links, lists as words, yes and no: what a cell shows instead of the stored value."""
    if database != "trials":
        return None
    if column == "pmid" and isinstance(value, str) and value.isdigit():
        return _link(f"https://pubmed.ncbi.nlm.nih.gov/{value}/", value)
    if column in _YES_NO and value in (0, 1):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _text_cell(value, column, datasette)
    return None


def _text_cell(value, column, datasette):
    if column in ("nct_id", "trial_id", "trial") and _NCT.fullmatch(value):
        return _link(datasette.urls.path(f"/trial/{value}"), value)
    if value.startswith("[") and (items := _list(value)):
        words = "; ".join(items)
        return escape(words if len(words) <= _TRUNCATED else words[:_TRUNCATED] + "…")
    return None


def _link(href, text):
    return Markup('<a href="{}">{}</a>').format(href, text)


def _list(text):
    """The texts of a JSON list of texts, None for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return (
        found if isinstance(found, list) and all(isinstance(item, str) for item in found) else None
    )


# Column descriptions precede every table; folded, the table itself comes first. Without rows
# datasette-vega fails for want of a table, and without places datasette-cluster-map for want of
# bounds: the script gives the one an empty table and the other no column to read.
_TIDY = """
document.querySelectorAll("dl.column-descriptions").forEach(list => {
  const folded = document.createElement("details"), title = document.createElement("summary");
  folded.className = "meanings";
  title.textContent = "What the columns mean";
  list.replaceWith(folded);
  folded.append(title, list);
});
if (!document.querySelector(".rows-and-columns")) {
  const hidden = document.createElement("div");
  hidden.hidden = true;
  hidden.innerHTML = '<table class="rows-and-columns"></table>';
  (document.querySelector("section.content") || document.body).append(hidden);
}
document.addEventListener("DOMContentLoaded", () => {
  if (![...document.querySelectorAll("td.col-latitude")].some(cell => cell.textContent.trim())) {
    window.DATASETTE_CLUSTER_MAP_LATITUDE_COLUMN = "(no place is known)";
  }
});
"""


@hookimpl
def extra_body_script(database, view_name):
    return _TIDY if database == "trials" and view_name not in ("row", "index") else ""


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
    if not found:
        raise NotFound(f"There is no record of {nct_id} in this database")
    return Response.redirect(datasette.urls.row("trials", "trials", found[0]["nct_id"]))


# --- the page

_PAGE_QUERIES = {
    "claims": "t.name as table_name, t.title as table_title, r.id as row_id, r.position, "
    'c."column", c.field, c.cell, c.claim, c.registry, c.verdict, c.cause, c.moved_on,'
    " c.note"
    " from comparisons c join rows r on r.id = c.row_id join tables t on t.id = r.table_id"
    " where c.nct_id = :id or c.nct_id in (select nct_id from answers where trial_id = :id)"
    " order by t.id, r.position, c.id",
    "changes": "substr(coalesce(v.seen_at, u.started_at), 1, 10) as seen_on, c.field, c.item, "
    "c.before, c.after, c.kind, c.version"
    " from changes c join runs u on u.id = c.run_id left join versions v on v.nct_id = c.nct_id"
    " and v.version = c.version"
    " where c.nct_id = :id and c.kind <> 'noise' order by c.id limit 200",
    "versions": "version, valid_from, valid_to, seen_at, digest from trial_versions"
    " where nct_id = :id order by version",
    "sites": "facility, city, state, country, status, latitude, longitude from locations"
    " where nct_id = :id order by country, city, facility",
    "arms": "label, type, description from arms where nct_id = :id order by id",
    "interventions": "type, name, description from interventions where nct_id = :id order by id",
    "primary_outcomes": "measure, time_frame, description from primary_outcomes"
    " where nct_id = :id order by id",
    "secondary_outcomes": "measure, time_frame, description from secondary_outcomes"
    " where nct_id = :id order by id",
    "publications": "pmid, type, citation, retraction from publications"
    " where nct_id = :id order by type = 'BACKGROUND', id",
    "documents": "label, document_date, url from documents where nct_id = :id order by id",
    "sponsors": "role, name from sponsors where nct_id = :id order by id",
}


@hookimpl
def extra_template_vars(request, database, table, view_name, datasette):
    """`trial_page` for the row template of `trials`."""
    if (database, table, view_name) != ("trials", "trials", "row"):
        return {}

    async def gather():
        nct_id = request.url_vars["pks"]
        found = {
            name: await _rows(datasette, f"select {query}", id=nct_id)
            for name, query in _PAGE_QUERIES.items()
        }
        trial = (await _rows(datasette, "select * from trials where nct_id = :id", id=nct_id))[0]
        words = datasette.plugin_config("enrich") or {}
        return {
            "trial_page": {
                **found,
                "trial": trial,
                "facts": _facts(trial, words),
                "words": _Words(words),
                "map": _map(found["sites"]),
            }
        }

    return gather


async def _rows(datasette, sql, **parameters):
    return [
        dict(row) for row in (await datasette.get_database("trials").execute(sql, parameters)).rows
    ]


class _Words:
    """Labels of fields and codes in words, from `page_words` of the metadata."""

    def __init__(self, words):
        self._labels = words.get("labels", {})
        self._codes = words.get("words", {})
        self._coded = frozenset(words.get("coded", ()))

    def label(self, field):
        name, _, part = field.partition(".")
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", field.rsplit(".", 1)[-1]).lower()
        if name in self._labels and part:
            return f"{self._labels[name]} ({words})"
        return self._labels.get(field) or words.capitalize()

    def value(self, field, value):
        if value is None:
            return ""
        if field in _YES_NO and value in (0, 1, "0", "1", "true", "false"):
            return "yes" if value in (1, "1", "true") else "no"
        items = _list(value) if isinstance(value, str) and value.startswith("[") else None
        return "; ".join(
            self.code(field, item) for item in (items if items is not None else [str(value)])
        )

    def code(self, field, code):
        """A code in words; other text unchanged."""
        if field not in self._coded or not re.fullmatch(r"[A-Z0-9_]+", code):
            return code
        return self._codes.get(field, {}).get(code, code.replace("_", " ").lower())


def _facts(trial, page_words):
    """Label and text of each fact on the page; a number or date with its type."""
    words = _Words(page_words)
    facts = [
        (name, words.value(name, trial[name]))
        for name in page_words.get("facts", ())
        if trial.get(name) is not None
    ]
    return [(words.label(name), text + _type_suffix(trial, name)) for name, text in facts if text]


def _type_suffix(trial, name):
    """Whether a number or a date is planned."""
    kind = trial.get(f"{name}_type")
    return (
        ""
        if kind is None
        else " (planned)"
        if kind == "ESTIMATED"
        else " (enrolled)"
        if name == "enrollment"
        else ""
    )


# --- the map: places by latitude and longitude, drawn without another server

_WIDTH, _LEAST_DEGREES = 640, 4.0


def _map(sites):
    """The sites as circles with names on a grid of degrees; None without coordinates."""
    places = _places(sites)
    if not places:
        return None
    south, north = _span([place["lat"] for place in places], 85)
    west, east = _span([place["lon"] for place in places], 180)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = min(_WIDTH / ((east - west) * squeeze), 360 / (north - south))
    across, down = (east - west) * squeeze * scale, (north - south) * scale

    def at(lat, lon):
        return round((lon - west) * squeeze * scale, 1), round((north - lat) * scale, 1)

    drawn = [
        {
            **place,
            "x": at(place["lat"], place["lon"])[0],
            "y": at(place["lat"], place["lon"])[1],
            "r": round(3 + 2 * math.sqrt(place["sites"]), 1),
        }
        for place in places
    ]
    grid = {
        "lat": [(at(line, west)[1], _degrees(line, "NS")) for line in _lines(south, north)],
        "lon": [(at(south, line)[0], _degrees(line, "EW")) for line in _lines(west, east)],
    }
    return {
        "width": round(across),
        "height": round(down),
        "places": _named(drawn, across),
        "grid": grid,
    }


def _places(sites):
    """One place for each point, with its number of sites; the largest first."""
    places = {}
    for site in sites:
        if site["latitude"] is None or site["longitude"] is None:
            continue
        place = places.setdefault(
            (site["latitude"], site["longitude"]),
            {
                "lat": site["latitude"],
                "lon": site["longitude"],
                "city": site["city"] or "",
                "country": site["country"] or "",
                "sites": 0,
            },
        )
        place["sites"] += 1
    return sorted(places.values(), key=lambda place: -place["sites"])


def _span(values, limit):
    """From the least to the greatest value, with a margin, at least a few degrees wide."""
    middle, half = (
        (min(values) + max(values)) / 2,
        max((max(values) - min(values)) * 0.6, _LEAST_DEGREES / 2),
    )
    return max(middle - half, -limit), min(middle + half, limit)


def _lines(low, high):
    step = next(step for step in (1, 2, 5, 10, 20, 30, 60, 90) if (high - low) / step <= 7)
    return range(math.ceil(low / step) * step, math.floor(high) + 1, step)


def _degrees(value, hemispheres):
    return f"{abs(value)}°{hemispheres[value < 0] if value else ''}"


def _named(places, across):
    """Labels the places whose names do not overlap another name."""
    boxes = []
    for place in places:
        width = 6.2 * len(place["city"])
        left = place["x"] + place["r"] + 3
        if left + width > across:
            left = place["x"] - place["r"] - 3 - width
        box = (left, place["y"] - 7, left + width, place["y"] + 7)
        place["label_x"] = None
        if (
            left >= 0
            and len(boxes) < 25
            and not any(
                box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
                for other in boxes
            )
        ):
            boxes.append(box)
            place["label_x"] = round(left, 1)
    return places
