"""Words, links and colours in the cells of every page, and the columns that a table shows.

Each file of this folder needs only Datasette, so that it can be deployed with the database. The
words come from the plugin configuration `enrich` of the metadata. Registry text is data: Jinja or
`escape` escapes all of it.
"""

import json
import re
from functools import lru_cache
from urllib.parse import urlencode

from datasette import hookimpl
from markupsafe import Markup, escape

_NCT = re.compile(r"NCT\d{8}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d)?(?:\.\d+)?(?:Z|\+00:00)")
_YES_NO = frozenset(("has_results", "complete", "healthy_volunteers", "newest"))
_STATUS = frozenset(
    ("overall_status", "last_known_status", "current_status", "status", "status now")
)
# Their cells hold a value of the field that the row names.
_OF_FIELD = frozenset(("registry", "registry_now", "claim", "before", "after"))
# A verdict with its cause, and with the reason why somebody settled the difference.
_VERDICT = re.compile(r"([a-z ]+?)(?:, (?!settled: )([a-z ]+?))?(?:, settled: (.*))?", re.DOTALL)
_MERGED = re.compile(r"(merged into NCT\d{8})(?:: ([A-Z_]+))?")
_FOLDED = 160
_SHOWN = 110

# The colour of a word; the word itself is always there, too.
_TONES = {
    "good": "RECRUITING ENROLLING_BY_INVITATION AVAILABLE agrees",
    "info": "COMPLETED NOT_YET_RECRUITING ACTIVE_NOT_RECRUITING APPROVED_FOR_MARKETING adds",
    "bad": "TERMINATED WITHDRAWN SUSPENDED NO_LONGER_AVAILABLE REMOVED"
    " differs removed gone material",
    "warn": "UNKNOWN unreadable silent merged MERGED WITHHELD TEMPORARILY_NOT_AVAILABLE",
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words.split()}


# --- words for templates


class Words:
    """Labels of columns and codes in words, from the configuration of the plugin."""

    def __init__(self, datasette):
        self._config = datasette.plugin_config("enrich") or {}
        self._coded = frozenset(self._config.get("coded", ()))

    def title(self, name):
        """The title of a table, a view or a question."""
        return self._config.get("titles", {}).get(name) or name.replace("_", " ").capitalize()

    def label(self, name):
        """A column or a field; a part of a field has its own words behind it."""
        labels = self._config.get("labels", {})
        if found := labels.get(name):
            return found
        field, _, part = name.partition(".")
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.rsplit(".", 1)[-1])
        words = words.replace("_", " ").lower()
        if part and (found := labels.get(field)):
            return f"{found} ({words})"
        return words[:1].upper() + words[1:]

    def column(self, name):
        """The heading of a column: its label where we named it, the printed words elsewhere."""
        return self._config.get("labels", {}).get(name) or (
            self.label(name) if re.fullmatch(r"[a-z][a-z0-9_]*", name) else name
        )

    def headings(self, names):
        """The heading of each column, by its name."""
        return {name: self.column(name) for name in names}

    def value(self, field, value):
        """A value in words, lists and codes too; "" for none."""
        if value is None:
            return ""
        if field in _YES_NO and value in (0, 1, "0", "1", "true", "false"):
            return "yes" if value in (1, "1", "true") else "no"
        items = texts(value) if isinstance(value, str) else None
        return "; ".join(
            self.code(field, item) for item in (items if items is not None else [str(value)])
        )

    def code(self, field, code):
        """A code in words; other text unchanged."""
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            return code
        if field in ("status", "status now", "current_status"):
            field = "overall_status"
        if field not in self._coded and not field.endswith(("type", "status", "class")):
            return code
        return self._config.get("words", {}).get(field, {}).get(code) or (
            code.replace("_", " ").lower()
        )

    def parameters(self, query):
        """Label and hint of each parameter of a question."""
        return self._config.get("parameters", {}).get(query, {})

    def in_order(self, names, hints):
        """The names of parameters as the question lists them in *hints*, others behind them."""
        return [
            *(name for name in hints if name in names),
            *(name for name in names if name not in hints),
        ]

    def page_link(self, request, first):
        """The address of a question's rows from number *first* on."""
        kept = [
            (key, value)
            for key in request.args
            for value in request.args.getlist(key)
            if key != "from"
        ]
        return f"{request.path}?{urlencode([*kept, ('from', first)])}"

    def view_of(self, table):
        """The view of the published table with this name."""
        return self._config.get("views", {}).get(table)

    def shown(self, name):
        """The columns that a page shows first; none: all."""
        return self._config.get("shown", {}).get(name, ())

    def groups(self, name):
        """Of a published table: for each printed column the facts that are compared with it."""
        return self._config.get("groups", {}).get(name, {})

    def facts(self):
        """The facts on the page of a trial, in their order."""
        return self._config.get("facts", ())


