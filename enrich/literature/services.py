"""The services that know papers: where each is, how often it may be asked, and what it is asked.

Every request names the tool and, if one is given, the contact, as the services wish. Each service
has a connection of its own: one that fails changes nothing of the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from enrich.errors import Unusable
from enrich.papers.citations import normalize_doi
from enrich.registry.connection import Connection, Limits, Request
from enrich.registry.retry import RetryPolicy
from enrich.storage.papers import NOTICES

# PubMed takes three requests a second, and ten with a key (NCBI, "Usage Guidelines and
# Requirements" of the E-utilities). Europe PMC names no limit.
_PUBMED_PACE, _PUBMED_PACE_WITH_KEY, _EUROPE_PMC_PACE, _CROSSREF_PACE = 0.34, 0.1, 0.5, 1.0
_BATCH = 200  # ids in one request for summaries
# Papers that print one trial's id: the most that Europe PMC gives in one answer. PubMed gives ten
# thousand. What a service has beyond is counted, and not read.
MOST_FOUND = 1_000

_TOOL = "enrich"


@dataclass(frozen=True)
class FoundPaper:
    """A paper as a service describes it."""

    pmid: str | None
    doi: str | None
    title: str | None
    journal: str | None = None
    year: int | None = None

    @property
    def citation(self) -> str:
        """`Title. Journal. Year.`, with what is known."""
        parts = (self.title, self.journal, str(self.year) if self.year else None)
        return " ".join(f"{part.rstrip('.')}." for part in parts if part)


class SearchResult(NamedTuple):
    """The papers that a service named for a trial; *total* is how many it has."""

    papers: Sequence[FoundPaper]
    total: int


@dataclass(frozen=True)
class Manners:
    """What all connections share: time, log, and who asks."""

    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    log: Callable[[str], None] = lambda line: None
    contact: str | None = None

    def connect(self, root: str, service: str, pace: float) -> Connection:
        """A connection to *service* at *root*."""
        return Connection(
            root,
            pace=pace,
            limits=Limits(),
            policy=RetryPolicy(),
            sleep=self.sleep,
            monotonic=self.monotonic,
            log=self.log,
            contact=self.contact,
            service=service,
        )


class PubMed:
    """PubMed by its E-utilities. *key* is an NCBI_API_KEY, which allows a faster pace."""

    name = "PubMed"

    def __init__(self, root: str, manners: Manners, key: str | None = None) -> None:
        pace = _PUBMED_PACE_WITH_KEY if key else _PUBMED_PACE
        self.connection = manners.connect(root, self.name, pace)
        self._who = {"tool": _TOOL, "retmode": "json"}
        if manners.contact and "@" in manners.contact:
            self._who["email"] = manners.contact
        if key:
            self._who["api_key"] = key

    def papers(self, nct_id: str) -> SearchResult:
        """The papers whose entry names *nct_id* as a data bank number (`[si]`), at most MOST_FOUND.

        Raises RegistryError where PubMed cannot be asked, or its answer is not of the known shape.
        """
        query = {"db": "pubmed", "term": f"{nct_id}[si]", "retmax": str(MOST_FOUND)}
        body = self._ask("esearch", query)
        papers = [*self.summaries(_texts(body, "esearchresult", "idlist"))]
        return SearchResult(papers, _total(_mapping(body, "esearchresult").get("count"), papers))

    def summaries(self, pmids: Sequence[str]) -> Iterator[FoundPaper]:
        """The papers with these PubMed ids, in batches; those that PubMed does not know are left
        out.
        """
        for start in range(0, len(pmids), _BATCH):
            batch = ",".join(pmids[start : start + _BATCH])
            body = self._ask("esummary", {"db": "pubmed", "id": batch})
            result = _mapping(body, "result")
            for pmid in _texts(result, "uids"):
                yield _pubmed_paper(pmid, _mapping(result, pmid))

    def _ask(self, tool: str, query: Mapping[str, str]) -> Any:
        path = f"/entrez/eutils/{tool}.fcgi"
        return self.connection.ask(Request(path, {**query, **self._who})).body


class EuropePmc:
    """Europe PMC by its REST service: it also finds ids in abstracts and full texts."""

    name = "Europe PMC"

    def __init__(self, root: str, manners: Manners) -> None:
        self.connection = manners.connect(root, self.name, _EUROPE_PMC_PACE)

    def papers(self, nct_id: str) -> SearchResult:
        """The papers whose title, abstract or full text prints *nct_id*, at most MOST_FOUND; errors
        as of PubMed.
        """
        query = {
            "query": f'"{nct_id}" AND (SRC:MED OR SRC:PMC)',
            "format": "json",
            "resultType": "lite",
            "pageSize": str(MOST_FOUND),
        }
        body = self.connection.ask(Request("/europepmc/webservices/rest/search", query)).body
        results = _mapping(body, "resultList").get("result")
        if not isinstance(results, list):
            raise Unusable(f"{self.name} answers in an unknown shape")
        papers = [_europe_pmc_paper(entry) for entry in results if isinstance(entry, Mapping)]
        return SearchResult(papers, _total(body.get("hitCount"), papers))


class RetractionWatch:
    """The Retraction Watch data that Crossref publishes as one CSV file."""

    name = NOTICES
    _PATH = "/crossref/retraction-watch-data/-/raw/main/retraction_watch.csv"

    def __init__(self, root: str, manners: Manners) -> None:
        self.connection = manners.connect(root, self.name, _CROSSREF_PACE)

    def download(self, known_tag: str | None) -> tuple[bytes, str | None] | None:
        """The file and its tag; None where it is still the one with *known_tag*."""
        headers = {"If-None-Match": known_tag} if known_tag else {}
        request = Request(self._PATH, headers=headers, media_type="text")
        reply = self.connection.ask(request, bytes)
        return None if reply.not_modified else (reply.body, reply.load)


def _pubmed_paper(pmid: str, summary: Mapping[str, Any]) -> FoundPaper:
    ids = summary.get("articleids")
    dois = [
        entry.get("value")
        for entry in (ids if isinstance(ids, list) else [])
        if isinstance(entry, Mapping) and entry.get("idtype") == "doi"
    ]
    return FoundPaper(
        pmid,
        _doi(dois[0] if dois else None),
        _text(summary.get("title")),
        _text(summary.get("source")),
        _year(summary.get("pubdate")),
    )


def _europe_pmc_paper(entry: Mapping[str, Any]) -> FoundPaper:
    return FoundPaper(
        _text(entry.get("pmid")),
        _doi(entry.get("doi")),
        _text(entry.get("title")),
        _text(entry.get("journalTitle")),
        _year(entry.get("pubYear")),
    )


def without_duplicates(papers: Iterable[FoundPaper]) -> list[FoundPaper]:
    """*papers*, each once, by its PubMed id or its DOI."""
    kept: list[FoundPaper] = []
    seen: set[str] = set()
    for paper in papers:
        keys = {key for key in (paper.pmid, paper.doi) if key}
        if keys and not keys & seen:
            kept.append(paper)
        seen |= keys
    return kept


# --- parts of answers, of which no shape is trusted


def _mapping(body: Any, key: str) -> Mapping[str, Any]:
    found = body.get(key) if isinstance(body, Mapping) else None
    if not isinstance(found, Mapping):
        raise Unusable(f"an answer without “{key}”, or of another shape than is known")
    return found


def _texts(body: Any, *keys: str) -> list[str]:
    for key in keys[:-1]:
        body = _mapping(body, key)
    found = body.get(keys[-1]) if isinstance(body, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise Unusable(f"an answer without “{keys[-1]}”, or of another shape than is known")
    return found


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _doi(value: Any) -> str | None:
    return normalize_doi(value) if isinstance(value, str) else None


def _total(value: Any, found: Sequence[FoundPaper]) -> int:
    """A number of papers, which PubMed prints as text; at least those that were *found*."""
    digits = str(value)
    return max(len(found), int(digits) if digits.isascii() and digits.isdecimal() else 0)


def _year(value: Any) -> int | None:
    digits = str(value)[:4]
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) == 4 else None
