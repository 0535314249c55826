"""The papers of the listed trials as text: what reports the results, on what grounds, and whether a
notice was found about it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from enrich.changes.personal_data import without_contact_details
from enrich.models import NoticeKind, Trial
from enrich.papers.citations import shorten_authors
from enrich.papers.notices import notices_sentence
from enrich.papers.ranking import PaperRole, RankedPaper, results_paper
from enrich.storage.papers import TrialPapers
from enrich.text import capitalize_first, join_and, plural, sanitize

_LONGEST = 160  # characters of a citation
_MOST_GROUNDS = 3
_NO_PAPERS = TrialPapers((), {})

_PLURALS = {
    PaperRole.PROTOCOL: ("protocol", "protocols"),
    PaperRole.POOLED: ("paper on several trials together", "papers on several trials together"),
    PaperRole.SECONDARY: ("secondary analysis", "secondary analyses"),
    PaperRole.BEFORE: (
        "paper from before the end of the trial",
        "papers from before the end of the trial",
    ),
    PaperRole.OTHER: ("other paper", "other papers"),
}
_PLURALS_OF_NOTICES = {NoticeKind.EXPRESSION_OF_CONCERN: "expressions of concern"}


def paper_lines(
    trials: Mapping[str, Trial],
    papers: Mapping[str, TrialPapers],
    *,
    notices_day: str | None = None,
    new_notices: int = 0,
    requests: Mapping[str, int] | None = None,
    limits: Iterable[str] = (),
) -> Iterator[str]:
    """A block of lines for each trial, and the summary last.

    *notices_day* is the ISO day of the notices; None where none were read. *limits* are sentences
    about trials with more papers than were read.
    """
    for nct_id, trial in trials.items():
        yield f"{nct_id}  {sanitize(trial.text('brief_title') or '', 80)}".rstrip()
        for line in _lines(papers.get(nct_id, _NO_PAPERS), notices_day):
            yield f"  {line}"
        if not trial.complete:
            yield "  The saved copy is incomplete: the whole record may name more papers."
    yield ""
    yield _summary(trials, papers)
    yield _notices_summary(papers.values(), notices_day, new_notices)
    yield from limits
    if requests:
        counts = [f"{service} {number:,}" for service, number in requests.items()]
        yield f"Requests: {join_and(counts)}."


def _lines(papers: TrialPapers, notices_day: str | None) -> Iterator[str]:
    best = results_paper(papers.ranked)
    if best is None:
        yield (
            "No results paper found."
            if not papers.ranked
            else (f"No results paper among {plural(len(papers.ranked), 'paper')}.")
        )
    else:
        yield f"Results paper: {paper_text(best)}"
        yield f"  {grounds_text(best)}"
    for paper in papers.ranked:
        notices = papers.notices_of(paper.reference)
        if notices and notices_day:
            yield f"Notice: {notices_sentence(notices, notices_day)} {paper_text(paper)}"
    if best and notices_day and not papers.notices_of(best.reference):
        yield notices_sentence((), notices_day)
    others = Counter(paper.role for paper in papers.ranked if paper is not best)
    if others:
        named = (plural(others[role], *_PLURALS[role]) for role in _PLURALS if others[role])
        yield f"Also: {join_and(named)}."


def paper_text(paper: RankedPaper) -> str:
    """A paper in one line: its citation, or what there is of it, with its PubMed id or DOI."""
    reference = paper.reference
    citation = without_contact_details(shorten_authors(reference.citation or ""))
    return f"{sanitize(citation, _LONGEST)} {sanitize(reference.number, _LONGEST)}".strip()


def grounds_text(paper: RankedPaper) -> str:
    """Why a paper was chosen: who named it, the weightiest grounds, and what is against it."""
    grounds = [*paper.grounds[: _MOST_GROUNDS + 1]]
    against = next((ground for ground in paper.grounds if ground.startswith("but ")), None)
    grounds += [against] if against and against not in grounds else []
    return f"{capitalize_first('; '.join(grounds))}."


def _summary(trials: Mapping[str, Trial], papers: Mapping[str, TrialPapers]) -> str:
    with_paper = sum(
        results_paper(papers.get(nct_id, _NO_PAPERS).ranked) is not None for nct_id in trials
    )
    return (
        f"{plural(len(trials), 'trial')}: {with_paper} with a results paper, "
        f"{len(trials) - with_paper} without."
    )


def _notices_summary(papers: Iterable[TrialPapers], day: str | None, new: int) -> str:
    if day is None:
        return "Notices: not read. Give a file with --notices, or run without --offline."
    # Several trials may name the same paper.
    notices = {
        notice
        for trial in papers
        for paper in trial.ranked
        for notice in trial.notices_of(paper.reference)
    }
    kinds = Counter(notice.kind for notice in notices)
    found = join_and(
        plural(kinds[kind], kind, _PLURALS_OF_NOTICES.get(kind))
        for kind in NoticeKind
        if kinds[kind]
    )
    sentence = f"Notices: {found}" if found else notices_sentence((), day).rstrip(".")
    return f"{sentence}; {new:,} new." if new else f"{sentence}."
