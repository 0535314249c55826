"""What the search of a table found, as text: the trials to screen first, with the grounds."""

from collections.abc import Iterator, Mapping, Sequence

from enrich.compare.display import fact_text
from enrich.models import SearchSummary, Table
from enrich.record.search_query import query_text
from enrich.reports.content.search_events import search_sentence
from enrich.search.memory import HitState, SearchCounts, counts_sentence
from enrich.search.models import Candidate
from enrich.storage.searches import Hit, StoredSearch
from enrich.text import capitalize_first, sanitize

_MOST_GROUNDS = 4
_HEADINGS = {
    HitState.NEW: "To screen",
    HitState.MAYBE: "Undecided",
    HitState.INCLUDED: "Included",
    HitState.EXCLUDED: "Excluded",
}
_LEFT = "Left the search"


def candidate_lines(
    table: Table,
    search: StoredSearch | None,
    hits: Sequence[Hit],
    candidates: Mapping[str, Candidate],
    counts: SearchCounts,
    *,
    show_all: bool = False,
) -> Iterator[str]:
    """What matches the search of *table*: those that wait for a decision, or all hits.

    *candidates* are the facts of the hits by id.
    """
    yield f"{sanitize(table.title, 120)}"
    yield f"  search: {sanitize(query_text(table.search), 2000)}"
    if search is None:
        yield "  The search was not asked yet."
        return
    for heading, group in _groups(hits, show_all=show_all):
        yield ""
        yield f"{heading} ({len(group):,})"
        for hit in group:
            yield from _lines(hit, candidates[hit.nct_id])
    yield ""
    yield search_sentence(
        SearchSummary(table.name, search.asked_at, search.data_timestamp, counts_sentence(counts))
    )


def _groups(hits: Sequence[Hit], *, show_all: bool) -> Iterator[tuple[str, list[Hit]]]:
    for state, heading in _HEADINGS.items():
        is_shown = show_all or state in (HitState.NEW, HitState.MAYBE)
        group = [hit for hit in hits if hit.state is state and hit.left_at is None]
        if group and is_shown:
            yield heading, group
    left = [hit for hit in hits if hit.left_at is not None]
    if left and show_all:
        yield _LEFT, left


def _lines(hit: Hit, candidate: Candidate) -> Iterator[str]:
    yield f"{_place(hit):>5}  {hit.nct_id}  {sanitize(candidate.title, 90)}"
    facts = [
        fact_text("phases", candidate.phases) if candidate.phases else "",
        fact_text("overall_status", candidate.status) if candidate.status else "",
        f"start {candidate.start_date}" if candidate.start_date else "",
        sanitize(candidate.sponsor, 60),
    ]
    yield f"       {' · '.join(filter(None, facts))}"
    for text in _remarks(hit):
        yield f"       {sanitize(text, 300)}"


def _place(hit: Hit) -> str:
    return f"{hit.place:,}" if hit.place else ""


def _remarks(hit: Hit) -> Iterator[str]:
    if hit.grounds and hit.is_waiting:
        yield f"because: {', '.join(hit.grounds[:_MOST_GROUNDS])}"
    if hit.related:
        yield hit.related
    if hit.reopened:
        yield f"excluded before; {hit.reopened}"
    if hit.decision and hit.decision.reason:
        by = f" ({hit.decision.by})" if hit.decision.by else ""
        yield f"{hit.decision.verdict}: {hit.decision.reason}{by}"
    if hit.left_at:
        yield f"{capitalize_first(hit.left_because or '')} ({hit.left_at[:10]})"
