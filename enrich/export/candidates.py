"""The hits of a search for screening tools: CSV for ASReview, RIS for Rayyan and Covidence.

ASReview reads the columns title, abstract, keywords, url and included (1, 0, or empty where nobody
has decided). Rayyan and Covidence read RIS; both take the registry's id as accession number.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from enrich.compare.display import fact_text
from enrich.escaping import escape_formula
from enrich.export.phrases import REGISTRY, clean
from enrich.record.urls import record_url
from enrich.search.memory import HitState
from enrich.search.models import Candidate
from enrich.storage.searches import Hit

Screened = tuple[Hit, Candidate]
"""A hit with the facts that somebody screens it by."""

_INCLUDED = {HitState.INCLUDED: "1", HitState.EXCLUDED: "0"}
_COLUMNS = (
    *("nct_id", "title", "abstract", "keywords", "authors", "year", "url", "included", "state"),
    *("reason", "place", "grounds", "related", "phases", "status", "start_date", "first_seen"),
)
_MOST_CHARACTERS = 20_000  # of an abstract


def render_csv(hits: Iterable[Screened]) -> str:
    """A line for each hit, which no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for hit, candidate in hits:
        row = _row(hit, candidate)
        writer.writerow(escape_formula(clean(row[name])) for name in _COLUMNS)
    return out.getvalue()


def _row(hit: Hit, candidate: Candidate) -> dict[str, str]:
    return {
        "nct_id": hit.nct_id,
        "title": candidate.title or candidate.official_title or hit.nct_id,
        "abstract": abstract(candidate),
        "keywords": "; ".join(_keywords(candidate)),
        "authors": candidate.sponsor,
        "year": candidate.start_date[:4],
        "url": record_url(hit.nct_id),
        "included": _INCLUDED.get(hit.state, ""),
        "state": "left" if hit.left_at else str(hit.state),
        "reason": hit.decision.reason if hit.decision else "",
        "place": str(hit.place or ""),
        "grounds": "; ".join(hit.grounds),
        "related": hit.related or "",
        "phases": fact_text("phases", candidate.phases) if candidate.phases else "",
        "status": fact_text("overall_status", candidate.status) if candidate.status else "",
        "start_date": candidate.start_date,
        "first_seen": hit.first_seen[:10],
    }


def abstract(candidate: Candidate) -> str:
    """What somebody who screens reads, in one paragraph."""
    design = [code.replace("_", " ").lower() for code in candidate.design]
    parts = {
        "": candidate.official_title,
        "Conditions: ": "; ".join(candidate.conditions),
        "Interventions: ": "; ".join(candidate.interventions),
        "Phase: ": fact_text("phases", candidate.phases) if candidate.phases else "",
        "Design: ": "; ".join(design),
        "Primary outcomes: ": "; ".join(candidate.primary_outcomes),
        "Secondary outcomes: ": "; ".join(candidate.secondary_outcomes),
        "Eligibility: ": candidate.criteria,
    }
    sentences = (
        f"{label}{' '.join(text.split())}".rstrip(".") for label, text in parts.items() if text
    )
    return ". ".join(sentences)[:_MOST_CHARACTERS]


def _keywords(candidate: Candidate) -> list[str]:
    words = (*candidate.conditions, *candidate.interventions, *candidate.keywords)
    return [*dict.fromkeys(word.replace(";", ",") for word in words)]


def render_ris(hits: Iterable[Screened]) -> str:
    """A reference for each hit; the tags are those of `export.ris`."""
    lines: list[str] = []
    for hit, candidate in hits:
        lines += (f"{tag}  - {clean(text)}" for tag, text in _tags(hit, candidate) if text)
        lines += ["ER  - ", ""]
    return "".join(f"{line}\r\n" for line in lines)


def _tags(hit: Hit, candidate: Candidate) -> Iterator[tuple[str, str]]:
    yield "TY", "DBASE"
    yield "ID", hit.nct_id
    yield "TI", candidate.title or hit.nct_id
    # A comma ends an organisation, so that no program turns its words round.
    yield "AU", f"{candidate.sponsor.replace(',', '')}," if candidate.sponsor else ""
    yield "PY", candidate.start_date[:4]
    yield "AN", hit.nct_id
    yield "UR", record_url(hit.nct_id)
    yield "DB", REGISTRY
    yield "AB", abstract(candidate)
    yield from (("KW", word) for word in _keywords(candidate)[:30])
    reason = f" ({hit.decision.reason})" if hit.decision and hit.decision.reason else ""
    yield "N1", f"{hit.state}{reason}"
