"""Finds the papers of every listed trial, and the notices about them."""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from enrich.errors import RegistryError
from enrich.files import open_file
from enrich.literature.answers import KeptAnswer, KeptAnswers
from enrich.literature.services import (
    EuropePmc,
    FoundPaper,
    PubMed,
    RetractionWatch,
    without_duplicates,
)
from enrich.models import PaperNews, Trial
from enrich.papers.citations import doi_in
from enrich.papers.notices import Notice, NoticesUnreadable, check_header, find_notices
from enrich.papers.ranking import (
    PaperRole,
    RankedPaper,
    Reference,
    ReferenceType,
    TrialDates,
    decimal_year,
    rank_papers,
)
from enrich.storage.database import Database
from enrich.storage.paper_news import save_paper_news
from enrich.storage.papers import (
    RECORDS,
    notices_about,
    notices_by_id,
    read_publications,
    save_check,
    save_notices,
    save_papers,
)
from enrich.text import plural

Finder = PubMed | EuropePmc

# The notices change daily; a review needs them once a week.
_DAYS_BETWEEN_NOTICES = 7
_HEADER = 10_000  # bytes that certainly hold the first line of the file of notices


@dataclass(frozen=True)
class PaperSources:
    """Whom to ask: no *finders* and no *notices* offline; *notices_file* is a file given instead.

    An answer about a trial is asked for again after *days*. *on_progress* gets the number of trials
    that are done, and of all.
    """

    kept: KeptAnswers
    finders: tuple[Finder, ...] = ()
    notices: RetractionWatch | None = None
    notices_file: Path | None = None
    days: int = 30
    on_progress: Callable[[int, int], None] = lambda done, total: None


@dataclass
class PaperRun:
    """What a run found: the papers of each trial, what is new about them, and what failed.

    *notices_day* is the day of the notices; None where there were none to read. *requests* are
    counted by service. *failures* have by service what failed first, in a sentence, and *missed*
    how many more trials it concerns. *limits* are sentences about trials with more papers than were
    read.
    """

    ranked: dict[str, tuple[RankedPaper, ...]] = field(default_factory=dict)
    news: list[PaperNews] = field(default_factory=list)
    notices_day: str | None = None
    requests: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    missed: Counter[str] = field(default_factory=Counter)
    limits: list[str] = field(default_factory=list)

    @property
    def new_notices(self) -> int:
        """The number of new notices; one about a paper of several trials counts once."""
        return len(
            {(news.kind, news.doi, news.pmid, news.day, news.notice_doi) for news in self.news}
        )

    @property
    def problems(self) -> dict[str, str]:
        """What failed, in a sentence for each service."""
        return {
            service: f"{sentence}; nor about {plural(self.missed[service], 'more trial')}"
            if self.missed[service]
            else sentence
            for service, sentence in self.failures.items()
        }

    def fail(self, service: str, sentence: str) -> None:
        """Notes that *service* did not do what it was asked, for another trial if not the first."""
        if service in self.failures:
            self.missed[service] += 1
        else:
            self.failures[service] = sentence


def find_papers(
    database: Database,
    trials: Mapping[str, Trial],
    sources: PaperSources,
    now: str,
    run: PaperRun | None = None,
) -> PaperRun:
    """Ranks the papers of *trials*, reads the notices about them, and stores both.

    *now* is the time (ISO, UTC). *run* gets what is found, also where it ends early. A service that
    fails is named in the problems, and changes nothing of what the others found.

    Raises NoticesUnreadable for a file of notices that cannot be read, CacheError where an answer
    cannot be kept.
    """
    run, today = run or PaperRun(), now[:10]
    try:
        _rank(database, trials, sources, today, run)
    finally:
        for finder in sources.finders:
            run.requests[finder.name] = finder.connection.take_counts()[0]
    save_papers(database, run.ranked)
    save_check(database, RECORDS, today)
    for finder in sources.finders:
        if not finder.connection.exhausted:
            save_check(database, finder.name, today)
    _read_notices(database, sources, now, run)
    return run


def _rank(
    database: Database,
    trials: Mapping[str, Trial],
    sources: PaperSources,
    today: str,
    run: PaperRun,
) -> None:
    publications = read_publications(database, trials)
    for done, (nct_id, trial) in enumerate(trials.items(), 1):
        found = _found(nct_id, sources, today, run)
        references = _with_found(publications.get(nct_id, []), found)
        run.ranked[nct_id] = rank_papers(
            references, dates_of(trial), trial.text("brief_title") or ""
        )
        sources.on_progress(done, len(trials))


def dates_of(trial: Trial) -> TrialDates:
    """The dates of a trial; a completion that is only planned says nothing about papers."""
    is_final = trial["primary_completion_date_type"] == "ACTUAL"
    completion = trial.text("primary_completion_date") if is_final else None
    return TrialDates(decimal_year(trial.text("start_date")), decimal_year(completion))


# --- papers