@lru_cache(maxsize=4)
def words_of(datasette):
    """The words of a site, read once: Datasette copies a plugin's configuration on every call."""
    return Words(datasette)


@hookimpl
def extra_template_vars(datasette):
    """`words` and `arranged` for every template."""
    words = words_of(datasette)

    def arranged(table, columns, rows, request):
        return _arranged(words, table, columns, rows, everything="_all" in request.args)

    return {"words": words, "arranged": arranged, "tag": tag}


def tag(word, code=None):
    """A word with its colour."""
    tone = _TONE_OF.get(code if code is not None else word, "plain")
    return Markup('<span class="tag {}">{}</span>').format(tone, word)


def texts(text):
    """The texts of a JSON list of texts, None for anything else."""
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return (
        found if isinstance(found, list) and all(isinstance(item, str) for item in found) else None
    )


# --- cells


@hookimpl
def render_cell(row, value, column, table, database, datasette):
    """What a cell shows instead of the stored value; None leaves it to Datasette."""
    if database != "trials" or value is None:
        return None
    words = words_of(datasette)
    if (linked := _linked(row, value, column, words, datasette)) is not None:
        return linked
    if column in _YES_NO and value in (0, 1):
        return "yes" if value else "no"
    return _text(row, value, column, words) if isinstance(value, str) else None


def _linked(row, value, column, words, datasette):
    """A cell that leads to another page: an id, a row, a table, a paper."""
    if column in ("row", "row_id", "position") and (row_id := _of(row, "row_id")):
        href = datasette.urls.row("trials", "rows", str(row_id))
        return _link(href, f"row {value}" if column != "row_id" else value)
    if not isinstance(value, str):
        return None
    if column in ("nct_id", "trial_id", "trial", "merged_into") and _NCT.fullmatch(value):
        link = _link(datasette.urls.path(f"/trial/{value}"), value)
        other = _of(row, "merged_into")
        return link if not other or other == value else link + _merged_into(other)
    if column == "table" and (view := words.view_of(value)):
        return _link(datasette.urls.table("trials", view), value)
    if column == "pmid" and value.isdigit():
        return _link(f"https://pubmed.ncbi.nlm.nih.gov/{value}/", f"PubMed {value}")
    return None


def _merged_into(nct_id):
    return Markup(" ") + tag(f"merged into {nct_id}", "merged")


def _of(row, name):
    try:
        return row[name]
    except (KeyError, IndexError, TypeError):
        return None


def _link(href, text):
    return Markup('<a href="{}">{}</a>').format(href, text)


def _text(row, value, column, words):
    if column in _STATUS or column in ("verdict", "kind"):
        return _tagged(row, value, column, words)
    if column.startswith("status_of_") or column in ("verdict_then", "verdict_now"):
        return tag(value)
    if column == "cause":
        return "cause unknown" if value == "unknown" else value
    if column == "field":
        return words.label(value)
    if time := _TIME.fullmatch(value):
        return f"{time[1]} {time[2]} UTC"
    return _folded(_in_words(row, value, column, words), value)


def _tagged(row, value, column, words):
    """A code with its colour. Of a record that is removed, the status is only the last known."""
    word = words.code(column, value)
    if column == "overall_status" and _of(row, "gone_since") and value != "REMOVED":
        return tag("removed") + Markup(" (last known: {})").format(word)
    if merged := _MERGED.fullmatch(value):
        status = words.code("overall_status", merged[2] or "")
        return tag(merged[1], "merged") + (
            Markup(" {}").format(tag(status, merged[2])) if status else ""
        )
    return tag(word, value)


