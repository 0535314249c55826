"""The subject line of the news: what happened, in numbers."""

from collections.abc import Callable, Iterable, Sequence

from enrich.models import Change, LastingFailure, NoticeKind, ProblemKind, Rank, Report
from enrich.reports.content.differences import new_cells
from enrich.reports.content.events import short_title
from enrich.reports.content.news import News, Statement, TrialNews
from enrich.reports.content.search_events import newcomers
from enrich.reports.content.summary import cell_counts
from enrich.text import join_and, plural, sanitize

_MOST_COUNTS = 4
_LONGEST = 150


def _became(*codes: str) -> Callable[[Statement], bool]:
    return lambda statement: any(
        change.field == "overall_status" and change.after in codes for change in _changes(statement)
    )


def _changes(statement: Statement) -> Iterable[Change]:
    return (line.change for event in statement.events for line in event.changes)


def _is(rank: Rank) -> Callable[[Statement], bool]:
    return lambda statement: statement.rank == rank


def _posted_results(statement: Statement) -> bool:
    return any(
        change.field in ("has_results", "results_first_posted") for change in _changes(statement)
    )


def _has_notice(kind: NoticeKind) -> Callable[[Statement], bool]:
    return lambda statement: any(
        event.notice is not None and event.notice.kind is kind for event in statement.events
    )


def _left_registry(statement: Statement) -> bool:
    return any(
        change.field == "record" and change.after == "removed" for change in _changes(statement)
    )


def _was_merged(statement: Statement) -> bool:
    return any(
        change.field == "record" and "merged" in (change.after or "")
        for change in _changes(statement)
    )


def _is_about_a_site(statement: Statement) -> bool:
    return any(event.site for event in statement.events)


# What a trial is counted for, in the order of the ranks: the first that fits.
_COUNTS: Sequence[tuple[Callable[[Statement], bool], str, str]] = (
    (_is(Rank.STOPPED), "stopped", "stopped"),
    (_has_notice(NoticeKind.RETRACTION), "with a retracted paper", "with retracted papers"),
    (_posted_results, "with results", "with results"),
    (_is(Rank.RESULTS), "with news on papers", "with news on papers"),
    (_left_registry, "removed", "removed"),
    (_was_merged, "merged", "merged"),
    (_is(Rank.RECORD), "back", "back"),
    (_is_about_a_site, "with a site nearby", "with sites nearby"),
    (_became("RECRUITING"), "started recruiting", "started recruiting"),
    (_became("COMPLETED"), "completed", "completed"),
    (_became("UNKNOWN"), "now Unknown", "now Unknown"),
    (_is(Rank.RECRUITMENT), "closed to recruitment", "closed to recruitment"),
    (_is(Rank.PRIMARY_OUTCOME), "with a new primary outcome", "with new primary outcomes"),
    (_is(Rank.PARTICIPANTS), "with a new size", "with new sizes"),
    (_is(Rank.DATES), "with new dates", "with new dates"),
    (_is(Rank.OTHER), "with other news", "with other news"),
    (_is(Rank.TABLE), "edited in the table", "edited in the table"),
)


def counts_by_news(trials: Sequence[TrialNews], most: int | None = None) -> list[str]:
    """`2 stopped`, `1 with results`: each trial once, by the first thing that happened to it.

    Of more than *most* counts the last are one: `5 more with news`.
    """
    counts = [0] * len(_COUNTS)
    for trial in trials:
        first = trial.statements[0]
        counts[next(at for at, (holds, *_) in enumerate(_COUNTS) if holds(first))] += 1
    named = [(count, words) for count, (_, *words) in zip(counts, _COUNTS, strict=True) if count]
    if most is not None and len(named) > most:
        others = sum(count for count, _ in named[most - 1 :])
        named = [*named[: most - 1], (others, ["more with news", "more with news"])]
    return [f"{count} {words[count > 1]}" for count, words in named]


def subject(report: Report, news: News) -> str:
    """`Table 2: 2 stopped, 2 started recruiting; 9 cells newly out of date`."""
    if report.since is None:
        cells = sum(cell_counts(table).differing for table in report.tables)
        parts = [f"first check; {plural(cells, 'cell')} to correct"]
        parts += [", ".join(counts_by_news(news.trials, _MOST_COUNTS))] if news.trials else []
        return subject_of(report, "; ".join(parts))
    failures = [] if news.trials else [*map(_failure, report.lasting_failures)]
    return subject_of(report, "; ".join(failures) or news_in_numbers(report, news))


def subject_of(report: Report, text: str) -> str:
    """The tables, then *text*, as the subject of a message."""
    tables = join_and(short_title(table) for table in report.tables[:3])
    return sanitize(f"{tables}: {text}", _LONGEST)


def _failure(failure: LastingFailure) -> str:
    if failure.kind == ProblemKind.PAPERS:
        return "papers looked up again" if failure.until else "papers not looked up"
    if failure.kind == ProblemKind.UNREACHABLE:
        return "registry reached again" if failure.until else "registry not reached"
    trials = plural(len(failure.nct_ids), "trial")
    return f"{trials} checked again" if failure.until else f"{trials} not checked"


def _news_of_searches(report: Report) -> list[str]:
    if report.since is None or not report.search_events:
        return []
    new = newcomers(report.search_events)
    return [f"{plural(new, 'new trial')} found by the search" if new else "news of the search"]


def news_in_numbers(report: Report, news: News) -> str:
    """`2 stopped, 2 started recruiting; 9 cells newly out of date`."""
    cells = new_cells(report)
    parts = [", ".join(counts_by_news(news.trials, _MOST_COUNTS))] if news.trials else []
    parts += [f"{plural(cells, 'cell')} newly out of date"] if cells else []
    parts += _news_of_searches(report)
    return "; ".join(parts) or "no news"