def _found(nct_id: str, sources: PaperSources, today: str, run: PaperRun) -> list[FoundPaper]:
    """What the services name for a trial: their kept answers, asked for again when they are old."""
    answers = sources.kept.read(nct_id)
    asked = {
        finder.name: answer
        for finder in sources.finders
        if _is_due(answers.get(finder.name), sources.days, today)
        and (answer := _ask(finder, nct_id, today, run))
    }
    if asked:
        answers |= asked
        sources.kept.keep(nct_id, answers)
    run.limits += [
        f"{service} has {answer.total:,} papers that name {nct_id};"
        f" {len(answer.papers):,} were read."
        for service, answer in answers.items()
        if answer.unread
    ]
    return without_duplicates(paper for answer in answers.values() for paper in answer.papers)


def _is_due(answer: KeptAnswer | None, days: int, today: str) -> bool:
    return answer is None or _days_since(answer.asked_on, today) >= days


def _days_since(day: str, today: str) -> int:
    return (date.fromisoformat(today) - date.fromisoformat(day)).days


def _ask(finder: Finder, nct_id: str, today: str, run: PaperRun) -> KeptAnswer | None:
    """The answer of a service; None where it has none, which is a problem named once."""
    if finder.connection.exhausted:
        run.missed[finder.name] += 1
        return None
    try:
        found = finder.papers(nct_id)
        return KeptAnswer(today, tuple(found.papers), found.total)
    except RegistryError as error:
        run.fail(finder.name, f"{finder.name} could not be asked about {nct_id}: {error}")
        return None


def _with_found(references: Iterable[Reference], found: Sequence[FoundPaper]) -> list[Reference]:
    """The references of a record with the DOIs that a search gave, and the papers that only a
    search found.
    """
    by_pmid = {paper.pmid: paper for paper in found if paper.pmid}
    completed = [_completed(reference, by_pmid) for reference in references]
    named = {key for reference in completed for key in (reference.pmid, reference.doi) if key}
    others = [
        Reference(
            *(ReferenceType.SEARCHED, paper.pmid, paper.doi, paper.citation or None),
            title=paper.title,
        )
        for paper in found
        if not named & {key for key in (paper.pmid, paper.doi) if key}
    ]
    return [*completed, *others]


def _completed(reference: Reference, by_pmid: Mapping[str, FoundPaper]) -> Reference:
    doi = reference.doi or doi_in(reference.citation or "")
    paper = by_pmid.get(reference.pmid) if reference.pmid else None
    if paper is None:
        return replace(reference, doi=doi)
    return replace(reference, doi=doi or paper.doi, title=paper.title)


# --- notices


def _read_notices(database: Database, sources: PaperSources, now: str, run: PaperRun) -> None:
    path = _notices_file(sources, now[:10], run)
    if path is None:
        return
    papers = [paper.reference for ranked in run.ranked.values() for paper in ranked]
    dois = {paper.doi for paper in papers if paper.doi}
    pmids = {paper.pmid for paper in papers if paper.pmid}
    with (
        _errors_naming(path),
        io.TextIOWrapper(
            open_file(path), encoding="utf-8-sig", errors="replace", newline=""
        ) as lines,
    ):
        notices = list(find_notices(lines, dois, pmids))
    save_notices(database, notices, now[:10])
    run.news = save_paper_news(database, _paper_news(run.ranked, notices, now))
    if run.notices_day:
        save_check(database, RetractionWatch.name, run.notices_day)


def _paper_news(
    ranked: Mapping[str, Iterable[RankedPaper]], notices: Iterable[Notice], seen_at: str
) -> Iterator[PaperNews]:
    """Each of *notices* for every trial that names its paper. It is news about the results paper,
    and about a paper that the sponsor named as results.
    """
    by_id = notices_by_id(notices)
    for nct_id, papers in ranked.items():
        for paper in papers:
            reference, is_results = paper.reference, paper.role is PaperRole.RESULTS
            for notice in notices_about(reference, by_id):
                yield PaperNews(
                    *(nct_id, notice.kind, reference.doi, reference.pmid, reference.citation),
                    *(notice.day, notice.notice_doi, is_results),
                    is_results or reference.type is ReferenceType.RESULT,
                    seen_at,
                )


@contextmanager
def _errors_naming(path: Path) -> Iterator[None]:
    """NoticesUnreadable, which names *path*, where it cannot be read."""
    try:
        yield
    except OSError as error:
        raise NoticesUnreadable(f"{path}: cannot be read ({error.strerror})") from error
    except NoticesUnreadable as error:
        raise NoticesUnreadable(f"{path}: {error}") from error


def _notices_file(sources: PaperSources, today: str, run: PaperRun) -> Path | None:
    """The file of notices, asked for when a week has passed; its day is noted in *run*."""
    if sources.notices_file:
        run.notices_day = today
        return sources.notices_file
    kept = sources.kept.notices()
    if sources.notices and (not kept or _days_since(kept[0], today) >= _DAYS_BETWEEN_NOTICES):
        try:
            answer = sources.notices.download(kept[1] if kept else None)
            content, tag = answer or (None, kept[1] if kept else None)
            if content is not None:
                check_header(content[:_HEADER].decode("utf-8-sig", "replace").partition("\n")[0])
            sources.kept.keep_notices(today, tag, content)
            kept = (today, tag)
        except (RegistryError, NoticesUnreadable) as error:
            name = sources.notices.name
            run.fail(name, f"{name} could not be downloaded: {error}")
        run.requests[sources.notices.name] = sources.notices.connection.take_counts()[0]
    if kept is None:
        return None
    run.notices_day = kept[0]
    return sources.kept.notices_file
