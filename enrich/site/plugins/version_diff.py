"""A page that shows two versions of a record side by side, and what differs between them.

The file needs only Datasette, so that it can be deployed with the database. A record is compared
as lines of text, one for each of its facts, and lines that changed word by word. What the registry
derives by itself, and contacts' names, e-mail addresses and phone numbers, are left out.
"""

import json
import re
import zlib
from difflib import SequenceMatcher
from typing import NamedTuple

from datasette import NotFound, Response, hookimpl
from markupsafe import Markup, escape

_PERSONAL = re.compile(r"contact(?!sLocationsModule)|official|investigator|e-?mail|phone", re.I)
# What the registry derives by itself.
_LEFT_OUT = frozenset(("derivedSection", "geoPoint"))
_CODED = re.compile(
    r"(?:status|type|class|phases|masking|whoMasked|allocation|purpose|model|sex)$", re.I
)
# So many equal lines stay visible beside a change.
_CONTEXT = 2


class Line(NamedTuple):
    """A line of a record: its place in words, and its text."""

    place: str
    text: str


@hookimpl
def register_routes():
    return [(r"^/trial/(?P<nct_id>NCT\d{8})/versions$", _versions_page)]


async def _versions_page(request, datasette):
    """The versions *a* and *b* of a record; by default the newest and the one before."""
    nct_id = request.url_vars["nct_id"]
    database = datasette.get_database("trials")
    found = (
        await database.execute(
            "select v.version, substr(v.seen_at, 1, 10) as seen_on, v.last_update_posted,"
            " x.brief_title from versions v join trials x on x.nct_id = v.nct_id"
            " where v.nct_id = ? order by v.version",
            [nct_id],
        )
    ).rows
    if not found:
        raise NotFound(f"There is no version of {nct_id} in this database")
    numbers = [row["version"] for row in found]
    newer = _number(request.args.get("b"), numbers, numbers[-1])
    older = _number(request.args.get("a"), numbers, max(newer - 1, numbers[0]))
    studies = [await _study(database, nct_id, version) for version in (older, newer)]
    blocks = compare(*(lines_of(study) for study in studies))
    context = {
        "nct_id": nct_id,
        "title": found[0]["brief_title"],
        "versions": [dict(row) for row in found],
        "older": older,
        "newer": newer,
        "blocks": blocks,
        "changed": sum(len(block["rows"]) for block in blocks if block["kind"] == "changed"),
    }
    return Response.html(
        await datasette.render_template("version_diff.html", context, request=request)
    )


def _number(text, numbers, default):
    """The version that was asked for; NotFound where we do not hold it."""
    if not text:
        return default
    by_text = {str(number): number for number in numbers}
    if text not in by_text:
        raise NotFound(f"There is no version {text} in this database")
    return by_text[text]


async def _study(database, nct_id, version):
    rows = (
        await database.execute(
            "select study from versions where nct_id = ? and version = ?", [nct_id, version]
        )
    ).rows
    stored = rows[0]["study"]
    try:
        text = zlib.decompress(stored, -zlib.MAX_WBITS) if isinstance(stored, bytes) else stored
        return json.loads(text)
    except (ValueError, zlib.error):
        return {}


# --- a record as lines


def lines_of(study):
    """The facts of a record as lines; each entry of a list is one line.

    >>> lines_of({"statusModule": {"overallStatus": "RECRUITING"}, "tags": ["a", "b"]})
    [Line(place='Status: overall status', text='recruiting'), Line(place='Tags', text='a; b')]
    """
    return list(_lines((), study))


def _lines(steps, node):
    if isinstance(node, dict):
        for key, value in _shared(node):
            yield from _lines((*steps, key), value)
        return
    for text in _texts(steps[-1], node):
        yield Line(_place(steps), text)


def _texts(key, node):
    """The texts of a list or a value: an entry that is an object or a paragraph is one of them."""
    if not isinstance(node, list):
        return [line.strip() for line in _scalar(key, node).split("\n") if line.strip()]
    if any(isinstance(entry, dict | list) for entry in node):
        return [_entry(key, entry) for entry in node]
    return ["; ".join(_scalar(key, entry) for entry in node)]


def _shared(node):
    """The keys and values of an object that are compared."""
    return [
        (key, value)
        for key, value in node.items()
        if key not in _LEFT_OUT and not _PERSONAL.search(key)
    ]


def _entry(key, node):
    """An entry of a list on one line."""
    if isinstance(node, dict):
        return " · ".join(filter(None, (_entry(name, value) for name, value in _shared(node))))
    if isinstance(node, list):
        return "; ".join(filter(None, (_entry(key, entry) for entry in node)))
    return " ".join(_scalar(key, node).split())


def _scalar(key, value):
    """A value as text; codes in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if _CODED.search(key) and re.fullmatch(r"[A-Z][A-Z0-9_]+", text):
        return text.replace("_", " ").lower()
    return text


def _place(steps):
    """The path of a line in words: `Status: overall status`."""
    words = [
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", re.sub(r"(Module|Struct)$", "", step)).lower()
        for step in steps
        if step not in ("protocolSection", "resultsSection")
    ]
    if len(words) > 2 and words[-1] == "date" and words[-2].endswith("date"):
        words.pop()
    text = ": ".join((words[0], " ".join(words[1:])) if len(words) > 1 else words)
    return text[:1].upper() + text[1:]


# --- two records side by side


def compare(older, newer):
    """The lines of two records as blocks, each *changed*, or *same* lines that can be folded.

    The rows of a block are a place, the older text and the newer text, with marked words.
    """
    blocks = []
    matcher = SequenceMatcher(None, older, newer, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        left, right = older[start:end], newer[other_start:other_end]
        if kind == "equal":
            rows = [(line.place, escape(line.text), escape(line.text)) for line in left]
            blocks += _folded(rows, is_first=start == 0, is_last=end == len(older))
        else:
            blocks.append({"kind": "changed", "rows": list(_changed(left, right))})
    return blocks


def _folded(rows, *, is_first, is_last):
    """Equal rows: a few beside a change stay visible, the others fold."""
    head = 0 if is_first else _CONTEXT
    tail = 0 if is_last else _CONTEXT
    if len(rows) <= head + tail + 1:
        return [{"kind": "same", "rows": rows}]
    parts = (
        ("same", rows[:head]),
        ("folded", rows[head : len(rows) - tail]),
        ("same", rows[len(rows) - tail :]),
    )
    return [{"kind": kind, "rows": part} for kind, part in parts if part]


def _changed(left, right):
    """Pairs lines of the same place in their order; the others have no partner."""
    waiting = list(right)
    for line in left:
        partner = next((other for other in waiting if other.place == line.place), None)
        if partner is None:
            yield line.place, Markup("<del>{}</del>").format(line.text), Markup("")
            continue
        while waiting[0] is not partner:
            extra = waiting.pop(0)
            yield extra.place, Markup(""), Markup("<ins>{}</ins>").format(extra.text)
        waiting.pop(0)
        yield line.place, *_marked(line.text, partner.text)
    for line in waiting:
        yield line.place, Markup(""), Markup("<ins>{}</ins>").format(line.text)


def _marked(before, after):
    """Two texts with the words that differ marked."""
    old, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    left, right = [], []
    for kind, start, end, other_start, other_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        gone, come = "".join(old[start:end]), "".join(new[other_start:other_end])
        if kind == "equal":
            left.append(escape(gone))
            right.append(escape(come))
            continue
        if gone:
            left.append(Markup("<del>{}</del>").format(gone))
        if come:
            right.append(Markup("<ins>{}</ins>").format(come))
    return Markup("").join(left), Markup("").join(right)