def _in_words(row, value, column, words):
    """The words of a cell that holds codes, a list or an object."""
    if column in _OF_FIELD and (field := _of(row, "field")):
        return words.value(field, value)
    if (items := texts(value)) is not None:
        return "; ".join(words.code(column, item) for item in items)
    if column == "differences":  # a sentence for each
        return value.replace("); ", ")\n")
    if value.startswith("{") and (pairs := _pairs(value)) is not None:
        return "\n".join(f"{key}: {text}" for key, text in pairs)
    return words.code(column, value)


def _pairs(text):
    """Keys and texts of a JSON object of texts, None for anything else; no empty texts."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(item, str) for item in found.values()):
        return None
    return [(key, item) for key, item in found.items() if item]


def _folded(text, stored):
    """A long text folded behind its beginning; None where the cell shows what is stored."""
    if len(text) <= _FOLDED:
        return escape(text) if text != stored else None
    head, tail = _SHOWN, text.rfind(" ", 0, _SHOWN)
    cut = tail if tail > head // 2 else head
    return Markup(
        '<details class="long"><summary>{}…<span class="more"> more</span></summary>{}</details>'
    ).format(text[:cut].rstrip(), "…" + text[cut:].lstrip())


# --- the columns of a table


def _arranged(words, table, columns, rows, *, everything):
    """Columns and rows as the page shows them.

    Each column is Datasette's own, with its heading in words as *label*. Each cell is its column
    and what it shows. The verdicts of a published table are in the printed cell that they judge.
    """
    groups = {} if everything else words.groups(table)
    hidden = {name for facts in groups.values() for fact in facts for name in fact["columns"]}
    wanted = () if everything else words.shown(table)
    kept = [
        {**column, "label": words.column(column["name"])}
        for column in columns
        if (column["name"] in wanted if wanted else column["name"] not in hidden)
        or column.get("is_special_link_column")
    ]
    if wanted:
        kept.sort(key=lambda column: _place(column["name"], wanted))
    return {
        "columns": kept,
        "rows": [_cells(words, kept, groups, row) for row in rows],
        "left_out": len(columns) - len(kept) if not groups else 0,
        "everything": everything and bool(words.shown(table) or words.groups(table)),
        "grouped": bool(groups),
    }


def _place(name, wanted):
    return wanted.index(name) if name in wanted else -1


def _cells(words, columns, groups, row):
    by_name = {cell["column"]: cell for cell in row}
    return [
        (column, _judged(words, by_name, groups.get(column["name"], ()), column["name"]))
        for column in columns
        if column["name"] in by_name
    ]


def _judged(words, by_name, facts, name):
    """A printed cell with a line for each fact that is compared with it."""
    cell = by_name[name]["value"]
    lines = [_fact_line(words, fact, by_name) for fact in facts]
    if not any(lines):
        return cell
    agreeing = [fact["field"] for fact, line in zip(facts, lines, strict=True) if line == "agrees"]
    marks = [line for line in lines if line and line != "agrees"]
    if agreeing:
        which = ", ".join(words.label(field).lower() for field in agreeing)
        marks.insert(0, tag("agrees") + (Markup(" {}").format(which) if len(facts) > 1 else ""))
    return Markup('{}<ul class="marks">{}</ul>').format(
        cell, Markup("").join(Markup("<li>{}</li>").format(mark) for mark in marks)
    )


def _settled(reason):
    """The label of a difference that stays as it is."""
    return tag("settled") + Markup(" {}.").format(reason.rstrip("."))


def _fact_line(words, fact, by_name):
    """The verdict on one fact; "agrees" alone, and None without a comparison."""
    verdict, value = (by_name[name]["raw"] for name in fact["columns"])
    if not verdict:
        return None
    verdict, cause, reason = _VERDICT.fullmatch(verdict).groups()
    if verdict == "agrees":
        return "agrees"
    label, now = words.label(fact["field"]), words.value(fact["field"], value)
    if verdict == "differs":
        why = "cause unknown" if cause in (None, "unknown") else cause
        text = Markup(" {} now: <strong>{}</strong> ({})").format(label, now, why)
        return tag("differs") + text if reason is None else _settled(reason) + text
    if verdict == "adds":
        return tag("not printed", "adds") + Markup(" {}: {}").format(label, now)
    return tag(verdict) + Markup(" {}").format(label)
