"""The trials of a table as references in RIS, one for each trial.

Reference managers (EndNote, Zotero) and screening tools (Rayyan, Covidence) read it. A registry
record is an entry of an online database: type DBASE, with its id as accession number (AN), by which
Premji and Cooper match records of registries (doi:10.1017/rsm.2025.20). The tags are those of
https://en.wikipedia.org/wiki/RIS_(file_format). M3 is left out, as Zotero takes it for a DOI.
"""

from collections.abc import Iterable, Iterator

from enrich.export.characteristics import (
    Registration,
    interventions,
    methods,
    notes,
    outcomes,
    participants,
)
from enrich.export.phrases import REGISTRY, clean
from enrich.export.sheet import Sheet

_PROVIDER = "U.S. National Library of Medicine"
_MOST_KEYWORDS = 30


def render(sheet: Sheet) -> str:
    """A reference for each trial, each tag on a line that ends as RIS wants it."""
    return "".join(render_parts(sheet))


def render_parts(sheet: Sheet) -> Iterator[str]:
    """The same, line by line."""
    lines = (line for trial in sheet.registrations for line in (*_reference(trial), ""))
    return (f"{line}\r\n" for line in lines)


def _reference(trial: Registration) -> Iterator[str]:
    yield "TY  - DBASE"
    for tag, text in _tags(trial):
        if text:
            yield f"{tag}  - {clean(text)}"
    yield "ER  - "


def _tags(trial: Registration) -> Iterator[tuple[str, str]]:
    registered = _day(trial, "first_posted") or _day(trial, "first_submitted")
    yield "ID", trial.nct_id
    yield "TI", trial.text("brief_title") or f"{trial.nct_id}: no saved record"
    yield "ST", trial.text("acronym")
    yield "AU", _organisation(trial.text("lead_sponsor"))
    yield "PY", registered[:4]
    yield "DA", registered.replace("-", "/")
    yield "AN", trial.nct_id
    yield "UR", trial.url
    yield "DB", REGISTRY
    yield "DP", _PROVIDER
    yield "PB", trial.text("lead_sponsor")
    yield "Y2", (trial.as_of or "").replace("-", "/") if not trial.doubt else ""
    yield "AB", _abstract(trial)
    yield from (("KW", keyword) for keyword in _keywords(trial))
    yield "N1", _in_one_line(notes(trial))


def _day(trial: Registration, field: str) -> str:
    return (trial.trial.text(field) if trial.trial else None) or ""


def _organisation(name: str) -> str:
    """An organisation as an author: a comma ends it, so that no program turns its words round.

    >>> _organisation("Genentech, Inc.")
    'Genentech Inc.,'
    """
    return f"{name.replace(',', '')}," if name else ""


def _abstract(trial: Registration) -> str:
    """What somebody who screens reads: the summary, then design, participants, arms, outcomes."""
    parts = {
        "": trial.other("brief_summary"),
        "Methods: ": methods(trial),
        "Participants: ": participants(trial),
        "Interventions: ": interventions(trial),
        "Outcomes: ": outcomes(trial),
    }
    return " ".join(f"{label}{_in_one_line(text)}" for label, text in parts.items() if text)


def _in_one_line(text: str) -> str:
    return " ".join(_ended(line) for line in text.split("\n") if line.strip())


def _ended(line: str) -> str:
    """*line* as a sentence, so that lines can follow each other."""
    line = line.strip()
    return line if line.endswith((".", ":", ";", "!", "?")) else f"{line}."


def _keywords(trial: Registration) -> Iterable[str]:
    """Conditions, interventions and keywords, each once; a semicolon would part one in two."""
    facts = [trial.trial[name] for name in _KEYWORD_FIELDS] if trial.trial else []
    words = [word for fact in facts if isinstance(fact, tuple) for word in fact]
    return [*dict.fromkeys(word.replace(";", ",") for word in words)][:_MOST_KEYWORDS]


_KEYWORD_FIELDS = ("conditions", "interventions", "keywords", "condition_mesh")
